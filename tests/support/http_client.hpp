// The product's HTTP client for a server on this machine. It can also send what a good client never sends: half a
// request, garbage, two requests at once, nothing. All on the same connection.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <string_view>

#include "common/http/client.hpp"
#include "rig/eventually.hpp"

namespace wxpipe::support {

using http::to_bytes;
using HttpError = http::Error;
using HttpRequest = http::Request;
using HttpResponse = http::Response;

class HttpClient : public http::Client {
 public:
  HttpClient(const std::string& host, uint16_t port, std::chrono::milliseconds patience = rig::kPatience)
      : Client(*http::parse_url(fmt::format("http://{}:{}", host, port)), {.connect = patience, .request = patience}) {}

  // The first half of send(), with any bytes. Connects first if needed.
  void send_bytes(std::string_view bytes) {
    if (!connection_.is_open()) connection_.open(deadline());
    connection_.write(bytes, deadline());
  }
  HttpResponse receive() { return Client::receive("", deadline()); }
  // The next answer, even an interim one (100 Continue), which receive skips.
  HttpResponse receive_interim() { return receive_any("", deadline()); }
  // Ends only our sending side.
  void finish_sending() { connection_.finish_sending(); }
  // Whether the server closes the connection in time without sending another byte.
  bool closed_by_server() {
    std::string more;
    if (!connection_.is_open() || !unread_.empty()) return false;
    try {
      return !connection_.read(more, deadline());
    } catch (const HttpError& error) {
      return error.failure == http::Failure::broken && more.empty();
    }
  }
  void close() {
    connection_.close();
    unread_.clear();
  }
};

}  // namespace wxpipe::support
