// The bytes of a connection, cut into requests: Beast's parser with its strictness, and views into the bytes that were
// read. Beast's own container would copy every header of every callback. Knows no sockets.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>

#include "ingest/http/request.hpp"

namespace wxpipe::ingest::http {

// One request while it comes in. Stricter than Beast where two readers of the same bytes could see different requests:
// a Transfer-Encoding is `chunked` and nothing else, and no header goes on in a second line.
class RequestParser final : private boost::beast::http::basic_parser<true> {
 public:
  RequestParser(uint32_t most_header_bytes, uint64_t most_body_bytes);

  // Reads on, and returns how many of the bytes it is done with. While the request isn't complete, what is left of them
  // comes again in front of the next ones. Beast's errors, but never need_more.
  size_t put(std::string_view bytes, boost::system::error_code& error);
  // The bytes given so far are going away: views point into memory of the parser's own from here on.
  void keep();

  bool complete() const { return is_done(); }
  bool header_complete() const { return is_header_done(); }
  bool keep_alive() const { return basic_parser::keep_alive(); }
  // Once it is complete (the headers: once these are).
  const Request& request() const { return request_; }

 private:
  using View = boost::beast::string_view;
  using Error = boost::beast::error_code;

  void on_request_impl(boost::beast::http::verb, View method, View target, int version, Error&) override;
  void on_response_impl(int, View, int, Error&) override {}
  void on_field_impl(boost::beast::http::field name, View name_text, View value, Error&) override;
  void on_header_impl(Error&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, Error&) override;
  std::size_t on_body_impl(View body, Error&) override;
  void on_chunk_header_impl(std::uint64_t size, View extensions, Error& error) override;
  std::size_t on_chunk_body_impl(std::uint64_t, View body, Error&) override;
  void on_finish_impl(Error&) override {}
  bool is_folded(std::string_view name, std::string_view value) const;
  void append_body(View part);
  // Chunk extensions and trailers say nothing to us. Together they may be as long as the headers.
  void ignore(size_t bytes, Error& error);

  Request request_;
  const uint32_t most_header_bytes_;
  uint64_t ignored_ = 0;        // bytes of chunk extensions and trailers
  std::string_view input_;      // what put was given
  uint64_t length_ = 0;         // of the body, as its header says
  std::string body_;            // one that came in pieces
  std::list<std::string> own_;  // headers that came in pieces
};

// One connection's requests, one after the other. The current one's views hold until next().
class Framing {
 public:
  Framing(uint32_t most_header_bytes, uint64_t most_body_bytes);

  // Begins with the next request. Some or all of it may have come behind the last one.
  void next();
  // What was read. If the request isn't done with it, the bytes may go away afterwards.
  void take(std::string_view bytes);

  bool begun() const { return begun_; }  // some of the request is here
  bool done() const { return refusal_ || parser_->complete(); }
  // Why it can't become a request.
  std::optional<Refusal> refusal() const { return refusal_; }
  // Whether the sender waits to be told that it may send its body. True once.
  bool owes_continue();

  const Request& request() const { return parser_->request(); }
  bool keep_alive() const { return parser_->keep_alive(); }

 private:
  void parse(std::string_view input);

  const uint32_t most_header_bytes_;
  const uint64_t most_body_bytes_;
  std::optional<RequestParser> parser_;
  std::optional<Refusal> refusal_;
  std::string pending_;  // read, and not parsed yet
  std::string behind_;   // of the request behind this one
  bool begun_ = false, continued_ = false;
};

}  // namespace wxpipe::ingest::http
