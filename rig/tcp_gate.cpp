#include "rig/tcp_gate.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <vector>

#include "rig/socket.hpp"

namespace wxpipe::rig {
namespace {
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::chrono::milliseconds kSlicePause{1};
constexpr size_t kMaxHeldBytes = 4 << 20;  // per direction; beyond it the gate stops reading, like a full pipe

// The bytes on their way in one direction.
struct Flow {
  struct Chunk {
    SteadyTime due;
    std::string bytes;
  };
  std::deque<Chunk> chunks;
  size_t held = 0;
  bool ended = false;      // the sender has finished
  bool passed_on = false;  // and the receiver was told

  bool wants_more() const { return !ended && held < kMaxHeldBytes; }
};

struct Pipe {
  Socket client, server;
  bool connecting = true;
  std::array<Flow, 2> flows;  // indexed by Toward

  Socket& from(Toward toward) { return toward == Toward::server ? client : server; }
  Socket& to(Toward toward) { return toward == Toward::server ? server : client; }
  Flow& flow(Toward toward) { return flows[static_cast<size_t>(toward)]; }
};
constexpr std::array kDirections{Toward::server, Toward::client};
}  // namespace

// All of this belongs to the gate's thread. Other threads pass it functions to run.
struct TcpGate::Loop {
  Loop(std::string address, uint16_t port) : server_address(std::move(address)), server_port(port) {}

  std::string server_address;
  uint16_t server_port;
  Socket port_holder;  // keeps the port while connections are refused
  Socket listener;
  std::list<Pipe> pipes;
  size_t accepted = 0;
  std::array<bool, 2> frozen{};
  std::chrono::milliseconds delay{0};
  size_t slice = 0;  // 0: no slicing

  std::mutex mutex;
  std::condition_variable done;
  std::deque<std::function<void()>> orders;
  uint64_t given = 0, obeyed = 0;
  bool stop = false;
  Socket wake{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};

  bool is_frozen(Toward toward) const { return frozen[static_cast<size_t>(toward)]; }

  void tell(std::function<void()> order) {
    std::unique_lock lock(mutex);
    orders.push_back(std::move(order));
    const auto mine = ++given;
    const uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake.handle(), &one, sizeof one);
    done.wait(lock, [&] { return obeyed >= mine; });
  }

  void obey() {
    uint64_t count;
    [[maybe_unused]] const auto got = ::read(wake.handle(), &count, sizeof count);
    const std::lock_guard lock(mutex);
    for (; !orders.empty(); orders.pop_front()) {
      orders.front()();
      ++obeyed;
    }
    done.notify_all();
  }

