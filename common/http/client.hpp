// The HTTP/1.1 client of everything here that asks another server: commands, chaos runs, tests. It speaks to one server
// and keeps the connection from request to request. TLS is verified. It goes through a proxy where there is one: by
// CONNECT for https, with the whole URL in the request line for http. Connecting and the whole request have limits of
// time, an answer has a limit of size. Redirects are answers like others.
//
// One thread owns it; calls block. Every failure is an Error (peer.hpp), which is an Unavailable.
//
// `wxpipe simulate` sends its load by itself (simulate/connection.hpp): thousands of connections on one thread,
// latencies counted from planned times. What it shares with this is the URL, finding and trusting the server, and the
// parser of answers.
#pragma once

#include <string>
#include <string_view>

#include "common/http/connection.hpp"
#include "common/http/response.hpp"

namespace wxpipe::http {

struct Request {
  std::string method = "GET";
  std::string target = "/";  // behind the URL's own path
  Headers headers = {};      // Host and, with a body, Content-Length are added unless they are here
  std::string body = {};
};

// As it goes over the wire. before_target: what stands in front of the target in the request line.
std::string to_bytes(const Request& request, std::string_view host, std::string_view before_target = {});

class Client {
 public:
  explicit Client(Url server, Options options = {}) : connection_(std::move(server), std::move(options)) {}

  // A request that met a connection which the server was just closing is sent once more on a new one, if its method may
  // be repeated (GET, HEAD, PUT, DELETE, OPTIONS). Otherwise that is Failure::broken, and the caller decides.
  Response send(const Request& request);
  Response get(std::string target) { return send({.target = std::move(target)}); }
  Response post(std::string target, std::string body, Headers headers = {}) {
    return send(
        {.method = "POST", .target = std::move(target), .headers = std::move(headers), .body = std::move(body)});
  }

 protected:
  // The next answer, an interim one (100 Continue) too. to: the method that it answers.
  Response receive_any(std::string_view to, SteadyTime deadline);
  Response receive(std::string_view to, SteadyTime deadline);
  SteadyTime deadline() const { return std::chrono::steady_clock::now() + connection_.options().request; }

  Connection connection_;

 private:
  std::string unread_;   // came behind the last answer
  bool ending_ = false;  // the server has said that it closes
  bool begun_ = false;   // a byte of the answer was there
};

}  // namespace wxpipe::http
