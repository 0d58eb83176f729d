// The query of a callback's address, decoded exactly once. A raw + stays +: it is base64's, and nobody who speaks to a
// callback means a space (docs/protocol.md §1). Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ingest/callback.hpp"

namespace wxpipe::ingest {

// Appends the decoded text to scratch, which has room for it, so that earlier views stay where they are. Text without a
// % is itself. False: a % without two hex digits.
bool decode_percent(std::string_view text, std::string& scratch, std::string_view& decoded);

struct Query {  // views into the raw query or into the scratch text; empty: absent, or given without a value
  std::string_view signature, msg_signature, timestamp, nonce, echostr;
};

inline constexpr size_t kMostParameters = 32;

// raw: what stands behind the ?. scratch is overwritten and must outlive the query. Refused are any name twice
// (duplicate_parameter: two readers would disagree about which one was meant), and a % without two hex digits or more
// than kMostParameters (bad_request).
std::optional<Refusal> parse_query(std::string_view raw, std::string& scratch, Query& query);

}  // namespace wxpipe::ingest
