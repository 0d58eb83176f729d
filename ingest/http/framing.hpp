// Cuts the bytes of a connection into requests. Uses Beast's strict parser, but gives views into the bytes read:
// Beast's own container would copy every header of every callback. Knows no sockets.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/http/request.hpp"

namespace wxpipe::ingest::http {

// One request while it comes in. Stricter than Beast where two readers of the same bytes could see different requests:
// there is one Content-Length with one number, a Transfer-Encoding is `chunked` and nothing else, no header goes on in
// a second line, and nobody asks for a tunnel.
class RequestParser final : private boost::beast::http::basic_parser<true> {
 public:
  // headers: filled with those that have no place of their own in Request; must outlive the parser.
  RequestParser(uint32_t most_header_bytes, uint64_t most_body_bytes, std::vector<Header>& headers);

  // Parses more bytes; returns how many are used up. While the request isn't complete, pass the rest again, in front of
  // the next bytes. Gives Beast's errors, but never need_more.
  size_t put(std::string_view bytes, boost::system::error_code& error);
  // Call before the bytes given so far go away: copies what views point to into the parser's own memory.
  void keep();

  bool complete() const { return is_done(); }
  bool header_complete() const { return is_header_done(); }
  bool keep_alive() const { return basic_parser::keep_alive(); }
  // Valid when the request is complete; its headers when these are complete.
  const Request& request() const { return request_; }

 private:
  using View = boost::beast::string_view;
  using Error = boost::beast::error_code;

  void on_request_impl(boost::beast::http::verb, View method, View target, int version, Error&) override;
  void on_response_impl(int, View, int, Error&) override {}
  void on_field_impl(boost::beast::http::field name, View name_text, View value, Error&) override;
  void on_header_impl(Error&) override { request_.headers = headers_; }
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, Error&) override;
  std::size_t on_body_impl(View body, Error&) override;
  void on_chunk_header_impl(std::uint64_t size, View extensions, Error& error) override;
  std::size_t on_chunk_body_impl(std::uint64_t, View body, Error&) override;
  void on_finish_impl(Error&) override {}
  bool is_folded(std::string_view name, std::string_view value) const;
  void note(View name, View value);
  void keep(std::string_view& text);
  void append_body(View part);
  // Chunk extensions and trailers say nothing to us. Together they may be as long as the headers.
  void ignore(size_t bytes, Error& error);

  // More than proxies add. A request with more is read too, but no declaration of a sender sees the rest.
  static constexpr size_t kMostHeaders = 64;

  Request request_;
  std::vector<Header>& headers_;
  const uint32_t most_header_bytes_;
  uint64_t ignored_ = 0;  // bytes of chunk extensions and trailers
  bool has_length_ = false;
  std::string_view input_;      // what put was given
  uint64_t length_ = 0;         // of the body, as its header says
  std::string body_;            // one that came in pieces
  std::list<std::string> own_;  // headers that came in pieces
};

// The requests of one connection, one after the other. Views of the current one are valid until next().
class Framing {
 public:
  Framing(uint32_t most_header_bytes, uint64_t most_body_bytes);

  // Starts the next request. Some or all of it may have been read already.
  void next();
  // Give it what was read. If the request still needs the bytes, they are copied, so they may go away afterwards.
  void take(std::string_view bytes);

  bool begun() const { return begun_; }  // some of the request is here
  bool done() const { return refusal_ || parser_->complete(); }
  // Why it is no acceptable request; nothing if it is fine so far.
  std::optional<Refusal> refusal() const { return refusal_; }
  // Whether the sender waits for "100 Continue" before it sends the body. True once.
  bool owes_continue();

  const Request& request() const { return parser_->request(); }
  bool keep_alive() const { return parser_->keep_alive(); }

 private:
  void parse(std::string_view input);

  const uint32_t most_header_bytes_;
  const uint64_t most_body_bytes_;
  std::vector<Header> headers_;  // of the current request; kept for its memory
  std::optional<RequestParser> parser_;
  std::optional<Refusal> refusal_;
  std::string pending_;  // read, but not parsed yet
  std::string behind_;   // the beginning of the request after this one
  bool begun_ = false, continued_ = false;
};

}  // namespace wxpipe::ingest::http
