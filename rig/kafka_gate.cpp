#include "rig/kafka_gate.hpp"

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
#include <utility>

#include "rig/eventually.hpp"
#include "rig/socket.hpp"

namespace wxpipe::rig {
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

bool read_all(const Socket& socket, char* to, size_t size) {
  while (size > 0) {
    const auto got = ::recv(socket.handle(), to, size, 0);
    if (got <= 0) return false;
    to += got;
    size -= static_cast<size_t>(got);
  }
  return true;
}

bool write_all(const Socket& socket, const char* from, size_t size) {
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
        listener_(listening(0)),
        port_(local_port(listener_)),
        acceptor_([this] { accept(); }) {}

  ~Relay() {
    {
      const std::lock_guard lock(hold_mutex_);
      stop_ = true;
    }
    let_go();
    ::shutdown(listener_.handle(), SHUT_RD);
    acceptor_.join();
    const std::lock_guard lock(mutex_);
    for (auto& pair : pairs_) {
      pair.end();
      pair.join();
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
    changed_.notify_all();
  }

  void withhold(Request kind) {
    release();
    const std::lock_guard lock(hold_mutex_);
    stray_ = std::make_shared<Stray>();
    stray_->kind = kind;
  }
  bool withholds() const {
    const std::lock_guard lock(hold_mutex_);
    return stray_ && stray_->came;
  }
  bool release() {
    const std::lock_guard lock(hold_mutex_);
    const auto stray = std::exchange(stray_, nullptr);
    if (!stray || !stray->came) return false;
    stray->delivered = true;
    changed_.notify_all();
    return true;
  }
  int16_t deliver() {
    std::unique_lock lock(hold_mutex_);
    const auto stray = std::exchange(stray_, nullptr);
    if (!stray || !stray->came) throw std::logic_error("KafkaGate: nothing is withheld");
    stray->delivered = true;
    changed_.notify_all();
    changed_.wait_for(lock, kPatience, [&] { return stray->over(); });
    if (!stray->answer) throw std::runtime_error("KafkaGate: the broker didn't answer what was withheld");
    return *stray->answer;
  }
  std::vector<int16_t> answers() const {
    const std::lock_guard lock(hold_mutex_);
    return answers_;
  }

 private:
  // A request that is withheld.
  struct Stray {
    Request kind{};
    bool came = false;
    std::string correlation;  // in the request, and in its answer
    bool delivered = false, closed = false;
    std::optional<int16_t> answer;
    bool over() const { return answer || closed; }
  };

  struct Pair {
    Socket client, server;
    std::array<std::thread, 2> threads;
    std::atomic<int> ended{0};     // threads
    std::shared_ptr<Stray> stray;  // the last that came on it; guarded by hold_mutex_
    // Both directions see the end. The sockets stay open until both threads are gone.
    void end() const {
      ::shutdown(client.handle(), SHUT_RDWR);
      ::shutdown(server.handle(), SHUT_RDWR);
    }
    void join() {
      for (auto& thread : threads) thread.join();
    }
  };

  void accept() {
    while (!stop_) {
      pollfd ready{.fd = listener_.handle(), .events = POLLIN, .revents = 0};
      ::poll(&ready, 1, -1);
      Socket client(::accept4(listener_.handle(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!client) continue;
      try {
        Socket server = connected(std::string(kHost), broker_);
        const std::lock_guard lock(mutex_);
        forget_ended();
        auto& pair = pairs_.emplace_back();
        pair.client = std::move(client);
        pair.server = std::move(server);
        pair.threads = {std::thread([this, &pair] {
                          pass_requests(pair);
                          ++pair.ended;
                        }),
                        std::thread([this, &pair] {
                          pass_answers(pair);
                          ++pair.ended;
                        })};
      } catch (const std::system_error&) {
        client.reset();  // the broker is away
      }
    }
  }

  void forget_ended() {
    pairs_.remove_if([](Pair& pair) {
      if (pair.ended < 2) return false;
      pair.join();
      return true;
    });
  }

  // One request or answer with its length in front. False: the connection ended.
  static bool read_frame(const Socket& socket, std::string& frame) {
    std::array<unsigned char, 4> length;
    if (!read_all(socket, reinterpret_cast<char*>(length.data()), length.size())) return false;
    const uint32_t size = uint32_t{length[0]} << 24 | uint32_t{length[1]} << 16 | uint32_t{length[2]} << 8 | length[3];
    if (size > kLargestFrame) return false;
    frame.resize(4 + size);
    std::memcpy(frame.data(), length.data(), 4);
    return read_all(socket, frame.data() + 4, size);
  }

  void pass_requests(Pair& pair) {
    std::string frame;
    while (read_frame(pair.client, frame)) {
      const auto stray = withheld(pair, frame);
      if (!stray) wait_if_held(frame);
      if (!write_all(pair.server, frame.data(), frame.size())) break;
      if (stray) await_answer(*stray);
    }
    pair.end();
  }

  static Request kind_of(std::string_view frame) {
    return static_cast<Request>(static_cast<unsigned char>(frame[4]) << 8 | static_cast<unsigned char>(frame[5]));
  }

  // Set if this request was; it has waited then until it was delivered. Kind, version and correlation come first.
  std::shared_ptr<const Stray> withheld(Pair& pair, std::string_view frame) {
    std::unique_lock lock(hold_mutex_);
    if (!stray_ || stray_->came || frame.size() < 12 || stray_->kind != kind_of(frame)) return nullptr;
    const auto stray = stray_;
    stray->came = true;
    stray->correlation = frame.substr(8, 4);
    pair.stray = stray;
    changed_.wait(lock, [&] { return stop_ || stray->delivered; });
    return stray;
  }
  // Before it the connection must not end, whatever the client did.
  void await_answer(const Stray& stray) {
    std::unique_lock lock(hold_mutex_);
    changed_.wait(lock, [&] { return stop_ || stray.over(); });
  }
  // Correlation and the time to wait come before the error.
  void note_answer(const Pair& pair, std::string_view frame) {
    const std::lock_guard lock(hold_mutex_);
    if (!pair.stray || !pair.stray->delivered || pair.stray->over() || frame.size() < 14 ||
        frame.substr(4, 4) != pair.stray->correlation)
      return;
    pair.stray->answer =
        static_cast<int16_t>(static_cast<unsigned char>(frame[12]) << 8 | static_cast<unsigned char>(frame[13]));
    answers_.push_back(*pair.stray->answer);
    changed_.notify_all();
  }
  void note_end(const Pair& pair) {
    const std::lock_guard lock(hold_mutex_);
    if (!pair.stray) return;
    pair.stray->closed = true;
    changed_.notify_all();
  }

  void wait_if_held(std::string_view frame) {
    if (frame.size() < 6) return;
    const auto kind = kind_of(frame);
    std::unique_lock lock(hold_mutex_);
    if (held_ != kind) return;
    ++waiting_;
    changed_.wait(lock, [&] { return held_ != kind; });
    --waiting_;
  }

  // Frame by frame, so that nothing is ever held back in wait for the rest of a match.
  void pass_answers(const Pair& pair) {
    const auto true_port = host_and_port(broker_);
    std::string frame;
    while (read_frame(pair.server, frame)) {
      note_answer(pair, frame);
      const auto told = host_and_port(told_);
      for (auto at = frame.find(true_port, 4); at != std::string::npos; at = frame.find(true_port, at + told.size()))
        frame.replace(at, told.size(), told);
      if (!write_all(pair.client, frame.data(), frame.size())) break;
    }
    note_end(pair);
    pair.end();
  }

  const uint16_t broker_;
  std::atomic<uint16_t> told_{0};
  std::atomic<bool> stop_{false};
  mutable std::mutex hold_mutex_;
  std::condition_variable changed_;
  std::optional<Request> held_;
  std::shared_ptr<Stray> stray_;  // none is delivered yet
  std::vector<int16_t> answers_;
  int waiting_ = 0;
  Socket listener_;
  const uint16_t port_;
  std::mutex mutex_;
  std::list<Pair> pairs_;
  std::thread acceptor_;
};

KafkaGate::KafkaGate(const std::string& bootstrap)
    : relay_(std::make_unique<Relay>(port_of(bootstrap))),
      gate_(std::make_unique<TcpGate>(std::string(kHost), relay_->port())) {
  relay_->tell_clients(gate_->port());
}

KafkaGate::~KafkaGate() { gate_.reset(); }

std::string KafkaGate::address() const { return gate_->address(); }
TcpGate& KafkaGate::gate() { return *gate_; }
void KafkaGate::hold(Request kind) { relay_->hold(kind); }
bool KafkaGate::holds() const { return relay_->holds(); }
void KafkaGate::let_go() { relay_->let_go(); }
void KafkaGate::withhold(Request kind) { relay_->withhold(kind); }
bool KafkaGate::withholds() const { return relay_->withholds(); }
int16_t KafkaGate::deliver() { return relay_->deliver(); }
bool KafkaGate::release() { return relay_->release(); }
std::vector<int16_t> KafkaGate::answers() const { return relay_->answers(); }

}  // namespace wxpipe::rig
