// The floors that ingest is measured against, in the same shape as ingest itself: Boost.Beast, C++20 coroutines, one io_context
// a thread, SO_REUSEPORT, keep-alive.
//   floor_http bare PORT           answers `success` to everything
//   floor_http work PORT CONFIG    verifies, decrypts, parses, normalises and encodes each callback, then answers: all of
//                                  ingest's work but Kafka
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
#include <csignal>
#include <cstring>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "common/config/settings_file.hpp"
#include "ingest/platforms.hpp"

namespace {
namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using namespace wxpipe;

struct Worker {
  const ingest::AccountBook* accounts = nullptr;  // null: bare
  std::string envelope;

  std::string answer(const http::request<http::string_body>& request) {
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
    if (!accepted) return "refused";
    envelope.clear();
    schemas::encode(accepted->event, schemas::kEventSchema, envelope);
    return accepted->reply.body;
  }
};

asio::awaitable<void> serve(tcp::socket socket, Worker& worker) {
  boost::beast::flat_buffer buffer;
  boost::system::error_code error;
  const auto token = asio::redirect_error(asio::use_awaitable, error);
  for (;;) {
    http::request<http::string_body> request;
    co_await http::async_read(socket, buffer, request, token);
    if (error) break;
    http::response<http::string_body> response(http::status::ok, request.version());
    response.set(http::field::content_type, "text/plain");
    response.keep_alive(request.keep_alive());
    response.body() = worker.answer(request);
    response.prepare_payload();
    co_await http::async_write(socket, response, token);
    if (error || !response.keep_alive()) break;
  }
}

asio::awaitable<void> accept(tcp::acceptor& acceptor, Worker& worker) {
  for (;;) {
    tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
    socket.set_option(tcp::no_delay(true));
    asio::co_spawn(acceptor.get_executor(), serve(std::move(socket), worker), asio::detached);
  }
}
}  // namespace

int main(int argc, char** argv) {
  if (argc < 3 || (std::strcmp(argv[1], "work") == 0 && argc < 4)) {
    fmt::print(stderr, "usage: floor_http bare PORT | floor_http work PORT CONFIG\n");
    return 2;
  }
  std::optional<crypto::Sealer> sealer;
  std::optional<ingest::AccountBook> accounts;
  if (std::strcmp(argv[1], "work") == 0) {
    const auto settings = config::load_settings(argv[3]);
    sealer.emplace(settings.sealing.key, settings.sealing.previous_keys);
    accounts.emplace(settings.accounts, *sealer, [random = std::make_shared<std::mt19937_64>(1)](std::span<unsigned char> out) {
      for (auto& byte : out) byte = static_cast<unsigned char>((*random)());
    });
  }
  asio::io_context io(1);
  tcp::acceptor acceptor(io, {asio::ip::make_address("127.0.0.1"), static_cast<uint16_t>(std::atoi(argv[2]))});
  Worker worker{accounts ? &*accounts : nullptr, {}};
  asio::co_spawn(io, accept(acceptor, worker), asio::detached);
  fmt::print("listening\n");
  std::fflush(stdout);
  io.run();
}
