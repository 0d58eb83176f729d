#include "operate/topics_plan.hpp"

#include <gtest/gtest.h>

#include "schemas/topics.hpp"

namespace wxpipe::operate {

// For the messages of failed expectations.
void PrintTo(const TopicAction& action, std::ostream* out) {
  *out << to_string(action.kind) << ' ' << action.topic << ' ' << action.partitions << '/' << action.replication_factor;
  for (const auto& [key, value] : action.config) *out << ' ' << key << '=' << value;
  *out << " (" << action.why << ')';
}

namespace {
using Kind = TopicActionKind;
using Actions = std::vector<TopicAction>;

struct Cluster {
  kafka::ClusterView view;
  std::map<std::string, kafka::TopicConfig> configs;

  Actions plan(const TopicWishes& wishes = {}) const { return plan_topics(wishes, view, configs); }
  std::string& config(const std::string& topic, const std::string& key) { return configs.at(topic)[key].value; }
};

// A topic as `topics apply` leaves it.
Cluster cluster_after(const Actions& actions, int brokers) {
  Cluster cluster;
  cluster.view.brokers = brokers;
  for (const auto& action : actions) {
    cluster.view.topics[action.topic] = {action.partitions, action.replication_factor};
    for (const auto& [key, value] : action.config) cluster.configs[action.topic][key] = {value, true};
  }
  return cluster;
}

Cluster fine(int brokers = 1) { return cluster_after(plan_topics({}, {brokers, {}}, {}), brokers); }

TEST(TopicsPlan, CreatesEveryTopicOfTheTableInAnEmptyCluster) {
  const auto actions = plan_topics({}, {1, {}}, {});
  ASSERT_EQ(actions.size(), schemas::kTopics.size());
  EXPECT_EQ(actions[0], (TopicAction{Kind::create,
                                     "wxpipe.events.v1",
                                     6,
                                     1,
                                     {{"cleanup.policy", "delete"},
                                      {"max.message.bytes", "4194304"},
                                      {"message.timestamp.type", "CreateTime"},
                                      {"min.insync.replicas", "1"},
                                      {"retention.ms", "604800000"},
                                      {"unclean.leader.election.enable", "false"}},
                                     "the cluster doesn't have it"}));
}

TEST(TopicsPlan, FindsNothingToDoAfterApply) {
  EXPECT_EQ(fine(1).plan(), Actions{});
  EXPECT_EQ(fine(3).plan(), Actions{});
}

TEST(TopicsPlan, KeepsThreeReplicasOfWhichTwoAreInSyncWhereThereAreThreeBrokers) {
  const auto actions = plan_topics({}, {5, {}}, {});
  EXPECT_EQ(actions[0].replication_factor, 3);
  EXPECT_EQ(actions[0].config.at("min.insync.replicas"), "2");
  EXPECT_EQ(plan_topics({.replication_factor = 1}, {5, {}}, {})[0].replication_factor, 1);
}

TEST(TopicsPlan, UsesThePrefix) {
  EXPECT_EQ(plan_topics({.prefix = "shop."}, {1, {}}, {})[1].topic, "shop.messages.v1");
}

TEST(TopicsPlan, SetsWhatIsMissingOrTooLittleAndNothingElse) {
  auto cluster = fine();
  cluster.config("wxpipe.events.v1", "retention.ms") = "3600000";
  cluster.config("wxpipe.events.v1", "cleanup.policy") = "compact";
  cluster.config("wxpipe.leads.v1", "max.message.bytes") = "1048588";
  cluster.config("wxpipe.logs.v1", "message.timestamp.type") = "LogAppendTime";
  EXPECT_EQ(cluster.plan(), (Actions{{Kind::set_config,
                                      "wxpipe.events.v1",
                                      0,
                                      0,
                                      {{"cleanup.policy", "delete"}, {"retention.ms", "604800000"}},
                                      "cleanup.policy is compact, retention.ms is 3600000"},
                                     {Kind::set_config,
                                      "wxpipe.leads.v1",
                                      0,
                                      0,
                                      {{"max.message.bytes", "4194304"}},
                                      "max.message.bytes is 1048588"},
                                     {Kind::set_config,
                                      "wxpipe.logs.v1",
                                      0,
                                      0,
                                      {{"message.timestamp.type", "CreateTime"}},
                                      "message.timestamp.type is LogAppendTime"}}));
}

TEST(TopicsPlan, LeavesWhatTheOperatorMadeMoreGenerous) {
  auto cluster = fine();
  cluster.config("wxpipe.events.v1", "retention.ms") = "-1";
  cluster.config("wxpipe.messages.v1", "retention.ms") = "99999999999";
  cluster.config("wxpipe.leads.v1", "max.message.bytes") = "10485760";
  cluster.view.topics["wxpipe.leads.v1"].partitions = 12;
  EXPECT_EQ(cluster.plan(), Actions{});
}

TEST(TopicsPlan, CorrectsAMinimumOfReplicasThatNoWriteCouldMeet) {
  auto cluster = fine();
  cluster.config("wxpipe.events.v1", "min.insync.replicas") = "2";
  EXPECT_EQ(
      cluster.plan(),
      (Actions{
          {Kind::set_config, "wxpipe.events.v1", 0, 0, {{"min.insync.replicas", "1"}}, "min.insync.replicas is 2"}}));
}

TEST(TopicsPlan, ForbidsUncleanLeaderElectionsWhereverTheyAreAllowed) {
  auto cluster = fine(3);
  cluster.configs.at("wxpipe.events.v1")["unclean.leader.election.enable"] = {"true", false};
  EXPECT_EQ(cluster.plan(), (Actions{{Kind::set_config,
                                      "wxpipe.events.v1",
                                      0,
                                      0,
                                      {{"unclean.leader.election.enable", "false"}},
                                      "unclean.leader.election.enable is true"}}));
}

TEST(TopicsPlan, NeverRaisesPartitionsOfKeyedTopics) {
  auto cluster = fine();
  cluster.view.topics["wxpipe.messages.v1"].partitions = 3;
  EXPECT_EQ(cluster.plan(),
            (Actions{{Kind::refuse,
                      "wxpipe.messages.v1",
                      6,
                      0,
                      {},
                      "has 3 partitions instead of 6; more of them move keys: `wxpipe topics grow messages --to 6`"}}));
}

TEST(TopicsPlan, GivesTheJournalAsManyPartitionsAsEventsHas) {
  auto cluster = fine();
  cluster.view.topics["wxpipe.events.v1"].partitions = 24;
  EXPECT_EQ(cluster.plan(), (Actions{{Kind::raise_partitions,
                                      "wxpipe.seen_ids.v1",
                                      24,
                                      0,
                                      {},
                                      "has 6 partitions, fewer than events; its records have no keys to move"}}));
  cluster.view.topics.erase("wxpipe.seen_ids.v1");
  EXPECT_EQ(cluster.plan()[0].partitions, 24);
}

TEST(TopicsPlan, CreatesAsManyPartitionsAsAskedFor) {
  const auto actions = plan_topics({.partitions = 24}, {1, {}}, {});
  std::map<std::string, int> partitions;
  for (const auto& action : actions) partitions[action.topic] = action.partitions;
  EXPECT_EQ(partitions, (std::map<std::string, int>{{"wxpipe.events.v1", 24},
                                                    {"wxpipe.messages.v1", 24},
                                                    {"wxpipe.followers.v1", 3},
                                                    {"wxpipe.leads.v1", 3},
                                                    {"wxpipe.customers.v1", 3},
                                                    {"wxpipe.logs.v1", 3},
                                                    {"wxpipe.dead_letters.v1", 1},
                                                    {"wxpipe.seen_ids.v1", 24},
                                                    {"wxpipe.custody.v1", 1},
                                                    {"wxpipe.directory.v1", 3},
                                                    {"wxpipe.receipts.v1", 3},
                                                    {"wxpipe.instances.v1", 3},
                                                    {"wxpipe.calls.v1", 3}}));
}

TEST(TopicsPlan, NamesTopicsWithTooFewReplicas) {
  auto cluster = fine(1);
  cluster.view.brokers = 3;
  const auto actions = cluster.plan();
  ASSERT_EQ(actions.size(), schemas::kTopics.size());
  EXPECT_EQ(actions[0], (TopicAction{Kind::refuse,
                                     "wxpipe.events.v1",
                                     0,
                                     3,
                                     {},
                                     "has 1 replicas instead of 3: change it with kafka-reassign-partitions, or set "
                                     "kafka.replication_factor"}));
}

}  // namespace
}  // namespace wxpipe::operate
