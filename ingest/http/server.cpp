#include "ingest/http/server.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <type_traits>
#include <utility>

#include "common/result.hpp"
#include "common/telemetry/log.hpp"
#include "ingest/http/request.hpp"
#include "ingest/http/target.hpp"

namespace wxpipe::ingest::http {
namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::steady_clock;
using namespace std::chrono_literals;

namespace {
constexpr size_t kReadBytes = 16 << 10;    // a TLS record
constexpr size_t kLingerBytes = 16 << 20;  // of a refused body that are read on, so that its sender sees the answer
constexpr auto kLingerTime = 2s;
constexpr auto kHandshakeTime = 5s;
constexpr auto kWatchEvery = 250ms;

using Socket = tcp::socket;
using TlsStream = asio::ssl::stream<Socket&>;

auto into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

// Answers to what the parser refused.
std::pair<unsigned, Refusal> refusal_of(const error_code& error) {
  if (error == beast::http::error::body_limit) return {413, Refusal::body_too_large};
  if (error == beast::http::error::header_limit || error == beast::http::error::buffer_overflow)
    return {431, Refusal::headers_too_large};
  return {400, Refusal::bad_request};
}
}  // namespace

std::unique_ptr<asio::ssl::context> make_tls(const config::IngestSettings& settings) {
  if (settings.tls_certificate_file.empty()) return nullptr;
  auto tls = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
  tls->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                   asio::ssl::context::no_tlsv1_1);
  error_code error;
  tls->use_certificate_chain_file(settings.tls_certificate_file, error);
  if (error)
    throw UsageError(
        fmt::format("ingest.tls_certificate_file: {}: {}", settings.tls_certificate_file, error.message()));
  tls->use_private_key_file(settings.tls_key_file, asio::ssl::context::pem, error);
  if (error) throw UsageError(fmt::format("ingest.tls_key_file: {}: {}", settings.tls_key_file, error.message()));
  return tls;
}

Server::Server(asio::io_context& io, ServerShared& shared, Receiver& receiver, uint16_t port)
    : io_(io),
      shared_(shared),
      receiver_(receiver),
      acceptor_(io),
      watch_timer_(io) {
  const auto& listen = shared.settings.listen;
  error_code error;
  tcp::resolver resolver(io);
  const auto found = resolver.resolve(listen.host, std::to_string(port), tcp::resolver::passive, error);
  if (error || found.empty())
    throw UsageError(
        fmt::format("ingest.listen: {} is not an address of this machine: {}", listen.host, error.message()));
  const tcp::endpoint endpoint = found.begin()->endpoint();
  acceptor_.open(endpoint.protocol());
  acceptor_.set_option(asio::socket_base::reuse_address(true));
  const int on = 1;
  ::setsockopt(acceptor_.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(4096, error);
  if (error)
    throw UsageError(fmt::format("ingest.listen: can't listen on {}:{}: {}; choose another port or stop what uses it",
                                 listen.host, port, error.message()));
  port_ = acceptor_.local_endpoint().port();
}

Server::~Server() = default;

std::string_view Server::date() { return date_.at(std::chrono::system_clock::to_time_t(shared_.clock.now())); }

void Server::start() {
  asio::co_spawn(io_, accept(), asio::detached);
  asio::co_spawn(io_, watch(), asio::detached);
}

void Server::drain() {
  draining_ = true;
  error_code ignored;
  acceptor_.close(ignored);
  for (auto& connection : connections_)
    if (connection.idle) connection.socket.cancel(ignored);
}

void Server::abort() {
  error_code ignored;
  acceptor_.close(ignored);
  watch_timer_.cancel();
  for (auto& connection : connections_) connection.socket.close(ignored);
}

asio::awaitable<void> Server::accept() {
  asio::steady_timer pause(io_);
  while (acceptor_.is_open()) {
    error_code error;
    Socket socket = co_await acceptor_.async_accept(into(error));
    if (error) {
      if (!acceptor_.is_open()) break;
      if (error == asio::error::no_descriptors || error == asio::error::no_buffer_space ||
          error == asio::error::no_memory) {
        telemetry::log_error("accept_failed", {{"why", error.message()}, {"do", "raise the limit of open files"}});
        pause.expires_after(100ms);
        co_await pause.async_wait(into(error));
      }
      continue;
    }
    if (shared_.connections >= shared_.settings.max_connections) {
      turn_away(std::move(socket));
      continue;
    }
    socket.set_option(tcp::no_delay(true), error);
    socket.non_blocking(true, error);
    ++shared_.connections;
    shared_.metrics.open_connections.Increment();
    const auto connection = connections_.emplace(connections_.end(), std::move(socket));
    asio::co_spawn(io_, serve(connection), asio::detached);
  }
}

void Server::turn_away(Socket socket) {
  receiver_.refused(Refusal::too_many_connections);
  std::string answer;
  write_response({503, {}}, date(), {.keep_alive = false}, answer);
  error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(answer), ignored);
  socket.shutdown(tcp::socket::shutdown_send, ignored);
}

