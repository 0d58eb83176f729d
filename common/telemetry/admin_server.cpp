#include "common/telemetry/admin_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <string>

#include "common/ip_network.hpp"
#include "common/result.hpp"
#include "common/telemetry/log.hpp"
#include "common/telemetry/open_metrics.hpp"

namespace wxpipe::telemetry {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {
constexpr std::chrono::seconds kPatience{30};
constexpr size_t kMostConnections = 100;

struct Page {
  http::status status;
  const char* type;
  std::string body;
};

Page page(std::string_view target, std::string_view accept, const Metrics& metrics, const Readiness& readiness,
          const AdminPages& more) {
  const auto question = std::min(target.find('?'), target.size());
  const auto path = target.substr(0, question);
  if (const auto* json = more.find(path)) try {
      return {http::status::ok, "application/json", (*json)(target.substr(std::min(question + 1, target.size())))};
    } catch (const UsageError& error) {
      return {http::status::bad_request, "text/plain", error.what()};
    }
  if (path == "/healthz") return {http::status::ok, "text/plain", "ok\n"};
  if (path == "/readyz")
    return {readiness.all_ready() ? http::status::ok : http::status::service_unavailable, "application/json",
            readiness.json() + "\n"};
  if (path == "/metrics" && accepts_open_metrics(accept))
    return {http::status::ok, kOpenMetricsType, metrics.open_metrics()};
  if (path == "/metrics") return {http::status::ok, "text/plain; version=0.0.4; charset=utf-8", metrics.exposition()};
  if (path == "/")
    return {
        http::status::ok, "text/html; charset=utf-8",
        "<title>wxpipe</title><h1>wxpipe</h1><p><a href=/readyz>/readyz</a>: what is ready, and why not</p>"
        "<p><a href=/healthz>/healthz</a>: the process lives</p><p><a href=/metrics>/metrics</a>: for Prometheus</p>"};
  std::string there = "there is /healthz, /readyz and /metrics";
  for (const auto& each : more.all()) there += ", " + each.first;
  return {http::status::not_found, "text/plain", there + "\n"};
}

bool same_name(std::string_view one, std::string_view other) {
  return beast::iequals({one.data(), one.size()}, {other.data(), other.size()});
}

// A browser can be told by a name server that any name is this machine, but not that an address is.
bool is_ours(std::string_view host, const config::AdminSettings& settings) {
  if (host.starts_with('[')) {
    host = host.substr(1, host.find(']') - 1);
  } else {
    host = host.substr(0, host.find(':'));
    if (host.ends_with('.')) host.remove_suffix(1);
  }
  const auto named = [&](std::string_view name) { return same_name(host, name); };
  return parse_ip_address(host) || named("localhost") || named(settings.listen.host) ||
         std::any_of(settings.hosts.begin(), settings.hosts.end(), named);
}

template <class Fields>
bool names_us(const Fields& request, const config::AdminSettings& settings) {
  const auto [first, last] = request.equal_range(http::field::host);
  return std::all_of(first, last, [&](const auto& field) {
    return is_ours({field.value().data(), field.value().size()}, settings);
  });
}

auto into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }
}  // namespace

asio::awaitable<void> AdminServer::converse(Connections::iterator connection) {
  auto& stream = *connection;
  beast::flat_buffer buffer(16 << 10);
  error_code error;
  for (bool keep_alive = true; keep_alive;) {
    stream.expires_after(kPatience);
    http::request_parser<http::string_body> parser;  // has room for a body, so that a POST gets its 405
    parser.body_limit(64 << 10);
    co_await http::async_read(stream, buffer, parser, into(error));
    if (error) co_return;
    const auto& request = parser.get();
    const auto target = request.target();
    const auto accept = request[http::field::accept];
    Page answer =
        !names_us(request, settings_)
            ? Page{http::status::misdirected_request, "text/plain", "this name is not in [admin] hosts\n"}
        : request.method() == http::verb::get || request.method() == http::verb::head
            ? page({target.data(), target.size()}, {accept.data(), accept.size()}, metrics_, readiness_, pages_)
            : Page{http::status::method_not_allowed, "text/plain", "only GET\n"};
    http::response<http::string_body> response{answer.status, request.version()};
    response.set(http::field::content_type, answer.type);
    response.set("X-Content-Type-Options", "nosniff");
    response.keep_alive(request.keep_alive());
    const auto size = answer.body.size();
    if (request.method() != http::verb::head) response.body() = std::move(answer.body);
    response.content_length(size);
    keep_alive = response.keep_alive();
    co_await http::async_write(stream, response, into(error));
    if (error) co_return;
    connections_.splice(connections_.end(), connections_, connection);
  }
  stream.socket().shutdown(tcp::socket::shutdown_send, error);
}

asio::awaitable<void> AdminServer::serve(Connections::iterator connection) {
  try {
    co_await converse(connection);
  } catch (const std::exception& error) {
    log_error("connection_failed", {{"why", error.what()}});
  }
  connections_.erase(connection);
}

asio::awaitable<void> AdminServer::accept() {
  asio::steady_timer pause(io_);
  while (acceptor_.is_open()) {
    error_code error;
    auto socket = co_await acceptor_.async_accept(into(error));
    if (!error) {
      if (connections_.size() >= kMostConnections) connections_.front().close();
      asio::co_spawn(io_, serve(connections_.emplace(connections_.end(), std::move(socket))), asio::detached);
      continue;
    }
    if (error == asio::error::connection_aborted) continue;
    accept_trouble_.say(error.message(), std::chrono::steady_clock::now());
    pause.expires_after(kAcceptPause);
    co_await pause.async_wait(into(error));
  }
}

AdminServer::AdminServer(const config::AdminSettings& settings, const Metrics& metrics, const Readiness& readiness,
                         AdminPages pages)
    : settings_(settings),
      metrics_(metrics),
      readiness_(readiness),
      pages_(std::move(pages)),
      acceptor_(io_) {
  error_code error;
  tcp::resolver resolver(io_);
  const auto found =
      resolver.resolve(settings.listen.host, std::to_string(settings.listen.port), tcp::resolver::passive, error);
  if (!error && !found.empty()) {
    const tcp::endpoint endpoint = found.begin()->endpoint();
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(asio::socket_base::reuse_address(true));
    acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  }
  if (error)
    throw UsageError(
        fmt::format("admin.listen: can't listen on {}:{}: {}; choose another port, each process needs its own",
                    settings.listen.host, settings.listen.port, error.message()));
  port_ = acceptor_.local_endpoint().port();
  asio::co_spawn(io_, accept(), asio::detached);
  log_info("admin_listening", {{"host", settings.listen.host}, {"port", port_}});
  thread_ = std::thread([this] { io_.run(); });
}

AdminServer::~AdminServer() {
  io_.stop();
  thread_.join();
}

}  // namespace wxpipe::telemetry
