// How callbacks are sent: patience, retries, order by key, and latencies that a slow server can't hide.
#include "simulate/sender.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <thread>

#include "tests/unit/simulate/answering_server.hpp"

namespace wxpipe::simulate {
namespace {
using namespace std::chrono_literals;
using std::chrono::steady_clock;
using test::AnsweringServer;
using test::lines;

const std::string kSuccess = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsuccess";
const std::string kBusy = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";

struct Settled {
  uint64_t serial;
  Outcome outcome;
  int attempts;
  std::chrono::milliseconds latency;
};

class Script final : public Correspondence {
 public:
  std::function<uint32_t(uint64_t serial)> key = [](uint64_t) { return kNoKey; };
  std::function<void(SteadyTime)> ticked = [](SteadyTime) {};
  std::vector<Settled> settled_ones;

  bool next(Parcel& parcel, Timestamp) override {
    parcel.said.serial = serial_++;
    parcel.said.key = key(parcel.said.serial);
    return true;
  }
  void write(Parcel& parcel, Timestamp) override { parcel.request = std::to_string(parcel.said.serial) + "\n"; }
  Outcome judge(const Parcel&, const http::Response& response) override {
    return response.status == 200 ? Outcome::acknowledged : response.status == 401 ? Outcome::refused : Outcome::failed;
  }
  bool try_again(const Parcel&, Outcome outcome) override { return outcome != Outcome::refused; }
  void settled(const Parcel& parcel, const Fate& fate) override {
    settled_ones.push_back({parcel.said.serial, fate.outcome, parcel.attempts,
                            std::chrono::duration_cast<std::chrono::milliseconds>(fate.ended - parcel.planned)});
  }
  void tick(SteadyTime now) override { ticked(now); }

 private:
  uint64_t serial_ = 0;
};

// Holds an answer back until the sender's own clock has moved on (seen by its ticks).
class SlowAnswer {
 public:
  explicit SlowAnswer(Script& script) {
    script.ticked = [this](SteadyTime now) {
      shown_ = now;
      shown_.notify_all();
    };
  }
  void hold(std::chrono::milliseconds by) {
    const auto until = steady_clock::now() + by;
    for (SteadyTime seen = shown_; seen < until; seen = shown_) shown_.wait(seen);
  }

