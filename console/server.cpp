#include "console/server.hpp"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <optional>

#include "common/result.hpp"
#include "common/telemetry/log.hpp"
#include "console/guard.hpp"
#include "console/problems.hpp"
#include "ingest/http/tls.hpp"

namespace wxpipe::console {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {
constexpr std::chrono::seconds kPatience{60};  // for a request, from a connection that is kept open
constexpr std::chrono::seconds kHandshake{5};
constexpr unsigned kStreamPatience = 15'000;  // milliseconds without a sign of a stream's client
constexpr size_t kMostConnections = 200;
constexpr size_t kMostBody = 256 << 10, kMostHeaders = 32 << 10;
constexpr int kThreads = 4, kMostAsked = 64;

auto into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

IpAddress ip_address(const asio::ip::address& address) {
  return address.is_v4() ? v4_address(address.to_v4().to_bytes()) : IpAddress{address.to_v6().to_bytes()};
}

std::string small_letters(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

// False: its target can't be read.
bool read_request(http::request<http::string_body>& from, const IpAddress& address, bool tls, Request& request) {
  request.method = std::string(from.method_string().data(), from.method_string().size());
  for (const auto& field : from)
    request.headers.emplace_back(small_letters({field.name_string().data(), field.name_string().size()}),
                                 std::string(field.value().data(), field.value().size()));
  request.body = std::move(from.body());
  request.from = address;
  request.tls = tls;
  return read_target({from.target().data(), from.target().size()}, request);
}

using Answered = http::response<http::string_body>;
Answered response_of(Response& answer, unsigned version, bool keep_alive, bool without_body) {
  Answered response{static_cast<http::status>(answer.status), version};
  for (const auto& [name, value] : security_headers()) response.set(name, value);
  response.set(http::field::content_type, answer.type);
  if (std::ranges::find(answer.headers, "Cache-Control", &Fields::value_type::first) == answer.headers.end())
    response.set(http::field::cache_control, "no-store");
  for (const auto& [name, value] : answer.headers) response.insert(name, value);
  response.keep_alive(keep_alive);
  if (answer.stream) return response;
  const auto size = answer.body.size();
  if (!without_body) response.body() = std::move(answer.body);
  if (answer.status != 304) response.content_length(size);
  return response;
}
}  // namespace

struct Server::Connection {
  explicit Connection(tcp::socket&& socket) : plain(std::move(socket)) {}
  beast::tcp_stream plain;
  std::optional<asio::ssl::stream<beast::tcp_stream&>> tls{};
  IpAddress from{};
};

Server::Server(const config::ConsoleSettings& settings, Answer immediate, Answer answer)
    : settings_(settings),
      immediate_(std::move(immediate)),
      answer_(std::move(answer)),
      acceptor_(io_),
      tls_(ingest::http::make_tls("console", settings.tls_certificate_file, settings.tls_key_file)),
      pool_(kThreads) {
  error_code error;
  tcp::resolver resolver(io_);
  const auto& listen = settings.listen;
  const auto found = resolver.resolve(listen.host, std::to_string(listen.port), tcp::resolver::passive, error);
  if (!error && !found.empty()) {
    const tcp::endpoint endpoint = found.begin()->endpoint();
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(asio::socket_base::reuse_address(true));
    acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  }
  if (error)
    throw UsageError(fmt::format("console.listen: can't listen on {}:{}: {}; choose another port or stop what uses it",
                                 listen.host, listen.port, error.message()));
  port_ = acceptor_.local_endpoint().port();
}

Server::~Server() { stop(); }

void Server::start() {
  asio::co_spawn(io_, accept(), asio::detached);
  telemetry::log_info("console_listening",
                      {{"host", settings_.listen.host}, {"port", port_}, {"tls", tls_ != nullptr}});
  thread_ = std::thread([this] { io_.run(); });
}

void Server::stop() {
  if (stopping_.exchange(true)) return;
  asio::post(io_, [this] {
    error_code ignored;
    acceptor_.close(ignored);
    for (auto& stream : streams_) stream.thread.request_stop();
    for (auto& weak : connections_)
      // Ends what a stream's thread waits for, too.
      if (const auto connection = weak.lock()) ::shutdown(connection->plain.socket().native_handle(), SHUT_RDWR);
  });
  pool_.join();  // questions have time limits
  io_.stop();
  if (thread_.joinable()) thread_.join();
  for (auto& stream : streams_) stream.thread.request_stop();
  for (auto& weak : connections_)
    if (const auto connection = weak.lock()) ::shutdown(connection->plain.socket().native_handle(), SHUT_RDWR);
  streams_.clear();
}

asio::awaitable<void> Server::accept() {
  asio::steady_timer pause(io_);
  while (acceptor_.is_open()) {
    error_code error;
    tcp::endpoint from;
    auto socket = co_await acceptor_.async_accept(from, into(error));
    if (!error) {
      std::erase_if(connections_, [](const auto& weak) { return weak.expired(); });
      if (connections_.size() >= kMostConnections)
        // Not closed: a stream may be using it.
        if (const auto oldest = connections_.front().lock())
          ::shutdown(oldest->plain.socket().native_handle(), SHUT_RDWR);
      socket.set_option(tcp::no_delay(true), error);
      const auto connection = std::make_shared<Connection>(std::move(socket));
      connection->from = ip_address(from.address());
      connections_.push_back(connection);
      asio::co_spawn(io_, serve(connection), asio::detached);
      continue;
    }
    if (!acceptor_.is_open() || error == asio::error::connection_aborted) continue;
    accept_trouble_.say(error.message(), std::chrono::steady_clock::now());
    pause.expires_after(telemetry::kAcceptPause);
    co_await pause.async_wait(into(error));
  }
}

asio::awaitable<void> Server::serve(std::shared_ptr<Connection> connection) {
  try {
    if (tls_) {
      auto& stream = connection->tls.emplace(connection->plain, *tls_);
      error_code error;
      connection->plain.expires_after(kHandshake);
      co_await stream.async_handshake(asio::ssl::stream_base::server, into(error));
      if (!error) co_await converse(connection, stream);
    } else {
      co_await converse(connection, connection->plain);
    }
  } catch (const std::exception& error) {
    telemetry::log_error("connection_failed", {{"why", error.what()}});
  }
}

template <class Transport>
asio::awaitable<void> Server::converse(std::shared_ptr<Connection> connection, Transport& transport) {
  beast::flat_buffer buffer(kMostHeaders + kMostBody);
  error_code error;
  for (bool keep_alive = true; keep_alive;) {
    connection->plain.expires_after(kPatience);
    http::request_parser<http::string_body> parser;
    parser.header_limit(kMostHeaders);
    parser.body_limit(kMostBody);
    co_await http::async_read(transport, buffer, parser, into(error));
    const bool too_large = error == http::error::body_limit || error == http::error::header_limit;
    if (error && !too_large) co_return;
    connection->plain.expires_never();
    auto& raw = parser.get();
    Response answer;
    Request request;
    if (too_large) {
      answer = console::answer(Problem(413, "too_large", "a request has at most 256 KiB"));
    } else if (!read_request(raw, connection->from, tls_ != nullptr, request)) {
      answer = console::answer(Problem(400, "bad_request", "the address can't be read"));
    } else {
      answer = immediate_(request);
      if (answer.status == 0) answer = co_await on_the_pool(std::move(request));
    }
    keep_alive = !too_large && raw.keep_alive() && !answer.stream && !stopping_;
    auto response = response_of(answer, raw.version(), keep_alive, raw.method() == http::verb::head);
    connection->plain.expires_after(kPatience);
    if (answer.stream && raw.method() != http::verb::head) {
      http::response_serializer<http::string_body> serializer(response);
      co_await http::async_write_header(transport, serializer, into(error));
      if (!error && !stopping_) begin_stream(connection, std::move(answer.stream));
      co_return;
    }
    co_await http::async_write(transport, response, into(error));
    if (error) co_return;
  }
  connection->plain.socket().shutdown(tcp::socket::shutdown_send, error);
}

// An ordinary function, so that the lambda isn't a temporary of a co_await (g++ 12 destroys those twice).
asio::awaitable<Response> Server::on_the_pool(Request request) {
  auto begin = [this, request = std::move(request)](auto handler) mutable {
    const auto executor = asio::get_associated_executor(handler, io_.get_executor());
    const auto done = [executor](auto& then, Response answer) {
      asio::post(executor, [then = std::move(then), answer = std::move(answer)]() mutable { then(std::move(answer)); });
    };
    if (asked_ >= kMostAsked)
      return done(handler, console::answer(Problem(503, "busy", "the console has too much to do; try again")));
    ++asked_;
    asio::post(pool_, [this, done, request = std::move(request), handler = std::move(handler)]() mutable {
      Response answer;
      try {
        answer = answer_(request);
      } catch (const std::exception& error) {
        answer = console::answer(problem_of(error));
      }
      --asked_;
      done(handler, std::move(answer));
    });
  };
  return asio::async_initiate<const asio::use_awaitable_t<>&, void(Response)>(std::move(begin), asio::use_awaitable);
}

void Server::begin_stream(std::shared_ptr<Connection> connection, Stream stream) {
  for (auto at = streams_.begin(); at != streams_.end();) at = *at->ended ? streams_.erase(at) : std::next(at);
  connection->plain.expires_never();
  // A client that takes nothing ends the connection: then the system gives up waiting for it.
  ::setsockopt(connection->plain.socket().native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &kStreamPatience,
               sizeof kStreamPatience);
  auto ended = std::make_shared<std::atomic<bool>>(false);
  auto run = [connection, stream = std::move(stream), ended](const std::stop_token& stop) {
    const Send send = [&](std::string_view bytes) {
      error_code error;
      const auto piece = asio::buffer(bytes.data(), bytes.size());
      if (connection->tls)
        asio::write(*connection->tls, piece, error);
      else
        asio::write(connection->plain, piece, error);
      return !error && !stop.stop_requested();
    };
    try {
      stream(send, stop);
    } catch (const std::exception& error) {
      telemetry::log_error("console_failed", {{"why", error.what()}});
    }
    ::shutdown(connection->plain.socket().native_handle(), SHUT_RDWR);
    *ended = true;
  };
  streams_.push_back({std::jthread(std::move(run)), ended});
}

}  // namespace wxpipe::console
