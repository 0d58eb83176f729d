// Reading JSON with simdjson on-demand from bytes that aren't padded (Kafka payloads, HTTP bodies): the bytes are
// copied once into a buffer that the reader keeps. One reader per thread; `thread_reader` is the calling thread's own.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace wxpipe::json {

class Reader {
 public:
  // What the document points into stays valid until the next call. Errors come from calls on the document.
  simdjson::simdjson_result<simdjson::ondemand::document> iterate(std::string_view json) {
    if (buffer_.size() < json.size() + simdjson::SIMDJSON_PADDING)
      buffer_.resize(json.size() + simdjson::SIMDJSON_PADDING);
    json.copy(buffer_.data(), json.size());  // an empty text may have no address
    return parser_.iterate(simdjson::padded_string_view(buffer_.data(), json.size(), buffer_.size()));
  }

 private:
  simdjson::ondemand::parser parser_;
  std::string buffer_;
};

inline Reader& thread_reader() {
  thread_local Reader reader;
  return reader;
}

// A value inside a document that is being read.
using Value = simdjson::simdjson_result<simdjson::ondemand::value>;

// FNV-1a, for `switch` over field names: `case json::key("id"):`. Two names with the same hash in one switch don't
// compile.
constexpr uint64_t key(std::string_view name) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

}  // namespace wxpipe::json
