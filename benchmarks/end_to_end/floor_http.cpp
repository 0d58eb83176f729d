// The floors for ingest, built like ingest itself: Boost.Beast, C++20 coroutines, one io_context per thread,
// SO_REUSEPORT, keep-alive.
//   floor_http bare PORT THREADS           answers `success` to everything
//   floor_http work PORT THREADS CONFIG    verifies, decrypts, parses, normalises and encodes each callback, then
//                                          answers: all of ingest's work but Kafka
#include <fmt/format.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "common/config/settings_file.hpp"
#include "ingest/platforms.hpp"
#include "schemas/fact_json.hpp"

namespace {
namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using namespace wxpipe;

struct Worker {
  const ingest::AccountBook* accounts = nullptr;  // null: bare
  std::string envelope;

  // Nothing if the callback is refused.
  std::optional<std::string> answer(const http::request<http::string_body>& request) {
    if (!accounts) return "success";
    std::string_view target(request.target().data(), request.target().size());
    ingest::Callback callback;
    const auto question = target.find('?');
    callback.query = question == target.npos ? std::string_view() : target.substr(question + 1);
    auto path = target.substr(0, question);
    path.remove_prefix(std::min(path.size(), std::strlen("/callback/")));
    callback.account = path;
    callback.body = request.body();
    callback.received_at = system_clock().now();
    const auto interpretation = accounts->interpret(callback);
    const auto* accepted = std::get_if<ingest::Accepted>(&interpretation);
    if (!accepted) return std::nullopt;
    envelope.clear();
    schemas::encode(accepted->event, schemas::kEventSchema, envelope);
    return accepted->reply.body;
  }
};

asio::awaitable<void> serve(tcp::socket socket, Worker& worker) {
  boost::beast::flat_buffer buffer;
  boost::system::error_code error;
  const auto into_error = [&error] { return asio::redirect_error(asio::use_awaitable, error); };
  for (;;) {
    http::request<http::string_body> request;
    co_await http::async_read(socket, buffer, request, into_error());
    if (error) break;
    auto answer = worker.answer(request);
    http::response<http::string_body> response(answer ? http::status::ok : http::status::bad_request,
                                               request.version());
    response.set(http::field::content_type, "text/plain");
    response.keep_alive(request.keep_alive());
    response.body() = std::move(answer).value_or("");
    response.prepare_payload();
    co_await http::async_write(socket, response, into_error());
    if (error || !response.keep_alive()) break;
  }
}

// One io thread.
struct Thread {
  Thread(const ingest::AccountBook* accounts, uint16_t port) : acceptor(io), worker{accounts, {}} {
    const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
    acceptor.open(endpoint.protocol());
    const int on = 1;
    ::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    acceptor.set_option(asio::socket_base::reuse_address(true));
    acceptor.bind(endpoint);
    acceptor.listen(4096);
    asio::co_spawn(io, accept(), asio::detached);
  }
  asio::awaitable<void> accept() {
    for (;;) {
      tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
      socket.set_option(tcp::no_delay(true));
      asio::co_spawn(io, serve(std::move(socket), worker), asio::detached);
    }
  }

  asio::io_context io{1};
  tcp::acceptor acceptor;
  Worker worker;
};
}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (!(what == "bare" && argc == 4) && !(what == "work" && argc == 5)) {
    fmt::print(stderr, "usage: floor_http bare PORT THREADS | floor_http work PORT THREADS CONFIG\n");
    return 2;
  }
  std::optional<crypto::Sealer> sealer;
  std::optional<ingest::AccountBook> accounts;
  if (what == "work") {
    const auto settings = config::load_settings(argv[4], config::process_environment(), config::kForIngest);
    sealer.emplace(settings.sealing.key, settings.sealing.previous_keys);
    accounts.emplace(settings.accounts, *sealer, [](std::span<unsigned char> out) {
      thread_local std::mt19937_64 random(1);
      for (auto& byte : out) byte = static_cast<unsigned char>(random());
    });
  }
  std::deque<Thread> threads;
  for (int i = 0; i < std::atoi(argv[3]); ++i)
    threads.emplace_back(accounts ? &*accounts : nullptr, static_cast<uint16_t>(std::atoi(argv[2])));
  std::vector<std::jthread> running;
  for (auto& thread : threads) running.emplace_back([&] { thread.io.run(); });
}