 private:
  std::atomic<SteadyTime> shown_{SteadyTime{}};
};

SendingPlan plan(uint64_t count) {
  SendingPlan plan;
  plan.count = count;
  plan.retry_spacing = 30ms;
  return plan;
}

TEST(Sender, SendsAsManyAsPlannedOverItsConnections) {
  AnsweringServer server(lines, [](auto&, int) { return kSuccess; });
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
  // One connection, a callback planned every 10 ms. The first answer takes 300 ms, all others come at once. Callbacks
  // that had to wait for the first count their latency from their own planned time, although each was answered at once.
  Script script;
  SlowAnswer slow(script);
  AnsweringServer server(lines, [&](auto&, int before) {
    if (before == 0) slow.hold(300ms);
    return kSuccess;
  });
  const auto address = server.address();
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
  Script script;
  SlowAnswer slow(script);
  AnsweringServer server(lines, [&](auto&, int before) {
    if (before == 0) slow.hold(300ms);
    return kSuccess;
  });
  const auto address = server.address();
  auto how = plan(10);
  how.connections = 1;
  Sender sender(address, how, script);
  const auto totals = sender.run();
  EXPECT_GE(script.settled_ones[0].latency, 300ms);
  // One connection: while one callback waits, no other waits.
  auto sum = 0ms;
  for (const auto& each : script.settled_ones) sum += each.latency;
  EXPECT_LE(sum, totals.ended - totals.began);
}

TEST(Sender, TriesThreeTimesInAll) {
  AnsweringServer server(lines, [](auto&, int) { return kBusy; });
  const auto address = server.address();
  Script script;
  Sender sender(address, plan(1), script);
  const auto totals = sender.run();
  EXPECT_EQ(totals.attempts, 3u);
  EXPECT_EQ(server.requests(), (std::vector<std::string>{"0\n", "0\n", "0\n"}));
  ASSERT_EQ(script.settled_ones.size(), 1u);
  EXPECT_EQ(script.settled_ones[0].outcome, Outcome::failed);
  EXPECT_EQ(script.settled_ones[0].attempts, 3);
  EXPECT_GE(script.settled_ones[0].latency, 60ms);  // two spacings
}

TEST(Sender, StopsTryingOnceItIsAcknowledged) {
  AnsweringServer server(lines, [](auto&, int before) { return before < 1 ? kBusy : kSuccess; });
  const auto address = server.address();
  Script script;
  Sender sender(address, plan(1), script);
  EXPECT_EQ(sender.run().attempts, 2u);
  EXPECT_EQ(script.settled_ones[0].outcome, Outcome::acknowledged);
}

TEST(Sender, DoesNotRepeatWhatTheCorrespondenceFindsFinal) {
  AnsweringServer server(lines, [](auto&, int) { return std::string("HTTP/1.1 401 x\r\nContent-Length: 0\r\n\r\n"); });
  const auto address = server.address();
  Script script;
  Sender sender(address, plan(1), script);
  EXPECT_EQ(sender.run().attempts, 1u);
  EXPECT_EQ(script.settled_ones[0].outcome, Outcome::refused);
}

TEST(Sender, WaitsNoLongerThanThePlatformWould) {
  std::atomic<bool> over = false;
  AnsweringServer server(lines, [&](auto&, int before) {
    while (before == 0 && !over) std::this_thread::yield();
    return kSuccess;
  });
  const auto address = server.address();
  Script script;
  auto how = plan(1);
  how.patience = 50ms;
  how.retry_spacing = 60ms;
  how.attempts = 100;  // on a busy machine the second may be late too
  Sender sender(address, how, script);
  const auto totals = sender.run();
  over = true;
  EXPECT_GE(totals.attempts, 2u);
  EXPECT_EQ(script.settled_ones[0].outcome, Outcome::acknowledged);
  EXPECT_GE(script.settled_ones[0].latency, 60ms);
}

TEST(Sender, TellsNobodyThereFromConnectionLost) {
  uint16_t port = 0;
  {
    const auto listener = rig::listening(0);
    port = rig::local_port(listener);
  }
  const simulate::Server nobody{{{boost::asio::ip::address_v4::loopback(), port}}, "localhost", nullptr, true};
  Script script;
  Sender(nobody, plan(1), script).run();
  EXPECT_EQ(script.settled_ones[0].outcome, Outcome::unreachable);
  EXPECT_EQ(script.settled_ones[0].attempts, 3);

  AnsweringServer server(lines, [](auto&, int) { return std::string(); });
  const auto address = server.address();
  Script other;
  Sender(address, plan(1), other).run();
  EXPECT_EQ(other.settled_ones[0].outcome, Outcome::broken);
  EXPECT_EQ(other.settled_ones[0].attempts, 3);
}

TEST(Sender, OpensAnotherConnectionWhereTheServerClosedAnIdleOne) {
  // The server closes the connection at every other request.
  AnsweringServer server(lines, [](auto&, int before) { return before % 2 == 0 ? kSuccess : std::string(); });
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
  // Five keys over many connections. Failed ones are tried again, and still no callback overtakes another of its key.
  AnsweringServer server(lines, [](auto&, int before) { return before % 7 == 3 ? kBusy : kSuccess; });
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
  AnsweringServer server(lines, [&](auto&, int) {
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
  AnsweringServer server(lines, [](auto&, int) { return kSuccess; });
  const auto address = server.address();
  Script script;
  SendingPlan how;
  how.rate = 1000;
  how.duration = 100ms;
  Sender sender(address, how, script);
  EXPECT_EQ(sender.run().planned, 100u);
}

}  // namespace
}  // namespace wxpipe::simulate
