#include "common/http/client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

namespace wxpipe::http {
namespace {
using boost::system::error_code;

bool has(const Headers& headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(), [&](const auto& header) {
    return boost::beast::iequals({header.first.data(), header.first.size()}, {name.data(), name.size()});
  });
}

bool may_be_repeated(std::string_view method) {
  constexpr std::array<std::string_view, 5> kIdempotent{"GET", "HEAD", "PUT", "DELETE", "OPTIONS"};
  return std::find(kIdempotent.begin(), kIdempotent.end(), method) != kIdempotent.end();
}
}  // namespace

std::string to_bytes(const Request& request, std::string_view host, std::string_view before_target) {
  std::string bytes = fmt::format("{} {}{} HTTP/1.1\r\n", request.method, before_target, request.target);
  if (!has(request.headers, "Host")) bytes += fmt::format("Host: {}\r\n", host);
  const bool says_length = has(request.headers, "Content-Length") || has(request.headers, "Transfer-Encoding");
  if (!says_length && (!request.body.empty() || request.method == "POST"))
    bytes += fmt::format("Content-Length: {}\r\n", request.body.size());
  for (const auto& [name, value] : request.headers) bytes += fmt::format("{}: {}\r\n", name, value);
  return bytes + "\r\n" + request.body;
}

Response Client::send(const Request& request) {
  const auto until = deadline();
  const Url& url = connection_.url();
  const bool whole_url = connection_.options().proxy && !url.tls;
  const auto bytes = to_bytes(request, url.authority, whole_url ? "http://" + url.authority + url.prefix : url.prefix);
  bool reused = !ending_ && unread_.empty() && connection_.is_idle();
  for (;; reused = false) {
    if (!reused) {
      unread_.clear();
      connection_.open(until);
    }
    try {
      begun_ = false;
      connection_.write(bytes, until);
      return receive(request.method, until);
    } catch (const Error& error) {
      if (!reused || begun_ || error.failure != Failure::broken || !may_be_repeated(request.method)) throw;
    }
  }
}

Response Client::receive(std::string_view to, SteadyTime deadline) {
  auto response = receive_any(to, deadline);
  while (response.status < 200) response = receive_any(to, deadline);
  return response;
}

Response Client::receive_any(std::string_view to, SteadyTime deadline) {
  const auto fail = [&](Failure why, std::string_view what) {
    connection_.close();
    throw Error(why, fmt::format("{}: {}", connection_.url().authority, what));
  };
  Response response;
  ResponseParser parser(response, connection_.options().most_body_bytes);
  if (to == "HEAD") parser.without_body();
  error_code error;
  for (;;) {
    unread_.erase(0, parser.put(unread_, error));
    if (error == boost::beast::http::error::body_limit)
      fail(Failure::too_large, "the answer has more bytes than we take");
    begun_ = parser.begun();
    if (error) fail(Failure::malformed, "the answer is no HTTP: " + error.message());
    if (parser.complete()) break;
    if (connection_.read(unread_, deadline)) continue;
    if (!parser.ends_with_connection())
      fail(Failure::broken, "the server closed the connection before its answer was complete");
    parser.end(error);
    break;
  }
  ending_ = !parser.keep_alive();
  return response;
}

}  // namespace wxpipe::http
