// Serves /healthz, /readyz and /metrics to load balancers, Prometheus and people, on its own address and thread.
// Everything it reads is thread-safe. So that nobody can fill it up, a new connection takes the place of the one that
// was answered the longest ago. So that no web page can read it through its reader's browser, a request must name it by
// an address, as localhost or by one of [admin] hosts.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <cstdint>
#include <list>
#include <thread>

#include "common/config/settings.hpp"
#include "common/telemetry/accept_trouble.hpp"
#include "common/telemetry/admin_pages.hpp"
#include "common/telemetry/metrics.hpp"
#include "common/telemetry/readiness.hpp"

namespace wxpipe::telemetry {

class AdminServer {
 public:
  // Listens at once; throws UsageError when the address is taken. Metrics and readiness must outlive it.
  AdminServer(const config::AdminSettings& settings, const Metrics& metrics, const Readiness& readiness,
              AdminPages pages = {});
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  uint16_t port() const { return port_; }

 private:
  using Connections = std::list<boost::beast::tcp_stream>;  // answered the longest ago first

  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> serve(Connections::iterator connection);
  boost::asio::awaitable<void> converse(Connections::iterator connection);

  const config::AdminSettings settings_;
  const Metrics& metrics_;
  const Readiness& readiness_;
  const AdminPages pages_;
  boost::asio::io_context io_{1};
  boost::asio::ip::tcp::acceptor acceptor_;
  AcceptTrouble accept_trouble_{"admin.listen"};
  Connections connections_;
  uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace wxpipe::telemetry
