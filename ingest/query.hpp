// The query of a callback's address, decoded once. A + stays a +, because base64 uses it and no platform writes a space
// as + (docs/protocol.md §1). Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ingest/callback.hpp"

namespace wxpipe::ingest {

// Appends the decoded text to scratch. scratch must have room for it, so that earlier views stay valid. Text without a
// % is not copied. False: a % without two hex digits.
bool decode_percent(std::string_view text, std::string& scratch, std::string_view& decoded);

struct Query {  // views into the raw query or into scratch; empty: absent, or without a value
  std::string_view signature, msg_signature, timestamp, nonce, echostr;
};

inline constexpr size_t kMostParameters = 32;

// raw: what follows the ?. scratch is overwritten and must outlive the query. Refuses a name that comes twice
// (duplicate_parameter: two readers could pick different ones), a % without two hex digits, and more than
// kMostParameters parameters (bad_request).
std::optional<Refusal> parse_query(std::string_view raw, std::string& scratch, Query& query);

}  // namespace wxpipe::ingest
