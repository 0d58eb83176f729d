// One HTTP request while it comes in: Beast's parser with its strictness, and what wxpipe wants to know of a request as
// views into the bytes that were read. Beast's own container would copy every header of every callback.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>

namespace wxpipe::ingest::http {

// Of headers that come twice, the first counts.
struct Request {
  std::string_view method, target;
  std::string_view content_type, webhook_id, webhook_timestamp, webhook_signature, traceparent;
  std::string_view body = "";
  int version = 11;  // 10, 11
  int hosts = 0;     // how many Host headers
  bool expects = false;
};

class RequestParser final : private boost::beast::http::basic_parser<true> {
 public:
  RequestParser(uint32_t most_header_bytes, uint64_t most_body_bytes);

  // Reads on; answers how many of the bytes it is done with. While the request isn't complete, what is left of them
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
  void on_chunk_header_impl(std::uint64_t, View, Error&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View body, Error&) override;
  void on_finish_impl(Error&) override {}
  void append_body(View part);

  Request request_;
  std::string_view input_;      // what put was given
  uint64_t length_ = 0;         // of the body, as its header says
  std::string body_;            // one that came in pieces
  std::list<std::string> own_;  // headers that came in pieces, or over several lines, which Beast joins elsewhere
};

}  // namespace wxpipe::ingest::http
