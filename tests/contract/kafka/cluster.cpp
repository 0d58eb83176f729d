#include "tests/contract/kafka/cluster.hpp"

#include "tests/support/unique_name.hpp"

namespace wxpipe::contract {

Cluster::Cluster(Broker broker) {
  if (broker == Broker::mock) {
    mock_ = std::make_unique<MockCluster>();
    prefix_ = support::unique_name("test") + ".";
    gate_ = std::make_unique<rig::KafkaGate>(mock_->bootstrap());
  } else {
    topics_ = std::make_unique<support::TopicPrefix>(support::Create::nothing);
    prefix_ = topics_->prefix();
    gate_ = std::make_unique<rig::KafkaGate>(support::stack().kafka);
  }
}

std::string Cluster::create(const std::string& suffix, int partitions) {
  if (topics_) return topics_->create(suffix, partitions);
  mock_->create_topic(prefix_ + suffix, partitions);
  return prefix_ + suffix;
}

config::KafkaSettings Cluster::settings() const {
  config::KafkaSettings settings;
  settings.bootstrap_servers = gate_->address();
  settings.topic_prefix = prefix_;
  return settings;
}

}  // namespace wxpipe::contract
