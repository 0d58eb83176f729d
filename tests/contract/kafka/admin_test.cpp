// Reading and changing topics.
#include "common/kafka/admin.hpp"

#include "common/result.hpp"
#include "rig/eventually.hpp"
#include "tests/contract/kafka/cluster.hpp"

namespace wxpipe::contract {
namespace {
using namespace std::chrono_literals;
using kafka::Admin;
using rig::eventually;
using rig::eventually_equal;
using Lines = std::vector<std::string>;

constexpr const char* kNoAdmin = "answers no admin requests";

class KafkaAdmin : public ContractTest {
 protected:
  int partitions(Admin& admin, const std::string& topic) {
    const auto view = admin.view();
    const auto found = view.topics.find(topic);
    return found == view.topics.end() ? 0 : found->second.partitions;
  }
};

TEST_P(KafkaAdmin, SeesBrokersTopicsPartitionsAndReplicas) {
  const auto topic = cluster_->create("seen", 3);
  Admin admin(cluster_->settings());
  const auto view = admin.view();
  EXPECT_EQ(view.brokers, 1);
  ASSERT_TRUE(view.topics.contains(topic));
  EXPECT_EQ(view.topics.at(topic).partitions, 3);
  EXPECT_EQ(view.topics.at(topic).replication_factor, 1);
  EXPECT_FALSE(view.topics.contains(cluster_->prefix() + "never"));
}

TEST_P(KafkaAdmin, ABrokerThatIsAwayIsUnavailableWithinTheTimeout) {
  Admin admin(cluster_->settings(), 500ms);
  admin.view();
  for (const bool frozen : {false, true}) {
    if (frozen) {
      cluster_->gate().freeze();
    } else {
      cluster_->gate().refuse();
      cluster_->gate().cut();
    }
    const auto asked = std::chrono::steady_clock::now();
    EXPECT_THROW(admin.view(), Unavailable);
    EXPECT_THROW(admin.create_topics({{.name = cluster_->prefix() + "a"}}), Unavailable);
    EXPECT_LT(std::chrono::steady_clock::now() - asked, 10s);
    cluster_->gate().heal();
    EXPECT_TRUE(eventually([&] {
      try {
        return admin.view().brokers == 1;
      } catch (const Unavailable&) {
        return false;
      }
    })) << "it recovers by itself";
  }
}

TEST_P(KafkaAdmin, CreatesWhatIsMissingAndLeavesWhatIsThere) {
  WXPIPE_MOCK_CANNOT(kNoAdmin);
  Admin admin(cluster_->settings());
  const auto one = cluster_->prefix() + "one", two = cluster_->prefix() + "two";
  EXPECT_EQ(admin.create_topics({{.name = one, .partitions = 2, .config = {{"retention.ms", "60000"}}}}), Lines{});
  EXPECT_EQ(admin.create_topics({{.name = one, .partitions = 5}, {.name = two}}), Lines{});
  EXPECT_EQ(eventually_equal([&] { return partitions(admin, two); }, 1), 1);
  EXPECT_EQ(partitions(admin, one), 2);
  const auto config = admin.configs({one}).at(one);
  EXPECT_EQ(config.at("retention.ms"), (kafka::ConfigEntry{"60000", true}));
  EXPECT_FALSE(config.at("cleanup.policy").set_on_topic);
}

TEST_P(KafkaAdmin, NamesEachTopicThatCouldNotBeCreatedAndCreatesTheOthers) {
  WXPIPE_MOCK_CANNOT(kNoAdmin);
  Admin admin(cluster_->settings());
  const auto good = cluster_->prefix() + "good", bad = cluster_->prefix() + "bad", odd = cluster_->prefix() + "odd";
  const auto failures = admin.create_topics(
      {{.name = good}, {.name = bad, .replication_factor = 7}, {.name = odd, .config = {{"retention.ms", "soon"}}}});
  ASSERT_EQ(failures.size(), 2u);
  EXPECT_TRUE(failures[0].starts_with(bad + ": ")) << failures[0];
  EXPECT_TRUE(failures[1].starts_with(odd + ": ")) << failures[1];
  EXPECT_EQ(eventually_equal([&] { return partitions(admin, good); }, 1), 1);
}

TEST_P(KafkaAdmin, ChangesOneSettingAndLeavesTheOthers) {
  WXPIPE_MOCK_CANNOT(kNoAdmin);
  Admin admin(cluster_->settings());
  const auto topic = cluster_->prefix() + "set";
  ASSERT_EQ(
      admin.create_topics({{.name = topic, .config = {{"retention.ms", "60000"}, {"max.message.bytes", "5000"}}}}),
      Lines{});
  EXPECT_TRUE(eventually([&] { return partitions(admin, topic) == 1; }));
  admin.set_config(topic, {{"max.message.bytes", "7000"}, {"cleanup.policy", "compact"}});
  const auto value = [&](const std::string& name) { return admin.configs({topic}).at(topic).at(name).value; };
  EXPECT_EQ(eventually_equal([&] { return value("max.message.bytes"); }, "7000"), "7000");
  EXPECT_EQ(value("cleanup.policy"), "compact");
  EXPECT_EQ(value("retention.ms"), "60000");
  EXPECT_THROW(admin.set_config(topic, {{"retention.ms", "soon"}}), UsageError);
  EXPECT_EQ(value("retention.ms"), "60000");
}

TEST_P(KafkaAdmin, PartitionsGrowAndNeverShrink) {
  WXPIPE_MOCK_CANNOT(kNoAdmin);
  const auto topic = cluster_->create("grows", 2);
  Admin admin(cluster_->settings());
  admin.raise_partitions(topic, 4);
  EXPECT_EQ(eventually_equal([&] { return partitions(admin, topic); }, 4), 4);
  EXPECT_THROW(admin.raise_partitions(topic, 3), UsageError);
  EXPECT_EQ(partitions(admin, topic), 4);
}
WXPIPE_ON_BOTH_BROKERS(KafkaAdmin);

}  // namespace
}  // namespace wxpipe::contract
