// A test's own server: calls a function for each connection, one after the other, on its own thread. The connection
// ends when the function returns.
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "rig/socket.hpp"

namespace wxpipe::support {

class LocalServer {
 public:
  explicit LocalServer(std::function<void(rig::Socket&)> serve)
      : listener_(rig::listening(0)),
        port_(rig::local_port(listener_)),
        thread_([this, serve = std::move(serve)] { run(serve); }) {}
  // Waits until the function returns: the client must be gone, or the function must not need it.
  ~LocalServer() {
    stop_ = true;
    ::shutdown(listener_.handle(), SHUT_RD);
    thread_.join();
  }
  LocalServer(const LocalServer&) = delete;
  LocalServer& operator=(const LocalServer&) = delete;

  uint16_t port() const { return port_; }

 private:
  void run(const std::function<void(rig::Socket&)>& serve) {
    while (!stop_) {
      pollfd ready{.fd = listener_.handle(), .events = POLLIN, .revents = 0};
      ::poll(&ready, 1, -1);
      rig::Socket connection(::accept4(listener_.handle(), nullptr, nullptr, SOCK_CLOEXEC));
      if (connection) serve(connection);
    }
  }

  std::atomic<bool> stop_ = false;
  rig::Socket listener_;
  uint16_t port_;
  std::thread thread_;
};

// What has arrived, at most one buffer; empty at the connection's end.
inline std::string receive_some(const rig::Socket& socket) {
  std::string bytes(4096, '\0');
  const auto got = ::recv(socket.handle(), bytes.data(), bytes.size(), 0);
  bytes.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return bytes;
}
inline void send_all(const rig::Socket& socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket.handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

}  // namespace wxpipe::support
