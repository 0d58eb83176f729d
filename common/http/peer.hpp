// Finding a server and verifying its identity. Shared by the blocking client and the load sender of `wxpipe simulate`.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/http/url.hpp"
#include "common/result.hpp"

namespace wxpipe::http {

using SteadyTime = std::chrono::steady_clock::time_point;

enum class Failure {
  unreachable,  // no connection
  untrusted,    // its certificate isn't trusted, or is for another name
  handshake,    // the server doesn't speak TLS, or no version that we have
  timed_out,
  broken,     // the connection ended before the answer; the request may have arrived
  malformed,  // the answer isn't HTTP
  too_large   // the answer has more bytes than we take
};

class Error : public Unavailable {
 public:
  Error(Failure why, const std::string& what) : Unavailable(what), failure(why) {}
  const Failure failure;
};

// The addresses of the URL's host. Throws Error.
std::vector<boost::asio::ip::tcp::endpoint> resolve(const Url& url, SteadyTime deadline);

// TLS 1.2 and later. ca_file: PEM with trusted authorities; empty: the system's. Throws UsageError if it can't be read.
boost::asio::ssl::context tls_context(const std::string& ca_file);

// A socket, with TLS over it where the URL says https.
struct Stream {
  explicit Stream(boost::asio::io_context& io) : socket(io) {}

  // Sends the server's name (SNI) and, unless any certificate is accepted, verifies the certificate.
  void add_tls(boost::asio::ssl::context& context, const std::string& name, bool verify);

  template <class Then>
  void async_read_some(const boost::asio::mutable_buffer& into, Then&& then) {
    tls ? tls->async_read_some(into, std::forward<Then>(then)) : socket.async_read_some(into, std::forward<Then>(then));
  }
  template <class Then>
  void async_write(const boost::asio::const_buffer& bytes, Then&& then) {
    tls ? boost::asio::async_write(*tls, bytes, std::forward<Then>(then))
        : boost::asio::async_write(socket, bytes, std::forward<Then>(then));
  }

  boost::asio::ip::tcp::socket socket;
  std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls;
};

}  // namespace wxpipe::http
