#include "common/http/connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/ssl/error.hpp>

#include "common/http/response.hpp"

namespace wxpipe::http {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {
constexpr size_t kPiece = 16 << 10;
}

Connection::Connection(Url url, Options options) : url_(std::move(url)), options_(std::move(options)) {
  if (url_.tls) tls_ = tls_context(options_.ca_file);
  if (options_.proxy && options_.proxy->tls) throw UsageError("a proxy is spoken to by http, also on the way to https");
}
Connection::~Connection() = default;

void Connection::close() { stream_.reset(); }

void Connection::fail(Failure why, std::string_view doing, std::string_view what) {
  close();
  throw Error(why, fmt::format("{}: {}: {}", url_.authority, doing, what));
}

// Starts an operation and runs it to its end. At the deadline it closes the socket, which ends everything that waits.
template <class Start>
error_code Connection::wait(std::string_view doing, SteadyTime deadline, Start&& start) {
  if (!stream_) fail(Failure::broken, doing, "not connected");
  std::optional<error_code> outcome;
  start([&](error_code error, auto&&...) { outcome = error; });
  io_.restart();
  io_.run_until(deadline);
  if (outcome) return *outcome;
  error_code ignored;  // the socket is thrown away anyway
  stream_->socket.close(ignored);
  io_.run();
  fail(Failure::timed_out, doing, "not done in time");
}

void Connection::open(SteadyTime deadline) {
  close();
  deadline = std::min(deadline, std::chrono::steady_clock::now() + options_.connect);
  const auto endpoints = resolve(options_.proxy.value_or(url_), deadline);
  stream_ = std::make_unique<Stream>(io_);
  auto error = wait("connecting", deadline,
                    [&](auto then) { asio::async_connect(stream_->socket, endpoints, std::move(then)); });
  if (error) fail(Failure::unreachable, "connecting", error.message());
  stream_->socket.set_option(tcp::no_delay(true), error);  // slower without it, but it works
  stream_->socket.non_blocking(true, error);
  if (!url_.tls) return;
  if (options_.proxy) ask_proxy_for_tunnel(deadline);
  shake_hands(deadline);
}

void Connection::ask_proxy_for_tunnel(SteadyTime deadline) {
  const auto place =
      fmt::format("{}:{}", url_.host.find(':') == url_.host.npos ? url_.host : "[" + url_.host + "]", url_.port);
  write(fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n\r\n", place), deadline);
  Response response;
  ResponseParser parser(response, 0);
  parser.without_body();
  // Nothing follows the proxy's answer: in TLS the client speaks first.
  std::string bytes;
  error_code error;
  while (!parser.complete() && !error) {
    if (!read(bytes, deadline)) fail(Failure::broken, "asking the proxy", "it closed the connection");
    bytes.erase(0, parser.put(bytes, error));
  }
  if (error) fail(Failure::malformed, "asking the proxy", error.message());
  if (response.status / 100 != 2)
    fail(Failure::unreachable, "asking the proxy", fmt::format("it answered with status {}", response.status));
}

void Connection::shake_hands(SteadyTime deadline) {
  stream_->add_tls(*tls_, url_.host, options_.verify);
  const auto error = wait("TLS handshake", deadline, [&](auto then) {
    stream_->tls->async_handshake(asio::ssl::stream_base::client, std::move(then));
  });
  if (!error) return;
  if (error.category() != asio::error::get_ssl_category()) fail(Failure::unreachable, "TLS handshake", error.message());
  const bool distrust = ERR_GET_REASON(static_cast<unsigned long>(error.value())) == SSL_R_CERTIFICATE_VERIFY_FAILED;
  fail(distrust ? Failure::untrusted : Failure::handshake, "TLS handshake", error.message());
}

bool Connection::is_idle() {
  if (!is_open()) return false;
  char byte;
  error_code error;
  stream_->socket.receive(asio::buffer(&byte, 1), tcp::socket::message_peek, error);
  return error == asio::error::would_block;
}

bool Connection::write(std::string_view bytes, SteadyTime deadline) {
  const auto error =
      wait("sending", deadline, [&](auto then) { stream_->async_write(asio::buffer(bytes), std::move(then)); });
  if (error == asio::error::broken_pipe || error == asio::error::connection_reset) return false;
  if (error) fail(Failure::broken, "sending", error.message());
  return true;
}

bool Connection::read(std::string& into, SteadyTime deadline) {
  const size_t before = into.size();
  into.resize(before + kPiece);
  size_t got = 0;
  const auto error = wait("waiting for an answer", deadline, [&](auto then) {
    stream_->async_read_some(asio::buffer(into.data() + before, kPiece),
                             [&got, then](error_code failed, size_t bytes) mutable {
                               got = bytes;
                               then(failed);
                             });
  });
  into.resize(before + got);
  if (error && error != asio::error::eof) fail(Failure::broken, "reading", error.message());
  return !error;
}

void Connection::finish_sending() {
  error_code error;
  stream_->socket.shutdown(tcp::socket::shutdown_send, error);
  if (error) fail(Failure::broken, "finishing", error.message());
}

}  // namespace wxpipe::http
