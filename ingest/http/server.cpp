#include "ingest/http/server.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <type_traits>
#include <utility>

#include "common/result.hpp"
#include "common/telemetry/log.hpp"

namespace wxpipe::ingest::http {
namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::steady_clock;
using namespace std::chrono_literals;

namespace {
constexpr size_t kReadBytes = 16 << 10;  // a TLS record
// How much of a refused body is still read, so that its sender sees the answer
constexpr size_t kLingerBytes = 16 << 20;
constexpr auto kLingerTime = 2s;
constexpr auto kHandshakeTime = 5s;
constexpr auto kWatchEvery = 250ms;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

using Socket = tcp::socket;
using TlsStream = asio::ssl::stream<Socket&>;
template <class Stream>
constexpr bool kPlain = std::is_same_v<Stream, Socket>;

IpAddress ip_address(const asio::ip::address& address) {
  return address.is_v4() ? v4_address(address.to_v4().to_bytes()) : IpAddress{address.to_v6().to_bytes()};
}

// One io thread's share of what one address may have.
size_t most_per_address(const config::IngestSettings& settings) {
  const size_t most =
      settings.max_connections_per_address ? settings.max_connections_per_address : settings.max_connections / 4;
  return std::max<size_t>(most / static_cast<size_t>(settings.threads), 1);
}

auto into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

}  // namespace

Server::Server(asio::io_context& io, ServerShared& shared, Receiver& receiver, uint16_t port)
    : io_(io),
      shared_(shared),
      receiver_(receiver),
      acceptor_(io),
      watch_timer_(io),
      peers_(proxy_networks(shared.settings), most_per_address(shared.settings)) {
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
    if (connection.idle()) connection.socket.cancel(ignored);
}

void Server::abort() {
  error_code ignored;
  acceptor_.close(ignored);
  watch_timer_.cancel();
  for (auto& connection : connections_) connection.socket.close(ignored);
}

asio::awaitable<void> Server::accept() {
  asio::steady_timer pause(io_);
  tcp::endpoint from;
  while (acceptor_.is_open()) {
    error_code error;
    Socket socket = co_await acceptor_.async_accept(from, into(error));
    if (!error) {
      welcome(std::move(socket), ip_address(from.address()));
      continue;
    }
    if (!acceptor_.is_open() || error == asio::error::connection_aborted) continue;
    accept_trouble_.say(error.message(), steady_clock::now());
    // That gives us a descriptor. Linux asks for one before it looks whether anybody waits, so one is kept free.
    if (close(peers_.idle_longest())) continue;
    pause.expires_after(telemetry::kAcceptPause);
    co_await pause.async_wait(into(error));
  }
}

void Server::welcome(Socket socket, const IpAddress& from) {
  if (!make_room(from)) return turn_away(std::move(socket), from);
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.non_blocking(true, ignored);
  ++shared_.connections;
  shared_.metrics.open_connections.Increment();
  const auto connection = connections_.emplace(connections_.end(), std::move(socket), shared_.settings);
  connection->callback.from = from;
  peers_.enter(*connection, from);
  asio::co_spawn(io_, serve(connection), asio::detached);
}

bool Server::make_room(const IpAddress& from) {
  if (peers_.is_full(from)) return close(peers_.idle_longest(from));
  return shared_.connections < shared_.settings.max_connections || close(peers_.idle_longest());
}

// False: none is idle.
bool Server::close(Guest* idle) {
  if (idle == nullptr) return false;
  peers_.end_idle(*idle);
  error_code ignored;
  static_cast<Connection*>(idle)->socket.close(ignored);  // wakes its coroutine, which ends
  return true;
}

void Server::turn_away(Socket socket, const IpAddress& from) {
  std::string answer;
  const auto refused = receiver_.refuse(Refusal::too_many_connections, from, shared_.clock.now());
  write_response({refused.status, {}}, date(), {.keep_alive = false}, answer);
  error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(answer), ignored);
  socket.shutdown(tcp::socket::shutdown_send, ignored);
}

// Checks the deadlines of all connections at once, every quarter of a second: cheaper than a timer for each read.
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
    if (const auto tls = shared_.certificates.current()) {
      TlsStream stream(connection->socket, *tls);
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
  peers_.leave(*connection);
  connections_.erase(connection);
  --shared_.connections;
  shared_.metrics.open_connections.Decrement();
}

template <class Stream>
asio::awaitable<void> Server::refuse(Connection& connection, Stream& stream, Refusal refusal) {
  std::string answer;
  write_response(receiver_.refuse(refusal, connection.callback.from, shared_.clock.now()), date(),
                 {.keep_alive = false}, answer);
  error_code error;
  connection.deadline = steady_clock::now() + kLingerTime;
  co_await asio::async_write(stream, asio::buffer(answer), into(error));
  // Closing with unread data would reset the connection before the sender has read our answer.
  if constexpr (kPlain<Stream>) stream.shutdown(tcp::socket::shutdown_send, error);
  std::string rest(64 << 10, '\0');
  for (size_t read = 0; !error && read < kLingerBytes && !connection.expired;)
    read += co_await stream.async_read_some(asio::buffer(rest), into(error));
}

