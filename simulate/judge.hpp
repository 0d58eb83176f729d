// How a platform takes an answer (docs/protocol.md §6): acknowledged, or an error it complains about. A passive reply
// is verified and decrypted as the platform would do it. Pure; any thread.
#pragma once

#include <string_view>

#include "ingest/account.hpp"

namespace wxpipe::simulate {

enum class Verdict {
  acknowledged,
  replied,        // acknowledged with a passive reply
  refused,        // 4xx
  failed,         // 5xx, and any other status that isn't a success
  illegal_reply,  // a success status, but a body that the platform doesn't take
};
std::string_view to_string(Verdict verdict);
constexpr bool is_acknowledged(Verdict verdict) {
  return verdict == Verdict::acknowledged || verdict == Verdict::replied;
}

Verdict judge(const ingest::Account& account, unsigned status, std::string_view body);

}  // namespace wxpipe::simulate
