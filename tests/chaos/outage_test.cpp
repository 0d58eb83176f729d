// A server is away under load. Callbacks are still answered in time, no record becomes a dead letter because of the
// outage, and everything is stored once the server is back.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "tests/chaos/world.hpp"

namespace wxpipe::chaos {
namespace {
using rig::LedgerLine;

class OutageTest : public testing::Test {
 protected:
  void SetUp() override {
    WXPIPE_NEEDS_STACK();  // also needed: the programs of servers of its own
    world_ = std::make_unique<TestWorld>(TestWorld::Whose::own, WorldPlan{});
    world_->fleet().start();
    world_->pipeline().wait_until_ready();
  }

  void send(std::chrono::seconds time, int rate) {
    sender_ = std::make_unique<rig::Process>(
        world_->pipeline().sender({"--rate", fmt::format("{}", rate), "--duration", fmt::format("{}s", time.count()),
                                   "--resend", "5%", "--resend-changed", "1%"}));
  }
  bool sent_all() {
    return world_->comes_true([&] { return !sender_->running(); }, 900s);
  }
  std::vector<LedgerLine> ledger() {
    std::ifstream in(world_->pipeline().ledger());
    std::vector<LedgerLine> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(rig::decode_ledger_line(line).value());
    return lines;
  }
  void pass(std::chrono::seconds time) {
    const auto until = std::chrono::steady_clock::now() + time;
    world_->comes_true([&] { return std::chrono::steady_clock::now() >= until; }, time + 10s);
  }

  std::unique_ptr<TestWorld> world_;
  std::unique_ptr<rig::Process> sender_;
};

// WXPIPE_OUTAGE_SECONDS=600 for a long outage, WXPIPE_OUTAGE_RATE for more callbacks a second.
int wish(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::atoi(text) : otherwise;
}

TEST_F(OutageTest, WithoutABrokerEveryCallbackIsAnsweredFromTheSpoolWithinItsBudgetAndDrainedOnReturn) {
  constexpr std::chrono::milliseconds kBudget = 2s, kCommandBudget = 800ms;  // the defaults
  constexpr std::chrono::milliseconds kTravel = 200ms;  // the way to ingest and back, on a busy machine
  const std::chrono::seconds outage{wish("WXPIPE_OUTAGE_SECONDS", 10)};
  send(outage + 6s, wish("WXPIPE_OUTAGE_RATE", 200));
  pass(2s);
  world_->servers().kill(Actor::kafka);
  pass(outage);
  EXPECT_GT(world_->fleet().metric(Actor::ingest, "wxpipe_spool_events"), 0);
  world_->servers().start(Actor::kafka);
  EXPECT_TRUE(world_->comes_true([&] { return !world_->servers().starting(Actor::kafka); }, 90s));
  const auto back = std::chrono::steady_clock::now();
  EXPECT_TRUE(
      world_->comes_true([&] { return world_->fleet().metric(Actor::ingest, "wxpipe_spool_events") == 0; }, 120s))
      << "not drained within two minutes of the broker's return\n"
      << world_->logs();
  fmt::print("drained {:.1f} s after the broker's return\n",
             std::chrono::duration<double>(std::chrono::steady_clock::now() - back).count());
  EXPECT_TRUE(sent_all());
  std::chrono::microseconds longest{0};
  const auto sent = ledger();
  for (const auto& line : sent) {
    ASSERT_TRUE(line.acked) << "serial " << line.serial << ": " << line.outcome;
    EXPECT_EQ(line.attempts, 1) << "serial " << line.serial;
    const auto took = *line.acked_at - line.sent_at;
    longest = std::max(longest, took);
    EXPECT_LT(took, (line.kind == "wework_suite_command" ? kCommandBudget : kBudget) + kTravel)
        << "serial " << line.serial << " of " << line.account;
  }
  fmt::print("{} callbacks, the longest answer took {} ms\n", sent.size(), longest.count() / 1000);
  expect_fine(*world_);
}

TEST_F(OutageTest, WithoutPostgresNothingBecomesADeadLetter) {
  send(20s, 200);
  pass(2s);
  world_->servers().kill(Actor::postgres);
  pass(3s);
  world_->servers().start(Actor::postgres);
  EXPECT_TRUE(world_->comes_true([&] { return !world_->servers().starting(Actor::postgres); }));
  pass(1s);
  world_->servers().stop(Actor::postgres);  // frozen: connected, but silent
  pass(3s);
  world_->servers().go_on(Actor::postgres);
  pass(1s);
  auto& gate = world_->fleet().gate({Actor::sink, 0, Actor::postgres});
  gate.refuse();
  gate.cut();
  pass(2s);
  gate.heal();
  EXPECT_TRUE(sent_all());
  expect_fine(*world_);
  EXPECT_EQ(world_->rows("dead_letters"), 0);
}

}  // namespace
}  // namespace wxpipe::chaos
