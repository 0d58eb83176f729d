// A test's own callback server, with a thread for each connection. The test decides what it answers and when.
#pragma once

#include <sys/socket.h>

#include <atomic>
#include <charconv>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "simulate/connection.hpp"
#include "tests/support/local_server.hpp"

namespace wxpipe::simulate::test {

using Framing = size_t (*)(std::string_view bytes);  // the size of the first request; 0: it isn't complete
// Each line is a request.
inline size_t lines(std::string_view bytes) { return bytes.find('\n') + 1; }
// Each request is POST … Content-Length: n … and n bytes.
inline size_t http_requests(std::string_view bytes) {
  constexpr std::string_view kLength = "Content-Length: ";
  const size_t head = bytes.find("\r\n\r\n"), at = bytes.find(kLength);
  if (head == bytes.npos || at == bytes.npos) return 0;
  size_t length = 0;
  std::from_chars(bytes.data() + at + kLength.size(), bytes.data() + head, length);
  return bytes.size() < head + 4 + length ? 0 : head + 4 + length;
}

class AnsweringServer {
 public:
  // Gets a request and the number of requests before it; returns the answer. Empty: the connection is closed. Called
  // from several threads at once.
  using Answer = std::function<std::string(const std::string& request, int before)>;

  AnsweringServer(Framing framing, Answer answer)
      : framing_(framing),
        answer_(std::move(answer)),
        listener_(rig::listening(0)) {
    thread_ = std::jthread([this] { accept(); });
  }
  ~AnsweringServer() {
    stop_ = true;
    ::shutdown(listener_.handle(), SHUT_RD);
    thread_.join();
    for (const auto& connection : connections_) ::shutdown(connection->handle(), SHUT_RDWR);
    threads_.clear();
  }

  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  size_t connections() const {
    const std::lock_guard lock(mutex_);
    return connections_.size();
  }
  uint16_t port() const { return rig::local_port(listener_); }
  Server address() const {
    using boost::asio::ip::tcp;
    return {{tcp::endpoint(boost::asio::ip::address_v4::loopback(), port())}, "localhost", nullptr, true};
  }

 private:
  using Socket = rig::Socket;

  void accept() {
    while (!stop_) {
      auto connection = std::make_unique<Socket>(::accept4(listener_.handle(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!*connection) continue;
      const std::lock_guard lock(mutex_);
      connections_.push_back(std::move(connection));
      threads_.emplace_back([this, socket = connections_.back().get()] { serve(*socket); });
    }
  }
  void serve(const Socket& socket) {
    std::string bytes;
    for (;;) {
      const auto some = support::receive_some(socket);
      if (some.empty()) return;
      bytes += some;
      for (size_t size = framing_(bytes); size > 0; size = framing_(bytes)) {
        const std::string request = bytes.substr(0, size);
        bytes.erase(0, size);
        int before = 0;
        {
          const std::lock_guard lock(mutex_);
          before = static_cast<int>(requests_.size());
          requests_.push_back(request);
        }
        const auto reply = answer_(request, before);
        if (reply.empty()) {
          ::shutdown(socket.handle(), SHUT_RDWR);
          return;
        }
        support::send_all(socket, reply);
      }
    }
  }

  Framing framing_;
  Answer answer_;
  Socket listener_;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::vector<std::unique_ptr<Socket>> connections_;
  std::vector<std::jthread> threads_;
  std::atomic<bool> stop_ = false;
  std::jthread thread_;
};

}  // namespace wxpipe::simulate::test
