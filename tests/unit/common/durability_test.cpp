#include "common/kafka/durability.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wxpipe::kafka {
// For the messages of failed expectations.
void PrintTo(const Weakness& weakness, std::ostream* out) { *out << weakness.sentence << " | " << weakness.remedy; }

namespace {
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct Cluster {
  int brokers = 3;
  std::map<std::string, TopicView> topics;
  std::map<std::string, TopicConfig> configs;

  void add(const std::string& name, int replicas, const std::string& in_sync, const std::string& unclean = "false") {
    topics[name] = {6, replicas};
    configs[name] = {{"min.insync.replicas", {in_sync, true}}, {"unclean.leader.election.enable", {unclean, false}}};
  }
  std::vector<Weakness> found(bool one_broker = false) const {
    return weaknesses(brokers, topics, configs, one_broker);
  }
};

auto says(const std::string& sentence, const std::string& remedy) {
  return AllOf(testing::Field(&Weakness::sentence, HasSubstr(sentence)),
               testing::Field(&Weakness::remedy, HasSubstr(remedy)));
}

TEST(Durability, ThreeReplicasOfWhichTwoAreInSyncAreEnough) {
  Cluster cluster;
  cluster.add("a", 3, "2");
  cluster.add("b", 5, "3");
  EXPECT_THAT(cluster.found(), IsEmpty());
}

TEST(Durability, OneBrokerIsToldWhatItLacksUntilItSaysThatThisIsOnPurpose) {
  Cluster cluster{1, {}, {}};
  cluster.add("a", 1, "1");
  cluster.add("b", 1, "1");
  EXPECT_THAT(
      cluster.found(),
      ElementsAre(says("fewer than three replicas: 2 topics, such as a (1). ",
                       "Run three brokers, then raise the replicas with kafka-reassign-partitions. If one broker "
                       "is on purpose, say so once: [kafka] durability = \"one_broker\"; with [ingest] "
                       "acknowledge = \"broker_and_spool\" the spool keeps a copy of each event as well."),
                  says("min.insync.replicas below two: 2 topics, such as a (1). ",
                       "With three replicas, `wxpipe topics apply` sets it to 2.")));
  EXPECT_THAT(cluster.found(true), IsEmpty());
}

TEST(Durability, WhatWasSaidOfOneBrokerDoesNotHoldForMore) {
  Cluster cluster;
  cluster.add("a", 1, "1");
  EXPECT_THAT(cluster.found(true), ElementsAre(says("three replicas: 1 topic, such as a (1). ",
                                                    "Raise the replicas with kafka-reassign-partitions. Take "
                                                    "[kafka] durability = \"one_broker\" out: this cluster "
                                                    "has 3 brokers."),
                                               says("min.insync.replicas", "Take [kafka] durability")));
  EXPECT_THAT(cluster.found(), ElementsAre(says("replicas", "Raise"), says("in", "With three")));
  EXPECT_THAT(cluster.found()[0].remedy, Not(HasSubstr("one_broker")));
}

TEST(Durability, EachSettingThatIsTooWeakIsNamedAlone) {
  Cluster cluster;
  cluster.add("a", 3, "2");
  cluster.add("b", 3, "1");
  EXPECT_THAT(cluster.found(), ElementsAre(says("min.insync.replicas below two: 1 topic, such as b (1). ",
                                                "Run `wxpipe topics apply`.")));
  cluster.add("b", 3, "2", "true");
  EXPECT_THAT(cluster.found(), ElementsAre(says("unclean.leader.election.enable is on: 1 topic, such as b (true). ",
                                                "Run `wxpipe topics apply`, and set it to false on the brokers.")));
  EXPECT_EQ(cluster.found(true), cluster.found());
}

}  // namespace
}  // namespace wxpipe::kafka