// Deadlines of all connections at once: cheaper than a timer for each read, and a quarter of a second is exact enough.
asio::awaitable<void> Server::watch() {
  error_code error;
  while (acceptor_.is_open() || !connections_.empty()) {
    watch_timer_.expires_after(kWatchEvery);
    co_await watch_timer_.async_wait(into(error));
    const auto now = steady_clock::now();
    for (auto& connection : connections_)
      if (now >= connection.deadline) {
        connection.deadline = Time::max();
        connection.expired = true;
        connection.socket.cancel(error);
      }
  }
}

asio::awaitable<void> Server::serve(Connections::iterator connection) {
  try {
    if (shared_.tls != nullptr) {
      TlsStream stream(connection->socket, *shared_.tls);
      error_code error;
      connection->deadline = steady_clock::now() + kHandshakeTime;
      co_await stream.async_handshake(asio::ssl::stream_base::server, into(error));
      if (!error) {
        co_await converse(*connection, stream);
        connection->deadline = steady_clock::now() + kLingerTime;
        co_await stream.async_shutdown(into(error));
      }
    } else {
      co_await converse(*connection, connection->socket);
    }
  } catch (const std::exception& error) {
    telemetry::log_error("connection_failed", {{"why", error.what()}});
  }
  connections_.erase(connection);
  --shared_.connections;
  shared_.metrics.open_connections.Decrement();
}

template <class Stream>
asio::awaitable<void> Server::refuse(Connection& connection, Stream& stream, unsigned status, Refusal refusal) {
  receiver_.refused(refusal);
  std::string answer;
  write_response({status, std::string(to_string(refusal))}, date(), {.keep_alive = false}, answer);
  error_code error;
  connection.deadline = steady_clock::now() + kLingerTime;
  co_await asio::async_write(stream, asio::buffer(answer), into(error));
  // Closing with unread data would reset the connection before the sender has read the answer.
  if constexpr (std::is_same_v<Stream, Socket>) stream.shutdown(tcp::socket::shutdown_send, error);
  std::string rest(64 << 10, '\0');
  for (size_t read = 0; !error && read < kLingerBytes && !connection.expired;)
    read += co_await stream.async_read_some(asio::buffer(rest), into(error));
}

