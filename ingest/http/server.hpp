// The HTTP/1.1 server for callbacks: one per io thread, all on the same address (SO_REUSEPORT). Keep-alive, optional
// TLS, limits on headers, bodies, time and connections, and a clean stop. Everything but the constructor runs on the io
// thread; the caller must post drain and abort there.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <list>
#include <optional>
#include <string>
#include <utility>

#include "common/clock.hpp"
#include "common/config/settings.hpp"
#include "common/telemetry/accept_trouble.hpp"
#include "common/telemetry/metrics.hpp"
#include "ingest/http/framing.hpp"
#include "ingest/http/peers.hpp"
#include "ingest/http/request.hpp"
#include "ingest/http/response.hpp"
#include "ingest/http/tls.hpp"
#include "ingest/receiver.hpp"

namespace wxpipe::ingest::http {

// What all io threads of a process share.
struct ServerShared {
  const config::IngestSettings& settings;
  const Clock& clock;
  telemetry::Metrics& metrics;
  const Certificates& certificates;
  std::atomic<size_t> connections{0};
};

class Server {
 public:
  // Binds and listens. Throws UsageError when the address is taken or not on this machine. `port` overrides the
  // settings.
  Server(boost::asio::io_context& io, ServerShared& shared, Receiver& receiver, uint16_t port);

  uint16_t port() const { return port_; }
  void start();
  // Takes no new connections. Closes idle ones now, the others after their current reply.
  void drain();
  // Closes all remaining connections.
  void abort();

 private:
  using Time = std::chrono::steady_clock::time_point;

  struct Connection : Guest {
    Connection(boost::asio::ip::tcp::socket&& s, const config::IngestSettings& settings)
        : socket(std::move(s)),
          framing(static_cast<uint32_t>(settings.max_header_bytes), settings.max_body_bytes) {}
    boost::asio::ip::tcp::socket socket;
    Time deadline = Time::max();
    bool expired = false;  // its deadline passed

    Framing framing;
    Time last_moment{};  // when it was accepted, or last answered
    // Of the current request.
    Time received{};
    std::string scratch;
    Callback callback;
    ResponseOptions response;
  };
  using Connections = std::list<Connection>;

  boost::asio::awaitable<void> accept();
  void welcome(boost::asio::ip::tcp::socket socket, const IpAddress& from);
  bool make_room(const IpAddress& from);
  bool close(Guest* idle);
  boost::asio::awaitable<void> serve(Connections::iterator connection);
  boost::asio::awaitable<void> watch();
  template <class Stream>
  boost::asio::awaitable<void> converse(Connection& connection, Stream& stream);
  template <class Stream>
  boost::asio::awaitable<void> refuse(Connection& connection, Stream& stream, Refusal refusal);
  void begin_request(Connection& connection);
  bool may_wait(Connection& connection);
  void take(Connection& connection, std::string_view bytes);
  std::optional<Refusal> policy(Connection& connection);
  template <class Stream>
  std::string write_now(Connection& connection, Stream& stream, const Reply& reply, boost::system::error_code& error);
  void turn_away(boost::asio::ip::tcp::socket socket, const IpAddress& from);
  std::string_view date();

  boost::asio::io_context& io_;
  ServerShared& shared_;
  Receiver& receiver_;
  boost::asio::ip::tcp::acceptor acceptor_;
  uint16_t port_ = 0;
  boost::asio::steady_timer watch_timer_;
  telemetry::AcceptTrouble accept_trouble_{"ingest.listen"};
  Peers peers_;
  Connections connections_;
  bool draining_ = false;
  DateHeader date_;
  std::array<char, 64 << 10> read_buffer_;  // shared: for the connection being read
  std::string answer_;                      // shared: for the connection being answered
};

}  // namespace wxpipe::ingest::http
