// A small blocking HTTP/1.1 client over a raw socket, so that one can also say what no decent client says. One
// connection, kept alive while the server keeps it. One thread owns it. Every failure of the connection, and silence
// beyond the patience, is a HttpError.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rig/eventually.hpp"
#include "rig/socket.hpp"

namespace wxpipe::rig {

class HttpError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";
  HttpHeaders headers = {};  // Host and, with a body, Content-Length are added unless they are here
  std::string body = {};
};

struct HttpResponse {
  int status = 0;
  HttpHeaders headers = {};
  std::string body = {};
  // The first of that name, in any case of letters.
  std::optional<std::string> header(std::string_view name) const;
};

// As it goes over the wire.
std::string to_bytes(const HttpRequest& request, const std::string& host);

class HttpClient {
 public:
  // No network yet: the first request connects.
  HttpClient(std::string host, uint16_t port, std::chrono::milliseconds patience = kPatience);

  // Connects anew when the server has closed the connection meanwhile.
  HttpResponse send(const HttpRequest& request);
  HttpResponse get(std::string target) { return send({.target = std::move(target)}); }
  HttpResponse post(std::string target, std::string body, HttpHeaders headers = {}) {
    return send(
        {.method = "POST", .target = std::move(target), .headers = std::move(headers), .body = std::move(body)});
  }

  // The same in two steps, with any bytes: half a request, garbage, two requests at once.
  void send_bytes(std::string_view bytes);
  HttpResponse receive(bool to_head = false);
  // The next answer even if it is an interim one (100 Continue), which receive leaves out. Without its body.
  HttpResponse receive_interim();
  // Ends our sending side only.
  void finish_sending();
  // The server ends the connection within the patience, without another byte.
  bool closed_by_server();
  void close();

 private:
  void connect();
  bool fill();  // more bytes into unread_; false: the server has ended
  std::string take_line();
  std::string take(size_t size);

  std::string host_;
  uint16_t port_;
  std::chrono::milliseconds patience_;
  Socket socket_;
  std::string unread_;
  bool ending_ = false;  // the server said that it closes
};

}  // namespace wxpipe::rig