template <class Stream>
asio::awaitable<void> Server::converse(Connection& connection, Stream& stream) {
  constexpr bool kPlain = std::is_same_v<Stream, Socket>;
  const auto& settings = shared_.settings;
  // A connection holds no memory while it says nothing: thousands do most of the time. Bytes are read into the thread's
  // own buffer, and so is the answer written from there; what outlives a wait is copied. TLS reads and writes while it
  // waits.
  std::string read_by_tls(kPlain ? 0 : kReadBytes, '\0');
  std::string pending;  // read, and not parsed yet
  std::string scratch;
  error_code error;
  auto last_moment = steady_clock::now();
  for (bool keep_alive = true; keep_alive;) {
    RequestParser parser(static_cast<uint32_t>(settings.max_header_bytes), settings.max_body_bytes);
    std::string_view input = pending;
    std::string next;  // of the request behind this one
    if (!input.empty()) connection.deadline = last_moment + settings.request_timeout;
    connection.expired = false;
    for (bool begun = !input.empty(), continued = false;;) {
      if (!input.empty()) {
        const size_t taken = parser.put(input, error);
        const auto left = input.substr(taken);
        if (error || parser.complete()) {
          next = left;
          break;
        }
        parser.keep();
        std::string rest(left);
        pending.swap(rest);
        if (!continued && parser.header_complete() && parser.request().expects) {
          continued = true;
          static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
          co_await asio::async_write(stream, asio::buffer(kContinue), into(error));
          if (error) break;
        }
      } else if (!begun) {
        if (draining_) co_return;
        connection.idle = true;
        connection.deadline = last_moment + settings.idle_timeout;
      }
      size_t size = 0;
      if constexpr (kPlain) {
        co_await stream.async_wait(tcp::socket::wait_read, into(error));
        if (!error) size = stream.read_some(asio::buffer(read_buffer_), error);
        if (error == asio::error::would_block) error = {};  // somebody woke us for nothing
      } else {
        size = co_await stream.async_read_some(asio::buffer(read_by_tls), into(error));
      }
      if (std::exchange(connection.idle, false) && error) co_return;  // gone, idle for too long, or draining
      if (error) break;
      const std::string_view fresh(kPlain ? read_buffer_.data() : read_by_tls.data(), size);
      if (!begun && size > 0) {
        begun = true;
        connection.deadline = steady_clock::now() + settings.request_timeout;
      }
      input = pending.empty() ? fresh : std::string_view(pending.append(fresh));
    }
    if (connection.expired) {
      co_await refuse(connection, stream, 408, Refusal::request_timeout);
      co_return;
    }
    if (error.category() == beast::http::make_error_code(beast::http::error::bad_method).category()) {
      const auto [status, refusal] = refusal_of(error);
      co_await refuse(connection, stream, status, refusal);
      co_return;
    }
    if (error) co_return;  // the sender went away

    const auto received = steady_clock::now();
    connection.deadline = Time::max();  // ours to answer in time
    const auto& request = parser.request();
    keep_alive = parser.keep_alive() && !draining_;
    const bool without_body = request.method == "HEAD", http_1_0 = request.version < 11;
    Reply reply;
    Target target;
    if (request.version >= 11 && request.hosts != 1) {
      receiver_.refused(Refusal::missing_host);
      reply = {400, std::string(to_string(Refusal::missing_host))};
    } else if (!parse_target(request.target, scratch, target)) {
      receiver_.refused(Refusal::unknown_path);
      reply = {404, std::string(to_string(Refusal::unknown_path))};
    } else if (request.method != "GET" && request.method != "POST") {
      receiver_.refused(Refusal::method_not_allowed);
      reply = {405, std::string(to_string(Refusal::method_not_allowed))};
    } else {
      // What it points to is the thread's read buffer: the receiver looks at it before it waits for anything.
      Callback callback;
      callback.method = request.method == "GET" ? Method::get : Method::post;
      callback.account = target.account;
      callback.tenant = target.tenant;
      callback.query = target.query;
      callback.body = request.body;
      callback.content_type = request.content_type;
      callback.webhook_id = request.webhook_id;
      callback.webhook_timestamp = request.webhook_timestamp;
      callback.webhook_signature = request.webhook_signature;
      callback.received_at = shared_.clock.now();
      reply = co_await receiver_.receive(callback, request.traceparent);
    }
    pending = std::move(next);
    write_response(reply, date(),
                   {.keep_alive = keep_alive && !draining_, .http_1_0 = http_1_0, .without_body = without_body},
                   answer_);
    keep_alive = keep_alive && !draining_;
    size_t sent = 0;
    if constexpr (kPlain) {
      sent = stream.write_some(asio::buffer(answer_), error);
      if (error == asio::error::would_block) error = {};
    }
    if (!error && sent < answer_.size()) {  // the sender reads slowly, or through TLS
      const auto rest = answer_.substr(sent);
      connection.deadline = steady_clock::now() + settings.request_timeout;
      co_await asio::async_write(stream, asio::buffer(rest), into(error));
    }
    if (error) co_return;
    last_moment = steady_clock::now();
    shared_.metrics.ack_seconds.Observe(std::chrono::duration<double>(last_moment - received).count());
  }
  if constexpr (kPlain) stream.shutdown(tcp::socket::shutdown_send, error);
}

}  // namespace wxpipe::ingest::http
