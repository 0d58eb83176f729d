// An HTTP/1.1 response and its parser, built on Beast's strict one. It keeps only the headers that are wanted: Beast's
// own container allocates for every header.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wxpipe::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Response {
  int status = 0;
  Headers headers = {};
  std::string body = {};
  // The first header of that name; case doesn't matter.
  std::optional<std::string> header(std::string_view name) const;
};

enum class KeepHeaders { yes, no };

// Fills one response, which must outlive the parser. Old content of the response is dropped.
class ResponseParser final : private boost::beast::http::basic_parser<false> {
 public:
  ResponseParser(Response& into, uint64_t most_body_bytes, KeepHeaders keep = KeepHeaders::yes);

  // Parses more bytes; returns how many it consumed. While the response isn't complete, pass the remaining bytes again,
  // before the next ones. Sets Beast's errors, but never need_more.
  size_t put(std::string_view bytes, boost::system::error_code& error);
  // Call it when the connection has ended. An error, unless the end of the connection ends the response.
  void end(boost::system::error_code& error) { put_eof(error); }
  // The response has no body, whatever the headers say: it answers HEAD or CONNECT.
  void without_body() { skip(true); }

  bool begun() const { return got_some(); }
  bool complete() const { return is_done(); }
  // The headers are complete and give neither a length nor chunks: the end of the connection ends it.
  bool ends_with_connection() const { return is_header_done() && need_eof(); }
  bool keep_alive() const { return basic_parser::keep_alive(); }

 private:
  using View = boost::beast::string_view;
  using Error = boost::beast::error_code;

  void on_request_impl(boost::beast::http::verb, View, View, int, Error&) override {}
  void on_response_impl(int status, View, int, Error&) override { response_.status = status; }
  void on_field_impl(boost::beast::http::field, View name, View value, Error&) override;
  void on_header_impl(Error&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, Error&) override;
  std::size_t on_body_impl(View body, Error&) override;
  void on_chunk_header_impl(std::uint64_t, View, Error&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View body, Error& error) override { return on_body_impl(body, error); }
  void on_finish_impl(Error&) override {}

  Response& response_;
  KeepHeaders keep_;
};

}  // namespace wxpipe::http
