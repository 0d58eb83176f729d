// The answer to an HTTP/1.1 request, as far as a platform reads it: status, body, and whether the connection may be
// used again. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace wxpipe::simulate {

struct HttpReply {
  unsigned status = 0;
  std::string_view body;  // a view into the bytes, or into the parser's own
  bool keep_alive = true;
};

enum class ParseOutcome { more, done, malformed };

// For the answers of one connection, one after the other.
class HttpReplyParser {
 public:
  // bytes: everything of this answer so far, from its first. On `done`, `reply` is filled and size() says how many of
  // the bytes were it. Answers without a length, that end with the connection, are malformed here: nobody sends them to
  // a client that keeps its connections.
  ParseOutcome parse(std::string_view bytes, HttpReply& reply);
  size_t size() const { return size_; }

 private:
  ParseOutcome chunks(std::string_view bytes, size_t at, HttpReply& reply);

  size_t size_ = 0;
  std::string joined_;  // the chunks of a chunked body
};

}  // namespace wxpipe::simulate