void Server::begin_request(Connection& connection) {
  connection.framing.next();
  connection.expired = false;
  if (connection.framing.begun()) connection.deadline = connection.last_moment + shared_.settings.request_timeout;
}

// False: the server is draining and no request has begun.
bool Server::may_wait(Connection& connection) {
  if (connection.framing.begun()) return true;
  if (draining_) return false;
  peers_.begin_idle(connection);
  connection.deadline = connection.last_moment + shared_.settings.idle_timeout;
  return true;
}

void Server::take(Connection& connection, std::string_view bytes) {
  if (!connection.framing.begun() && !bytes.empty())
    connection.deadline = steady_clock::now() + shared_.settings.request_timeout;
  connection.framing.take(bytes);
}

// Why a complete request is not passed on. Nothing: we now owe an answer to connection.callback in time.
std::optional<Refusal> Server::policy(Connection& connection) {
  const auto& request = connection.framing.request();
  connection.received = steady_clock::now();
  connection.deadline = Time::max();
  connection.response = {.http_1_0 = request.version < 11, .without_body = request.method == "HEAD"};
  connection.callback.received_at = shared_.clock.now();
  return read_callback(request, connection.scratch, connection.callback);
}

// Writes what the socket takes at once and returns the rest (slow reader, or TLS).
template <class Stream>
std::string Server::write_now(Connection& connection, Stream& stream, const Reply& reply, error_code& error) {
  connection.response.keep_alive = connection.framing.keep_alive() && !draining_;
  write_response(reply, date(), connection.response, answer_);
  size_t sent = 0;
  if constexpr (kPlain<Stream>) sent = stream.write_some(asio::buffer(answer_), error);
  if (error == asio::error::would_block) error = {};
  if (error || sent == answer_.size()) return {};
  connection.deadline = steady_clock::now() + shared_.settings.request_timeout;
  return answer_.substr(sent);
}

// For each request: framing, checks, dispatch and writing. All waiting is in this one coroutine, because a coroutine
// per step would allocate for each request. An idle connection holds no buffers: most of thousands are idle. Bytes are
// read into the thread's shared buffer and the answer is written from a shared one; what must outlive a wait is copied.
// TLS reads and writes while it waits, so it has buffers of its own.
template <class Stream>
asio::awaitable<void> Server::converse(Connection& connection, Stream& stream) {
  std::string read_by_tls(kPlain<Stream> ? 0 : kReadBytes, '\0');
  const auto& framing = connection.framing;
  error_code error;
  for (connection.last_moment = steady_clock::now(); connection.response.keep_alive;) {
    for (begin_request(connection); !framing.done() && !error;) {
      if (connection.framing.owes_continue()) {
        co_await asio::async_write(stream, asio::buffer(kContinue), into(error));
        continue;
      }
      if (!may_wait(connection)) co_return;
      std::string_view bytes;
      if constexpr (kPlain<Stream>) {
        co_await stream.async_wait(tcp::socket::wait_read, into(error));
        const size_t size = error ? 0 : stream.read_some(asio::buffer(read_buffer_), error);
        if (error == asio::error::would_block) error = {};  // woken for nothing
        bytes = std::string_view(read_buffer_.data(), size);
      } else {
        const size_t size = co_await stream.async_read_some(asio::buffer(read_by_tls), into(error));
        bytes = std::string_view(read_by_tls.data(), size);
      }
      // Closed by the sender, idle for too long, draining, or closed for another one
      const bool was_idle = !framing.begun();
      if (was_idle) peers_.end_idle(connection);
      if (was_idle && error) co_return;
      if (!error) take(connection, bytes);
    }
    const auto unframed = connection.expired ? std::optional(Refusal::request_timeout) : framing.refusal();
    if (unframed) co_await refuse(connection, stream, *unframed);
    if (unframed || error) co_return;  // error: the sender closed

    const auto refusal = policy(connection);
    const auto received_at = connection.callback.received_at;
    Received answer;
    if (refusal)
      answer.reply = receiver_.refuse(*refusal, connection.callback.from, received_at);
    else  // the callback points into the shared buffer: the receiver must read it before its first wait
      answer = co_await receiver_.receive(connection.callback, framing.request().traceparent);

    const std::string rest = write_now(connection, stream, answer.reply, error);
    if (!rest.empty()) co_await asio::async_write(stream, asio::buffer(rest), into(error));
    if (error) co_return;
    connection.last_moment = steady_clock::now();
    const auto took = std::chrono::duration<double>(connection.last_moment - connection.received).count();
    shared_.metrics.ack_seconds.observe(took);
    shared_.metrics.ack_seconds.remember(took, received_at, answer.trace_id, answer.receipt);
  }
  if constexpr (kPlain<Stream>) stream.shutdown(tcp::socket::shutdown_send, error);
}

}  // namespace wxpipe::ingest::http
