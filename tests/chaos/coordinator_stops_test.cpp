// Kafka stands still for longer than a request may take, exactly when `process` ends a transaction. Ends that were sent
// again may then arrive in any order (docs/decisions/0015-producers-are-renewed.md).
//
// In the suite it stands still a few times. WXPIPE_COORDINATOR_STOPS=200 for many, WXPIPE_COORDINATOR_SEED for other
// lengths.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <random>

#include "chaos/injector.hpp"
#include "tests/chaos/world.hpp"

namespace wxpipe::chaos {
namespace {
using std::chrono::steady_clock;

int wish(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::atoi(text) : otherwise;
}

class CoordinatorStops : public testing::Test {
 protected:
  void SetUp() override {
    WXPIPE_NEEDS_STACK();  // also needed: the programs of servers of its own
    world_ = std::make_unique<TestWorld>(TestWorld::Whose::own, WorldPlan{});
    world_->fleet().start();
    world_->pipeline().wait_until_ready();
  }

  double committed() {
    return world_->fleet().metric(Actor::process, "wxpipe_transactions_total", "outcome=\"committed\"");
  }

  // Whether Kafka was stopped. False: no transaction ended in this time.
  bool stop_at_commit(std::chrono::milliseconds lasts) {
    Schedule schedule;
    schedule.faults = {{0ms, FaultKind::stop_at_commit, {Actor::kafka, 0, {}}, 0, lasts}};
    Injector injector(schedule, world_->servers(), world_->fleet());
    const auto began = steady_clock::now();
    EXPECT_TRUE(world_->comes_true([&] {
      injector.tick(began, steady_clock::now());
      return !injector.busy();
    }));
    return injector.done() == 1;
  }

  std::unique_ptr<TestWorld> world_;
};

TEST_F(CoordinatorStops, AtCommitLoseNothingAndDoubleNothing) {
  const int wanted = wish("WXPIPE_COORDINATOR_STOPS", 2);
  std::mt19937_64 random(static_cast<uint64_t>(wish("WXPIPE_COORDINATOR_SEED", 1)));
  // It is stopped when there were enough.
  rig::Process sender(world_->pipeline().sender({"--rate", "100", "--duration", "24h", "--resend", "5%"}));
  for (int stops = 0; stops < wanted;) {
    const auto before = committed();
    ASSERT_TRUE(world_->comes_true([&] { return world_->fleet().all_ready() && committed() > before; }, 120s))
        << "after " << stops << " stops: " << world_->fleet().not_ready() << world_->logs();
    if (stop_at_commit(std::chrono::milliseconds(4'000 + random() % 4'001))) ++stops;
  }
  sender.signal(SIGTERM);
  EXPECT_TRUE(world_->comes_true([&] { return !sender.running(); }));
  expect_fine(*world_);
  fmt::print("{} stops, {} producers renewed\n", wanted,
             world_->fleet().count_in_logs(Actor::process, "producer_renewed"));
}

}  // namespace
}  // namespace wxpipe::chaos
