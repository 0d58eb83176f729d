// An HTTP/1.1 client, for commands, chaos runs and tests. It talks to one server and keeps the connection between
// requests. TLS is verified. It can use a proxy: by CONNECT for https, with the whole URL in the request line for http.
// Connecting and the whole request have time limits, an answer has a size limit. It doesn't follow redirects.
//
// One thread owns it; calls block. Every failure is an Error (peer.hpp), which is an Unavailable.
//
// `wxpipe simulate` sends its load with other code (simulate/connection.hpp): thousands of connections on one thread,
// latencies counted from planned times. Both share the URL, finding and verifying the server, and the parser of
// answers.
#pragma once

#include <string>
#include <string_view>

#include "common/http/connection.hpp"
#include "common/http/response.hpp"

namespace wxpipe::http {

struct Request {
  std::string method = "GET";
  std::string target = "/";  // added to the URL's own path
  Headers headers = {};      // Host and, with a body, Content-Length are added unless they are here
  std::string body = {};
};

// The request as bytes. before_target: put before the target in the request line.
std::string to_bytes(const Request& request, std::string_view host, std::string_view before_target = {});

class Client {
 public:
  explicit Client(Url server, Options options = {}) : connection_(std::move(server), std::move(options)) {}

  // If the server was just closing the connection, the request is sent once more on a new one, if its method may be
  // repeated (GET, HEAD, PUT, DELETE, OPTIONS). Otherwise this is Failure::broken, and the caller decides.
  Response send(const Request& request);
  Response get(std::string target) { return send({.target = std::move(target)}); }
  Response post(std::string target, std::string body, Headers headers = {}) {
    return send(
        {.method = "POST", .target = std::move(target), .headers = std::move(headers), .body = std::move(body)});
  }

 protected:
  // The next answer; interim ones (100 Continue) count. to: the method of the request.
  Response receive_any(std::string_view to, SteadyTime deadline);
  Response receive(std::string_view to, SteadyTime deadline);
  SteadyTime deadline() const { return std::chrono::steady_clock::now() + connection_.options().request; }

  Connection connection_;
  std::string unread_;  // bytes after the last answer

 private:
  bool ending_ = false;  // the server has said that it closes
  bool begun_ = false;   // a byte of the answer has come
};

}  // namespace wxpipe::http
