// Serves /healthz, /readyz and /metrics to load balancers, Prometheus and people, on its own address and thread.
// Everything it reads is thread-safe.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <thread>

#include "common/config/settings.hpp"
#include "common/telemetry/metrics.hpp"
#include "common/telemetry/readiness.hpp"

namespace wxpipe::telemetry {

class AdminServer {
 public:
  // Listens at once; throws UsageError when the address is taken. Metrics and readiness must outlive it.
  AdminServer(const config::AdminSettings& settings, const Metrics& metrics, const Readiness& readiness);
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  uint16_t port() const { return port_; }

 private:
  boost::asio::io_context io_{1};
  boost::asio::ip::tcp::acceptor acceptor_;
  uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace wxpipe::telemetry
