// What a platform makes of an answer (docs/protocol.md §6): acknowledged, or something that it will complain about. A
// passive reply is verified and decrypted as the platform would. Pure; any thread.
#pragma once

#include <string_view>

#include "ingest/account.hpp"

namespace wxpipe::simulate {

enum class Verdict {
  acknowledged,
  replied,        // acknowledged, with a passive reply
  refused,        // 4xx
  failed,         // 5xx, and whatever else isn't a success
  illegal_reply,  // a success, but not in words that the platform takes
};
std::string_view to_string(Verdict verdict);
constexpr bool is_acknowledged(Verdict verdict) {
  return verdict == Verdict::acknowledged || verdict == Verdict::replied;
}

Verdict judge(const ingest::Account& account, unsigned status, std::string_view body);

}  // namespace wxpipe::simulate