  void accept() {
    while (true) {
      Socket client(::accept4(listener.handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!client) return;
      no_delay(client);
      ++accepted;
      try {
        Socket server = rig::connecting(server_address, server_port);
        auto& pipe = pipes.emplace_back();
        pipe.client = std::move(client);
        pipe.server = std::move(server);
      } catch (const std::system_error&) {
        client.reset();
      }
    }
  }

  // Each of these returns false when the connection is broken.
  bool connect(Pipe& pipe, short events) {
    if (!pipe.connecting || (events & (POLLOUT | POLLERR | POLLHUP)) == 0) return true;
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(pipe.server.handle(), SOL_SOCKET, SO_ERROR, &error, &size);
    pipe.connecting = false;
    return error == 0;
  }

  bool read(Pipe& pipe, Toward toward, SteadyTime now) {
    auto& flow = pipe.flow(toward);
    char buffer[65536];
    const auto got = ::recv(pipe.from(toward).handle(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) {
      flow.ended = true;
    } else {
      flow.chunks.push_back({now + delay, std::string(buffer, static_cast<size_t>(got))});
      flow.held += static_cast<size_t>(got);
    }
    return true;
  }

  bool write(Pipe& pipe, Toward toward, SteadyTime now) {
    auto& flow = pipe.flow(toward);
    while (!flow.chunks.empty() && flow.chunks.front().due <= now && !flow.passed_on) {
      auto& [due, bytes] = flow.chunks.front();
      const auto size = slice > 0 ? std::min(slice, bytes.size()) : bytes.size();
      const auto sent = ::send(pipe.to(toward).handle(), bytes.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent < 0) return errno == EAGAIN || errno == EINTR;
      flow.held -= static_cast<size_t>(sent);
      bytes.erase(0, static_cast<size_t>(sent));
      due = slice > 0 ? now + kSlicePause : due;
      if (bytes.empty()) flow.chunks.pop_front();
    }
    if (flow.ended && flow.chunks.empty()) end(pipe, toward);
    return true;
  }

  void end(Pipe& pipe, Toward toward) {
    auto& flow = pipe.flow(toward);
    if (std::exchange(flow.passed_on, true)) return;
    ::shutdown(pipe.to(toward).handle(), SHUT_WR);
  }

  // Whether the connection stays open.
  bool move(Pipe& pipe, short client_events, short server_events, SteadyTime now) {
    if (!connect(pipe, server_events)) return false;
    for (const auto toward : kDirections) {
      if (is_frozen(toward) || (pipe.connecting && toward == Toward::client)) continue;
      const auto events = toward == Toward::server ? client_events : server_events;
      if ((events & (POLLIN | POLLHUP | POLLERR)) != 0 && pipe.flow(toward).wants_more() && !read(pipe, toward, now))
        return false;
      if (!pipe.connecting && !write(pipe, toward, now)) return false;
    }
    return !pipe.flows[0].passed_on || !pipe.flows[1].passed_on || !pipe.flows[0].ended || !pipe.flows[1].ended;
  }

  // The poll events for the socket that `toward` is read from.
  short interest(Pipe& pipe, Toward toward) {
    short events = 0;
    if (!is_frozen(toward) && pipe.flow(toward).wants_more()) events |= POLLIN;
    const auto back = toward == Toward::server ? Toward::client : Toward::server;
    const auto& flow = pipe.flow(back);
    if (!is_frozen(back) && !flow.chunks.empty() && flow.chunks.front().due <= std::chrono::steady_clock::now())
      events |= POLLOUT;
    if (toward == Toward::client && pipe.connecting) events = POLLOUT;
    return events;
  }

  int until_next_due() {
    auto next = SteadyTime::max();
    for (auto& pipe : pipes)
      for (const auto toward : kDirections)
        if (const auto& chunks = pipe.flow(toward).chunks; !is_frozen(toward) && !chunks.empty())
          next = std::min(next, chunks.front().due);
    if (next == SteadyTime::max()) return -1;
    const auto now = std::chrono::steady_clock::now();
    // Bytes already due wait for the socket, not for a time.
    if (next <= now) return -1;
    return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(next - now).count());
  }

  void run() {
    while (!stop) {
      // poll ignores negative handles. A socket without events gets -1: else a hang-up there would be reported
      // forever.
      std::vector<pollfd> watched{{wake.handle(), POLLIN, 0}, {listener.handle(), POLLIN, 0}};
      for (auto& pipe : pipes)
        for (const auto toward : kDirections) {
          const auto events = interest(pipe, toward);
          watched.push_back({events != 0 ? pipe.from(toward).handle() : -1, events, 0});
        }
      ::poll(watched.data(), watched.size(), until_next_due());
      const auto now = std::chrono::steady_clock::now();
      size_t at = 2;
      for (auto pipe = pipes.begin(); pipe != pipes.end(); at += 2) {
        if (move(*pipe, watched[at].revents, watched[at + 1].revents, now)) {
          ++pipe;
          continue;
        }
        reset(*pipe);
        pipe = pipes.erase(pipe);
      }
      if (watched[0].revents != 0) obey();
      if (watched[1].revents != 0 && listener) accept();
    }
  }

  void reset(Pipe& pipe) {
    // After both sides ended in order, nothing is left to reset.
    if (pipe.flows[0].passed_on && pipe.flows[1].passed_on) return;
    pipe.client.reset();
    pipe.server.reset();
  }
};

TcpGate::TcpGate(std::string server_address, uint16_t server_port, uint16_t listen_port)
    : loop_(std::make_unique<Loop>(std::move(server_address), server_port)) {
  loop_->port_holder = bound(listen_port);
  port_ = local_port(loop_->port_holder);
  loop_->listener = listening(port_);
  thread_ = std::thread([this] { loop_->run(); });
}

TcpGate::~TcpGate() {
  loop_->tell([this] { loop_->stop = true; });
  thread_.join();
}

size_t TcpGate::connections() {
  size_t count = 0;
  loop_->tell([&] { count = loop_->pipes.size(); });
  return count;
}

size_t TcpGate::accepted() {
  size_t count = 0;
  loop_->tell([&] { count = loop_->accepted; });
  return count;
}

void TcpGate::cut() {
  loop_->tell([this] {
    for (auto& pipe : loop_->pipes) loop_->reset(pipe);
    loop_->pipes.clear();
  });
}

void TcpGate::refuse() {
  loop_->tell([this] { loop_->listener.close(); });
}

void TcpGate::freeze() {
  loop_->tell([this] { loop_->frozen = {true, true}; });
}

void TcpGate::freeze(Toward direction) {
  loop_->tell([this, direction] { loop_->frozen[static_cast<size_t>(direction)] = true; });
}

void TcpGate::delay(std::chrono::milliseconds by) {
  loop_->tell([this, by] { loop_->delay = by; });
}

void TcpGate::slice(size_t bytes) {
  loop_->tell([this, bytes] { loop_->slice = bytes; });
}

void TcpGate::half_close(Toward direction) {
  loop_->tell([this, direction] {
    for (auto& pipe : loop_->pipes) loop_->end(pipe, direction);
  });
}

void TcpGate::heal() {
  loop_->tell([this] {
    loop_->frozen = {};
    loop_->delay = {};
    loop_->slice = 0;
    if (!loop_->listener) loop_->listener = listening(port_);
  });
}

}  // namespace wxpipe::rig
