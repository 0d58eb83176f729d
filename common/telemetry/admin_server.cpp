#include "common/telemetry/admin_server.hpp"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <string>

#include "common/result.hpp"
#include "common/telemetry/log.hpp"

namespace wxpipe::telemetry {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {
constexpr std::chrono::seconds kPatience{30};

struct Page {
  http::status status;
  const char* type;
  std::string body;
};

Page page(std::string_view path, const Metrics& metrics, const Readiness& readiness) {
  if (path == "/healthz") return {http::status::ok, "text/plain", "ok\n"};
  if (path == "/readyz")
    return {readiness.all_ready() ? http::status::ok : http::status::service_unavailable, "application/json",
            readiness.json() + "\n"};
  if (path == "/metrics") return {http::status::ok, "text/plain; version=0.0.4; charset=utf-8", metrics.exposition()};
  if (path == "/")
    return {
        http::status::ok, "text/html; charset=utf-8",
        "<title>wxpipe</title><h1>wxpipe</h1><p><a href=/readyz>/readyz</a>: what is ready, and why not</p>"
        "<p><a href=/healthz>/healthz</a>: the process lives</p><p><a href=/metrics>/metrics</a>: for Prometheus</p>"};
  return {http::status::not_found, "text/plain", "there is /healthz, /readyz and /metrics\n"};
}

asio::awaitable<void> serve(tcp::socket socket, const Metrics& metrics, const Readiness& readiness) {
  beast::tcp_stream stream(std::move(socket));
  beast::flat_buffer buffer(16 << 10);
  error_code error;
  for (bool keep_alive = true; keep_alive;) {
    stream.expires_after(kPatience);
    http::request_parser<http::string_body> parser;  // has room for a body, so that a POST gets its 405
    parser.body_limit(64 << 10);
    co_await http::async_read(stream, buffer, parser, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    const auto& request = parser.get();
    const auto target = request.target();
    const std::string_view path(target.data(), std::min(target.find('?'), target.size()));
    Page answer = request.method() == http::verb::get || request.method() == http::verb::head
                      ? page(path, metrics, readiness)
                      : Page{http::status::method_not_allowed, "text/plain", "only GET\n"};
    http::response<http::string_body> response{answer.status, request.version()};
    response.set(http::field::content_type, answer.type);
    response.set("X-Content-Type-Options", "nosniff");
    response.keep_alive(request.keep_alive());
    const auto size = answer.body.size();
    if (request.method() != http::verb::head) response.body() = std::move(answer.body);
    response.content_length(size);
    keep_alive = response.keep_alive();
    co_await http::async_write(stream, response, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
  }
  stream.socket().shutdown(tcp::socket::shutdown_send, error);
}

asio::awaitable<void> accept(tcp::acceptor& acceptor, const Metrics& metrics, const Readiness& readiness) {
  while (acceptor.is_open()) {
    error_code error;
    auto socket = co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (!error) asio::co_spawn(acceptor.get_executor(), serve(std::move(socket), metrics, readiness), asio::detached);
  }
}
}  // namespace

AdminServer::AdminServer(const config::AdminSettings& settings, const Metrics& metrics, const Readiness& readiness)
    : acceptor_(io_) {
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
  asio::co_spawn(io_, accept(acceptor_, metrics, readiness), asio::detached);
  log_info("admin_listening", {{"host", settings.listen.host}, {"port", port_}});
  thread_ = std::thread([this] { io_.run(); });
}

AdminServer::~AdminServer() {
  io_.stop();
  thread_.join();
}

}  // namespace wxpipe::telemetry
