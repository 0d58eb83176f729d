#include "tests/support/kafka_gate.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <list>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

#include "rig/socket.hpp"

namespace wxpipe::support {
namespace {
constexpr std::string_view kHost = "127.0.0.1";
constexpr uint32_t kLargestFrame = 256U << 20;

// Host and port as Metadata and FindCoordinator answers of every version hold them: the host's text, then an int32.
std::string host_and_port(uint16_t port) {
  std::string bytes(kHost);
  bytes += '\0';
  bytes += '\0';
  bytes += static_cast<char>(port >> 8);
  bytes += static_cast<char>(port & 0xff);
  return bytes;
}

bool read_all(const rig::Socket& socket, char* to, size_t size) {
  while (size > 0) {
    const auto got = ::recv(socket.handle(), to, size, 0);
    if (got <= 0) return false;
    to += got;
    size -= static_cast<size_t>(got);
  }
  return true;
}

bool write_all(const rig::Socket& socket, const char* from, size_t size) {
  while (size > 0) {
    const auto sent = ::send(socket.handle(), from, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    from += sent;
    size -= static_cast<size_t>(sent);
  }
  return true;
}

uint16_t port_of(const std::string& bootstrap) {
  const auto colon = bootstrap.rfind(':');
  if (bootstrap.substr(0, colon) != kHost) throw std::invalid_argument("KafkaGate wants 127.0.0.1:port: " + bootstrap);
  return static_cast<uint16_t>(std::stoi(bootstrap.substr(colon + 1)));
}
}  // namespace

class KafkaGate::Relay {
 public:
  explicit Relay(uint16_t broker)
      : broker_(broker),
        listener_(rig::listening(0)),
        port_(rig::local_port(listener_)),
        acceptor_([this] { accept(); }) {}

  ~Relay() {
    stop_ = true;
    let_go();
    ::shutdown(listener_.handle(), SHUT_RD);
    acceptor_.join();
    const std::lock_guard lock(mutex_);
    for (auto& pair : pairs_) {
      pair.end();
      for (auto& thread : pair.threads) thread.join();
    }
  }

  uint16_t port() const { return port_; }
  void tell_clients(uint16_t port) { told_ = port; }

  void hold(Request kind) {
    const std::lock_guard lock(hold_mutex_);
    held_ = kind;
  }
  bool holds() const {
    const std::lock_guard lock(hold_mutex_);
    return waiting_ > 0;
  }
  void let_go() {
    const std::lock_guard lock(hold_mutex_);
    held_.reset();
    let_go_.notify_all();
  }

 private:
  struct Pair {
    rig::Socket client, server;
    std::array<std::thread, 2> threads;
    // Both directions see the end. The sockets stay open until both threads are gone.
    void end() const {
      ::shutdown(client.handle(), SHUT_RDWR);
      ::shutdown(server.handle(), SHUT_RDWR);
    }
  };

  void accept() {
    while (!stop_) {
      pollfd ready{.fd = listener_.handle(), .events = POLLIN, .revents = 0};
      ::poll(&ready, 1, -1);
      rig::Socket client(::accept4(listener_.handle(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!client) continue;
      try {
        rig::Socket server = rig::connected(std::string(kHost), broker_);
        const std::lock_guard lock(mutex_);
        auto& pair = pairs_.emplace_back();
        pair.client = std::move(client);
        pair.server = std::move(server);
        pair.threads = {std::thread([this, &pair] { pass_requests(pair); }),
                        std::thread([this, &pair] { pass_answers(pair); })};
      } catch (const std::system_error&) {
        client.reset();  // the broker is away
      }
    }
  }

  // One request or answer with its length in front. False: the connection ended.
  static bool read_frame(const rig::Socket& socket, std::string& frame) {
    std::array<unsigned char, 4> length;
    if (!read_all(socket, reinterpret_cast<char*>(length.data()), length.size())) return false;
    const uint32_t size = uint32_t{length[0]} << 24 | uint32_t{length[1]} << 16 | uint32_t{length[2]} << 8 | length[3];
    if (size > kLargestFrame) return false;
    frame.resize(4 + size);
    std::memcpy(frame.data(), length.data(), 4);
    return read_all(socket, frame.data() + 4, size);
  }

  void pass_requests(const Pair& pair) {
    std::string frame;
    while (read_frame(pair.client, frame)) {
      if (frame.size() >= 6) wait_if_held(frame);
      if (!write_all(pair.server, frame.data(), frame.size())) break;
    }
    pair.end();
  }

  // A request begins with its kind.
  void wait_if_held(std::string_view frame) {
    const auto kind =
        static_cast<Request>(static_cast<unsigned char>(frame[4]) << 8 | static_cast<unsigned char>(frame[5]));
    std::unique_lock lock(hold_mutex_);
    if (held_ != kind) return;
    ++waiting_;
    let_go_.wait(lock, [&] { return held_ != kind; });
    --waiting_;
  }

  // Passes whole frames: bytes are never held back to wait for the rest of a match.
  void pass_answers(const Pair& pair) const {
    const auto true_port = host_and_port(broker_);
    std::string frame;
    while (read_frame(pair.server, frame)) {
      const auto told = host_and_port(told_);
      for (auto at = frame.find(true_port, 4); at != std::string::npos; at = frame.find(true_port, at + told.size()))
        frame.replace(at, told.size(), told);
      if (!write_all(pair.client, frame.data(), frame.size())) break;
    }
    pair.end();
  }

  const uint16_t broker_;
  std::atomic<uint16_t> told_{0};
  std::atomic<bool> stop_{false};
  mutable std::mutex hold_mutex_;
  std::condition_variable let_go_;
  std::optional<Request> held_;
  int waiting_ = 0;
  rig::Socket listener_;
  const uint16_t port_;
  std::mutex mutex_;
  std::list<Pair> pairs_;
  std::thread acceptor_;
};

KafkaGate::KafkaGate(const std::string& bootstrap)
    : relay_(std::make_unique<Relay>(port_of(bootstrap))),
      gate_(std::make_unique<rig::TcpGate>(std::string(kHost), relay_->port())) {
  relay_->tell_clients(gate_->port());
}

KafkaGate::~KafkaGate() { gate_.reset(); }

std::string KafkaGate::address() const { return gate_->address(); }
rig::TcpGate& KafkaGate::gate() { return *gate_; }
void KafkaGate::hold(Request kind) { relay_->hold(kind); }
bool KafkaGate::holds() const { return relay_->holds(); }
void KafkaGate::let_go() { relay_->let_go(); }

}  // namespace wxpipe::support
