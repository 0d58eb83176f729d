// A pipeline of processes for one test. It uses the test run's servers (for killed roles and gates to Postgres) or
// servers of its own (for killed servers and gates to Kafka).
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <thread>

#include "chaos/pipeline.hpp"
#include "chaos/servers.hpp"
#include "rig/process.hpp"
#include "rig/temporary_folder.hpp"
#include "tests/support/program.hpp"
#include "tests/support/stack.hpp"
#include "tests/support/temporary_database.hpp"
#include "tests/support/topic_prefix.hpp"

namespace wxpipe::chaos {

using namespace std::chrono_literals;
using rig::eventually;

struct WorldPlan {
  Members members{1, 1, 1};
  int guests = 0;
  std::chrono::milliseconds session{5'000};
  std::string more_config = {};
};

class TestWorld {
 public:
  enum class Whose { shared, own };

  TestWorld(Whose whose, const WorldPlan& plan) {
    PipelinePlan pipeline{.program = support::wxpipe_program(),
                          .folder = folder_.path(),
                          .seed = 1,
                          .session = plan.session,
                          .members = plan.members,
                          .guests = plan.guests,
                          .kafka = {},
                          .kafka_gates = whose == Whose::own,
                          .database_url = Secret(""),
                          .topic_prefix = "wxpipe.",
                          .more_config = plan.more_config};
    if (whose == Whose::shared) {
      topics_ = std::make_unique<support::TopicPrefix>(support::Create::nothing);
      database_ = std::make_unique<support::TemporaryDatabase>(support::Schema::none);
      pipeline.kafka = support::stack().kafka;
      pipeline.database_url = database_->url();
      pipeline.topic_prefix = topics_->prefix();
    } else {
      servers_ = std::make_unique<Servers>(WXPIPE_SOURCE "/dev/stack", folder_ / "servers");
      pipeline.kafka = servers_->kafka();
      pipeline.database_url = servers_->database_url();
    }
    pipeline_ = std::make_unique<Pipeline>(pipeline);
    if (servers_) servers_->up(fleet().listeners());
    pipeline_->set_up();
  }
  // The roles must end before their database is dropped.
  ~TestWorld() {
    fleet().stop();
    for (const auto& complaint : fleet().complaints()) ADD_FAILURE() << complaint << '\n' << logs();
  }

  Pipeline& pipeline() { return *pipeline_; }
  Fleet& fleet() { return pipeline_->fleet(); }
  Servers& servers() { return *servers_; }
  const std::string& topic_prefix() const { return topics_->prefix(); }

  // Waits for a condition that the processes and servers bring about.
  template <class Condition>
  bool comes_true(Condition&& condition, std::chrono::seconds patience = 60s) {
    return eventually(
        [&] {
          if (servers_) servers_->tick();
          fleet().tick();
          return condition();
        },
        patience);
  }
  // Empty: everything has come to rest.
  std::string rest(std::chrono::seconds patience = 90s) {
    std::string left;
    comes_true([&] { return (left = pipeline_->still_on_its_way()).empty(); }, patience);
    return left;
  }
  int64_t rows(const std::string& from) const {
    return pipeline_->database()->execute("select count(*) from " + from).integer(0, 0);
  }

  static constexpr size_t kLogEnd = 80'000;
  // The last lines of all logs, for a failed test.
  std::string logs() {
    std::string text;
    for (const auto& file : std::filesystem::directory_iterator(folder_ / "logs")) {
      auto log = rig::read_file(file.path());
      text +=
          "--- " + file.path().filename().string() + '\n' + log.substr(log.size() > kLogEnd ? log.size() - kLogEnd : 0);
    }
    return text;
  }

 private:
  const rig::TemporaryFolder folder_;
  std::unique_ptr<support::TopicPrefix> topics_;
  std::unique_ptr<support::TemporaryDatabase> database_;
  std::unique_ptr<Servers> servers_;
  std::unique_ptr<Pipeline> pipeline_;
};

// Checks that every acknowledged callback is stored once and in order, and that custody agrees.
// once_on_topic: false if a repetition may find that its key has moved to another partition (docs/topics.md).
inline void expect_fine(TestWorld& world, bool once_on_topic = true) {
  EXPECT_EQ(world.rest(), "") << world.logs();
  const auto verdict = world.pipeline().judge(once_on_topic);
  EXPECT_TRUE(verdict.fine()) << testing::PrintToString(verdict.examples) << '\n' << world.logs();
  EXPECT_GT(verdict.acknowledged, 0u);
  const auto audit = world.pipeline().audit();
  EXPECT_EQ(audit.unaccounted, 0u) << audit.text;
  EXPECT_EQ(audit.exit_code, 0) << audit.text;
}

}  // namespace wxpipe::chaos
