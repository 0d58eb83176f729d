#include "simulate/connection.hpp"

namespace wxpipe::simulate {
namespace {
constexpr uint64_t kMostBodyBytes = 1 << 20;  // no platform would read that much
}

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

Connection::Connection(asio::io_context& io, const Server& server, Owner& owner)
    : io_(io),
      server_(server),
      owner_(owner),
      buffer_(4096, '\0') {}
Connection::~Connection() { close(); }

void Connection::close() {
  if (!stream_) return;
  error_code ignored;  // the socket is discarded anyway
  stream_->socket.close(ignored);
  stream_.reset();
}

void Connection::end(Loss loss) {
  close();
  owner_.lost(*this, loss);
}

void Connection::send(std::string_view request) {
  request_ = request;
  parser_.emplace(response_, kMostBodyBytes, http::KeepHeaders::no);
  written_ = used_ = 0;
  reused_ = is_open();
  if (reused_)
    write();
  else
    open(0);
}

void Connection::open(size_t endpoint) {
  stream_ = std::make_shared<http::Stream>(io_);
  stream_->socket.async_connect(server_.endpoints[endpoint], [this, stream = stream_, endpoint](error_code error) {
    if (stream != stream_) return;
    if (error && endpoint + 1 < server_.endpoints.size()) return open(endpoint + 1);
    if (error) return end(Loss::unreachable);
    opened();
  });
}

void Connection::opened() {
  error_code ignored;  // works without it, only slower
  stream_->socket.set_option(tcp::no_delay(true), ignored);
  stream_->socket.non_blocking(true, ignored);
  if (!server_.tls) return write();
  stream_->add_tls(*server_.tls, server_.name, server_.verify);
  stream_->tls->async_handshake(asio::ssl::stream_base::client, [this, stream = stream_](error_code error) {
    if (stream != stream_) return;
    if (error) return end(Loss::unreachable);
    write();
  });
}

void Connection::write() {
  // The kernel usually takes all of it at once. The rest is written when the socket is ready.
  if (!stream_->tls) {
    error_code error;
    written_ += stream_->socket.write_some(asio::buffer(request_), error);
    if (error && error != asio::error::would_block) return end(Loss::broken);
    if (written_ == request_.size()) return read();
  }
  const auto then = [this, stream = stream_](error_code error, size_t) {
    if (stream != stream_) return;
    if (error) return end(Loss::broken);
    read();
  };
  stream_->async_write(asio::buffer(request_.substr(written_)), then);
}

void Connection::read() {
  const auto then = [this, stream = stream_](error_code error, size_t bytes) {
    if (stream != stream_) return;
    if (error) return end(Loss::broken);
    got(bytes);
  };
  if (used_ == buffer_.size()) buffer_.resize(buffer_.size() * 2);
  stream_->async_read_some(asio::buffer(buffer_.data() + used_, buffer_.size() - used_), then);
}

void Connection::got(size_t bytes) {
  used_ += bytes;
  error_code error;
  const size_t taken = parser_->put(std::string_view(buffer_).substr(0, used_), error);
  // An answer that is ended by closing the connection. No server should do that to a client with keep-alive.
  if (error || parser_->ends_with_connection()) return end(Loss::malformed);
  used_ -= taken;
  if (!parser_->complete()) {
    buffer_.erase(0, taken);
    buffer_.resize(buffer_.size() + taken);
    return read();
  }
  // Bytes without a request: what follows could not be told from an answer.
  if (!parser_->keep_alive() || used_ > 0) close();
  owner_.replied(*this, response_);
}

}  // namespace wxpipe::simulate
