#include "simulate/connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/write.hpp>

namespace wxpipe::simulate {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

void secure(asio::ssl::stream<tcp::socket&>& stream, const Server& server) {
  error_code ignored;  // none of this can fail but for memory
  if (server.verify) {
    stream.set_verify_mode(asio::ssl::verify_peer, ignored);
    stream.set_verify_callback(asio::ssl::host_name_verification(server.name), ignored);
  }
  // What the macro SSL_set_tlsext_host_name does, without its old-style cast.
  SSL_ctrl(stream.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
           const_cast<char*>(server.name.c_str()));
}

struct Connection::Stream {
  explicit Stream(asio::io_context& io) : socket(io) {}
  tcp::socket socket;
  std::optional<asio::ssl::stream<tcp::socket&>> tls;
};

Connection::Connection(asio::io_context& io, const Server& server, Owner& owner)
    : io_(io),
      server_(server),
      owner_(owner),
      buffer_(4096, '\0') {}
Connection::~Connection() { close(); }

void Connection::close() {
  if (!stream_) return;
  error_code ignored;  // it is being thrown away
  stream_->socket.close(ignored);
  stream_.reset();
}

void Connection::end(Loss loss) {
  close();
  owner_.lost(*this, loss);
}

void Connection::send(std::string_view request) {
  request_ = request;
  written_ = used_ = 0;
  reused_ = is_open();
  if (reused_)
    write();
  else
    open(0);
}

void Connection::open(size_t endpoint) {
  stream_ = std::make_shared<Stream>(io_);
  stream_->socket.async_connect(server_.endpoints[endpoint], [this, stream = stream_, endpoint](error_code error) {
    if (stream != stream_) return;
    if (error && endpoint + 1 < server_.endpoints.size()) return open(endpoint + 1);
    if (error) return end(Loss::unreachable);
    opened();
  });
}

void Connection::opened() {
  error_code ignored;  // slower, but it works
  stream_->socket.set_option(tcp::no_delay(true), ignored);
  stream_->socket.non_blocking(true, ignored);
  if (!server_.tls) return write();
  stream_->tls.emplace(stream_->socket, *server_.tls);
  secure(*stream_->tls, server_);
  stream_->tls->async_handshake(asio::ssl::stream_base::client, [this, stream = stream_](error_code error) {
    if (stream != stream_) return;
    if (error) return end(Loss::unreachable);
    write();
  });
}

void Connection::write() {
  // In most cases the kernel takes all of it at once; what it doesn't take is written when it can.
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
  const auto rest = asio::buffer(request_.substr(written_));
  if (stream_->tls)
    asio::async_write(*stream_->tls, rest, then);
  else
    asio::async_write(stream_->socket, rest, then);
}

void Connection::read() {
  const auto then = [this, stream = stream_](error_code error, size_t bytes) {
    if (stream != stream_) return;
    if (error) return end(Loss::broken);
    got(bytes);
  };
  if (used_ == buffer_.size()) buffer_.resize(buffer_.size() * 2);
  const auto room = asio::buffer(buffer_.data() + used_, buffer_.size() - used_);
  if (stream_->tls)
    stream_->tls->async_read_some(room, then);
  else
    stream_->socket.async_read_some(room, then);
}

void Connection::got(size_t bytes) {
  used_ += bytes;
  HttpReply reply;
  switch (parser_.parse(std::string_view(buffer_).substr(0, used_), reply)) {
    case ParseOutcome::more:
      return read();
    case ParseOutcome::malformed:
      return end(Loss::malformed);
    case ParseOutcome::done:
      break;
  }
  // Bytes that nobody asked for: what follows couldn't be told from an answer.
  if (!reply.keep_alive || used_ != parser_.size()) close();
  owner_.replied(*this, reply);
}

}  // namespace wxpipe::simulate
