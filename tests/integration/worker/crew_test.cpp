// The threads of a role: how a failed worker is replaced, what ends the role, and what is reported.
#include "common/worker/crew.hpp"

#include <gtest/gtest.h>

#include <atomic>

#include "common/result.hpp"
#include "common/runtime/stop_wait.hpp"
#include "rig/eventually.hpp"
#include "tests/support/stack.hpp"

namespace wxpipe::worker {
namespace {
using namespace std::chrono_literals;
using rig::eventually;
using rig::eventually_equal;

class CrewTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WXPIPE_NEEDS_STACK();
    settings_.kafka = support::kafka_settings("crew.");
  }

  Team team(std::function<void(size_t, Status&, const std::stop_token&)> work, size_t workers = 1) {
    return {.name = "copy",
            .label = {"group", "copy"},
            .events = {"copy_ready", "copy_waiting", "copy_fenced", "copy_hindered"},
            .workers = workers,
            .work = std::move(work),
            .fenced = [this] { ++fenced_; }};
  }
  Crew crew(const Team& team) { return Crew({settings_, metrics_, readiness_}, system_clock(), {team}); }
  static void wait(const std::stop_token& stop) {
    while (!stop.stop_requested()) runtime::wait(stop, 1min);
  }
  double metric(const std::string& name) const {
    const auto text = metrics_.exposition();
    const auto at = text.find("\n" + name + "{group=\"copy\"} ");
    return at == std::string::npos ? -1 : std::stod(text.substr(text.find(' ', at + 1)));
  }

  config::Settings settings_;
  telemetry::Metrics metrics_;
  telemetry::Readiness readiness_;
  std::atomic<int> fenced_ = 0;
};

TEST_F(CrewTest, ANewWorkerFollowsOneThatWasFencedOrLacksAServer) {
  std::atomic<int> made = 0;
  Crew crew = this->crew(team([&](size_t, Status& status, const std::stop_token& stop) {
    if (++made == 1) throw Fenced("somebody else");
    if (made == 2) throw Unavailable("nobody there");
    status.set_trouble({});
    wait(stop);
  }));
  std::jthread role([&](const std::stop_token& stop) { crew.run(stop, {}); });
  EXPECT_TRUE(eventually([&] { return readiness_.all_ready(); })) << readiness_.json();
  EXPECT_EQ(made, 3);
  EXPECT_EQ(fenced_, 1);
  role.request_stop();
  role.join();
  EXPECT_EQ(readiness_.json(), R"({"ready":false,"parts":{"copy":{"ready":false,"reason":"stopped"}}})");
}

TEST_F(CrewTest, IsReadyWhenAllWorkersAreAndAddsUpTheirLag) {
  std::atomic<bool> second_ready = false;
  const auto received = system_clock().now() - 60s;
  Crew crew = this->crew(team(
      [&](size_t slot, Status& status, const std::stop_token& stop) {
        status.set_progress(100, slot == 0 ? received : received + 50s);
        if (slot == 0) status.set_trouble({});
        EXPECT_TRUE(slot == 0 || eventually([&] { return second_ready.load(); }));
        status.set_trouble({});
        wait(stop);
      },
      2));
  std::jthread role([&](const std::stop_token& stop) { crew.run(stop, {}); });
  EXPECT_EQ(eventually_equal([&] { return metric("wxpipe_consumer_lag_records"); }, 200), 200);
  EXPECT_GE(metric("wxpipe_consumer_lag_seconds"), 60) << "of the one that is further behind";
  EXPECT_FALSE(readiness_.all_ready());
  second_ready = true;
  EXPECT_TRUE(eventually([&] { return readiness_.all_ready(); })) << readiness_.json();
}

TEST_F(CrewTest, EndsWithWhatNobodyExpected) {
  Crew crew = this->crew(team([](size_t, Status&, const std::stop_token&) { throw UsageError("change this"); }));
  EXPECT_THROW(crew.run({}, {}), UsageError);
}

TEST_F(CrewTest, EndsWithWhatRunsBesideTheWorkers) {
  Crew crew = this->crew(team([](size_t, Status&, const std::stop_token& stop) { wait(stop); }));
  crew.start([](const std::stop_token&) { throw std::logic_error("a bug"); });
  EXPECT_THROW(crew.run({}, {}), std::logic_error);
}

TEST_F(CrewTest, NobodyWorksWithoutTheTopics) {
  std::atomic<int> made = 0;
  Crew crew = this->crew(team([&](size_t, Status&, const std::stop_token&) { ++made; }));
  std::jthread role([&](const std::stop_token& stop) { crew.run(stop, {.topics = {"crew.none", "crew.nothing"}}); });
  EXPECT_TRUE(eventually([&] {
    return readiness_.json().find("topics missing: crew.none, crew.nothing; run `wxpipe topics apply`") !=
           std::string::npos;
  })) << readiness_.json();
  EXPECT_EQ(made, 0);
}

}  // namespace
}  // namespace wxpipe::worker
