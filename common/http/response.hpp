// An HTTP/1.1 response, and its parser: Beast's, with its strictness. It keeps only what is asked for, because Beast's
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
  // The first of that name, in any case of letters.
  std::optional<std::string> header(std::string_view name) const;
};

enum class KeepHeaders { yes, no };

// For one response, which it fills. The response must outlive it; what it held before is dropped, its memory used
// again.
class ResponseParser final : private boost::beast::http::basic_parser<false> {
 public:
  ResponseParser(Response& into, uint64_t most_body_bytes, KeepHeaders keep = KeepHeaders::yes);

  // Reads on; answers how many of the bytes it is done with. While the response isn't complete, what is left of them
  // comes again in front of the next ones. Beast's errors, but never need_more.
  size_t put(std::string_view bytes, boost::system::error_code& error);
  // The connection has ended: an error, unless the response ends with its connection.
  void end(boost::system::error_code& error) { put_eof(error); }
  // There is no body, whatever the headers say: the answer to HEAD or CONNECT.
  void without_body() { skip(true); }

  bool begun() const { return got_some(); }
  bool complete() const { return is_done(); }
  // The headers are there, and neither a length nor chunks: it ends with its connection.
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
