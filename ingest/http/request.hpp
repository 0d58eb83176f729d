// What wxpipe needs of an HTTP request: which callback it is, or why it is none. Pure; any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ingest/callback.hpp"

namespace wxpipe::ingest::http {

// Views into the bytes read. If a header comes twice, the first counts.
struct Request {
  std::string_view method, target;
  std::string_view content_type, webhook_id, webhook_timestamp, webhook_signature, traceparent;
  std::span<const Header> headers;  // all others, as many as are kept
  std::string_view body = "";
  int version = 11;  // 10, 11
  int hosts = 0;     // how many Host headers
  bool expects = false;
};

// Reads /callback/{account} or /callback/{account}/{tenant}, and the query. False: another path, or a segment that
// can't be decoded (a % without two hex digits, an encoded slash or NUL). The callback points into raw and scratch;
// scratch is overwritten.
bool parse_target(std::string_view raw, std::string& scratch, Callback& callback);

// Fills the callback (except its time), or says why the request is refused. The callback points into scratch and where
// the request's views point.
std::optional<Refusal> read_callback(const Request& request, std::string& scratch, Callback& callback);

}  // namespace wxpipe::ingest::http
