// How callbacks are sent: patience, retries, order by key, and latencies that the server's slowness can't hide.
#include "cli/simulate/sender.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "tests/support/local_server.hpp"

namespace wxpipe::cli::simulate {
namespace {
using namespace std::chrono_literals;
using std::chrono::steady_clock;
using support::Socket;

constexpr std::string_view kSuccess = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsuccess";
constexpr std::string_view kBusy = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";

// Serves every connection in a thread of its own. What comes is "<id>\n"; `answer` gets the id and how many requests
// came before it, and says what is answered. Nothing: the connection is closed.
class Server {
 public:
  using Answer = std::function<std::string_view(std::string_view request, int before)>;
  explicit Server(Answer answer) : answer_(std::move(answer)), listener_(support::listening(0)) {
    thread_ = std::jthread([this] { accept(); });
  }
  ~Server() {
    stop_ = true;
    ::shutdown(listener_.handle(), SHUT_RD);
    thread_.join();
    const std::lock_guard lock(mutex_);
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
  simulate::Server address() const {
    using boost::asio::ip::tcp;
    return {{tcp::endpoint(boost::asio::ip::address_v4::loopback(), support::local_port(listener_))},
            "localhost",
            nullptr,
            true};
  }

 private:
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
      for (auto end = bytes.find('\n'); end != bytes.npos; end = bytes.find('\n')) {
        const std::string request = bytes.substr(0, end);
        bytes.erase(0, end + 1);
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

  Answer answer_;
  Socket listener_;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::vector<std::unique_ptr<Socket>> connections_;
  std::vector<std::jthread> threads_;
  std::atomic<bool> stop_ = false;
  std::jthread thread_;
};

struct Settled {
  uint64_t serial;
  Outcome outcome;
  int attempts;
  std::chrono::milliseconds latency;
};

class Script final : public Correspondence {
 public:
  std::function<uint32_t(uint64_t serial)> key = [](uint64_t) { return kNoKey; };
  std::vector<Settled> settled_ones;

  bool next(Parcel& parcel, Timestamp) override {
    parcel.said.serial = serial_++;
    parcel.said.key = key(parcel.said.serial);
    return true;
  }
  void write(Parcel& parcel, Timestamp) override { parcel.request = std::to_string(parcel.said.serial) + "\n"; }
  Outcome judge(const Parcel&, const HttpReply& reply) override {
    return reply.status == 200 ? Outcome::acknowledged : reply.status == 401 ? Outcome::refused : Outcome::failed;
  }
  bool try_again(const Parcel&, Outcome outcome) override { return outcome != Outcome::refused; }
  void settled(const Parcel& parcel, const Fate& fate) override {
    settled_ones.push_back({parcel.said.serial, fate.outcome, parcel.attempts,
                            std::chrono::duration_cast<std::chrono::milliseconds>(fate.ended - parcel.planned)});
  }
  void tick(SteadyTime) override {}

 private:
  uint64_t serial_ = 0;
};

SendingPlan plan(uint64_t count) {
  SendingPlan plan;
  plan.count = count;
  plan.retry_spacing = 30ms;
  return plan;
}

TEST(Sender, SendsAsManyAsPlannedOverItsConnections) {
  Server server([](auto, int) { return kSuccess; });
  const auto address = server.address();
  Script script;
  auto how = plan(500);
  how.connections = 7;
  Sender sender(address, how, script);
  const auto totals = sender.run();
  EXPECT_EQ(totals.planned, 500u);
  EXPECT_EQ(totals.settled, 500u);
  EXPECT_EQ(totals.attempts, 500u);
  EXPECT_EQ(server.requests().size(), 500u);
  EXPECT_EQ(server.connections(), 7u);
  for (const auto& each : script.settled_ones) EXPECT_EQ(each.outcome, Outcome::acknowledged);
}

TEST(Sender, OpenLoopLatencyCountsFromThePlan) {
  // The first answer takes 300 ms; all others come at once. One connection, a callback planned every 10 ms: those that
  // had to wait behind the first one have waited since their own planned time, though each was answered in no time.
  Server server([](auto, int before) {
    if (before == 0) std::this_thread::sleep_for(300ms);
    return kSuccess;
  });
  const auto address = server.address();
  Script script;
  auto how = plan(20);
  how.rate = 100;
  how.connections = 1;
  Sender sender(address, how, script);
  sender.run();
  ASSERT_EQ(script.settled_ones.size(), 20u);
  for (const auto& each : script.settled_ones)
    EXPECT_GE(each.latency, 299ms - each.serial * 10ms) << "callback " << each.serial;
}

TEST(Sender, ClosedLoopLatencyCountsFromSending) {
  Server server([](auto, int before) {
    if (before == 0) std::this_thread::sleep_for(300ms);
    return kSuccess;
  });
  const auto address = server.address();
  Script script;
  auto how = plan(10);
  how.connections = 1;
  Sender sender(address, how, script);
  sender.run();
  EXPECT_GE(script.settled_ones[0].latency, 300ms);
  const auto late = std::count_if(script.settled_ones.begin(), script.settled_ones.end(),
                                  [](const auto& each) { return each.latency >= 250ms; });
  EXPECT_EQ(late, 1);
}

TEST(Sender, TriesThreeTimesInAll) {
  Server server([](auto, int) { return kBusy; });
  const auto address = server.address();
  Script script;
  Sender sender(address, plan(1), script);
  const auto totals = sender.run();
  EXPECT_EQ(totals.attempts, 3u);
  EXPECT_EQ(server.requests(), (std::vector<std::string>{"0", "0", "0"}));
  ASSERT_EQ(script.settled_ones.size(), 1u);
  EXPECT_EQ(script.settled_ones[0].outcome, Outcome::failed);
  EXPECT_EQ(script.settled_ones[0].attempts, 3);
  EXPECT_GE(script.settled_ones[0].latency, 60ms);  // two spacings
}

TEST(Sender, StopsTryingOnceItIsAcknowledged) {
  Server server([](auto, int before) { return before < 1 ? kBusy : kSuccess; });
  const auto address = server.address();
  Script script;
  Sender sender(address, plan(1), script);
  EXPECT_EQ(sender.run().attempts, 2u);
  EXPECT_EQ(script.settled_ones[0].outcome, Outcome::acknowledged);
}

TEST(Sender, DoesNotRepeatWhatTheCorrespondenceFindsFinal) {
  Server server([](auto, int) { return std::string_view("HTTP/1.1 401 x\r\nContent-Length: 0\r\n\r\n"); });
  const auto address = server.address();
  Script script;
  Sender sender(address, plan(1), script);
  EXPECT_EQ(sender.run().attempts, 1u);
  EXPECT_EQ(script.settled_ones[0].outcome, Outcome::refused);
}

TEST(Sender, WaitsNoLongerThanThePlatformWould) {
  std::atomic<bool> over = false;
  Server server([&](std::string_view, int before) {
    while (before == 0 && !over) std::this_thread::yield();
    return kSuccess;
  });
  const auto address = server.address();
  Script script;
  auto how = plan(1);
  how.patience = 50ms;
  how.retry_spacing = 60ms;
  Sender sender(address, how, script);
  const auto totals = sender.run();
  over = true;
  EXPECT_EQ(totals.attempts, 2u);
  EXPECT_EQ(script.settled_ones[0].outcome, Outcome::acknowledged);
  EXPECT_GE(script.settled_ones[0].latency, 60ms);
}

TEST(Sender, TellsNobodyThereFromConnectionLost) {
  uint16_t port = 0;
  {
    const auto listener = support::listening(0);
    port = support::local_port(listener);
  }
  const simulate::Server nobody{{{boost::asio::ip::address_v4::loopback(), port}}, "localhost", nullptr, true};
  Script script;
  Sender(nobody, plan(1), script).run();
  EXPECT_EQ(script.settled_ones[0].outcome, Outcome::unreachable);
  EXPECT_EQ(script.settled_ones[0].attempts, 3);

  Server server([](auto, int) { return std::string_view(); });
  const auto address = server.address();
  Script other;
  Sender(address, plan(1), other).run();
  EXPECT_EQ(other.settled_ones[0].outcome, Outcome::broken);
  EXPECT_EQ(other.settled_ones[0].attempts, 3);
}

TEST(Sender, OpensAnotherConnectionWhereTheServerClosedAnIdleOne) {
  // Every other request meets a connection that the server has had enough of.
  Server server([](auto, int before) -> std::string_view { return before % 2 == 0 ? kSuccess : std::string_view(); });
  const auto address = server.address();
  Script script;
  auto how = plan(4);
  how.connections = 1;
  Sender sender(address, how, script);
  const auto totals = sender.run();
  EXPECT_EQ(totals.attempts, 4u);
  EXPECT_EQ(totals.reconnections, 3u);
  for (const auto& each : script.settled_ones) {
    EXPECT_EQ(each.outcome, Outcome::acknowledged);
    EXPECT_EQ(each.attempts, 1);
  }
}

TEST(Sender, SendsOneAfterTheOtherUnderOneKey) {
  // Five keys over many connections. Those whose answer fails are tried again, and still nobody overtakes them.
  Server server([](std::string_view, int before) { return before % 7 == 3 ? kBusy : kSuccess; });
  const auto address = server.address();
  Script script;
  script.key = [](uint64_t serial) { return static_cast<uint32_t>(serial % 5); };
  auto how = plan(200);
  how.connections = 32;
  how.attempts = 10;
  how.retry_spacing = 1ms;
  Sender sender(address, how, script);
  sender.run();
  std::map<uint64_t, uint64_t> last;
  for (const auto& each : script.settled_ones) {
    EXPECT_EQ(each.outcome, Outcome::acknowledged);
    const auto [at, first] = last.try_emplace(each.serial % 5, each.serial);
    if (!first) {
      EXPECT_EQ(each.serial, at->second + 5);
    }
    at->second = each.serial;
  }
  EXPECT_EQ(script.settled_ones.size(), 200u);
}

TEST(Sender, EndsEarlyWhenToldTo) {
  std::atomic<int> answered = 0;
  Server server([&](auto, int) {
    ++answered;
    return kSuccess;
  });
  const auto address = server.address();
  Script script;
  SendingPlan how;
  how.rate = 1000;
  Sender sender(address, how, script);
  const std::jthread stopper([&] {
    while (answered < 20) std::this_thread::yield();
    sender.stop();
  });
  const auto totals = sender.run();
  EXPECT_GE(totals.settled, 20u);
  EXPECT_EQ(totals.planned, totals.settled);
}

TEST(Sender, EndsWithItsTime) {
  Server server([](auto, int) { return kSuccess; });
  const auto address = server.address();
  Script script;
  SendingPlan how;
  how.rate = 1000;
  how.duration = 100ms;
  Sender sender(address, how, script);
  EXPECT_EQ(sender.run().planned, 100u);
}

}  // namespace
}  // namespace wxpipe::cli::simulate
