// The two brokers of the contract suite, each behind a gate that a test can shut. librdkafka's mock can answer with any
// error, but knows no topic configuration, no aborts and no fencing. The other is a real Kafka.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/config/settings.hpp"
#include "rig/kafka_gate.hpp"
#include "schemas/topics.hpp"
#include "tests/support/mock_cluster.hpp"
#include "tests/support/stack.hpp"
#include "tests/support/topic_prefix.hpp"

namespace wxpipe::contract {

enum class Broker { mock, real };
using rig::Request;
using support::MockCluster;

// A cluster with the test's own topics under a prefix, reached through a gate.
class Cluster {
 public:
  explicit Cluster(Broker broker);

  std::string name(schemas::TopicName topic) const { return schemas::topic_name(prefix(), topic); }
  const std::string& prefix() const { return prefix_; }
  // Creates "<prefix><suffix>" and returns that name.
  std::string create(const std::string& suffix, int partitions);

  config::KafkaSettings settings() const;
  rig::TcpGate& gate() { return gate_->gate(); }
  rig::KafkaGate& kafka_gate() { return *gate_; }
  // For `Broker::mock` alone.
  MockCluster& mock() { return *mock_; }

 private:
  std::unique_ptr<MockCluster> mock_;
  std::unique_ptr<support::TopicPrefix> topics_;
  std::string prefix_;
  std::unique_ptr<rig::KafkaGate> gate_;
};

// The suite: its parameter is the broker.
class ContractTest : public ::testing::TestWithParam<Broker> {
 protected:
  void SetUp() override {
    if (GetParam() == Broker::real) WXPIPE_NEEDS_STACK();
    cluster_ = std::make_unique<Cluster>(GetParam());
  }
  std::unique_ptr<Cluster> cluster_;
};

inline std::string broker_name(const ::testing::TestParamInfo<Broker>& info) {
  return info.param == Broker::mock ? "mock" : "real";
}

}  // namespace wxpipe::contract

// Macros: one returns from the test, one instantiates its suite.
#define WXPIPE_MOCK_CANNOT(why)                                                                      \
  do {                                                                                               \
    if (GetParam() == ::wxpipe::contract::Broker::mock) GTEST_SKIP() << "the mock broker " << (why); \
  } while (false)
#define WXPIPE_ON_BOTH_BROKERS(suite)                                                                             \
  INSTANTIATE_TEST_SUITE_P(Kafka, suite,                                                                          \
                           ::testing::Values(::wxpipe::contract::Broker::mock, ::wxpipe::contract::Broker::real), \
                           ::wxpipe::contract::broker_name)
