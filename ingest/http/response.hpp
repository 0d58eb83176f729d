// Writes an HTTP/1.1 answer. Pure, except for the date, which is cached for a second.
#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "ingest/callback.hpp"

namespace wxpipe::ingest::http {

// RFC 9110: a server that has a clock sends the date. One per io thread.
class DateHeader {
 public:
  std::string_view at(std::time_t now);  // "Tue, 24 Nov 2026 16:00:00 GMT"

 private:
  std::time_t second_ = -1;
  std::string text_;
};

struct ResponseOptions {
  bool keep_alive = true;
  bool http_1_0 = false;
  bool without_body = false;  // HEAD
};

// Overwrites `out`.
void write_response(const Reply& reply, std::string_view date, const ResponseOptions& options, std::string& out);

}  // namespace wxpipe::ingest::http
