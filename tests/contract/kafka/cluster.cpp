#include "tests/contract/kafka/cluster.hpp"

#include <stdexcept>

#include "common/kafka/client_config.hpp"
#include "tests/support/unique_name.hpp"

namespace wxpipe::contract {

MockCluster::MockCluster() {
  config::KafkaSettings nowhere;
  nowhere.bootstrap_servers.clear();
  host_ = kafka::make_producer(client_config(kafka::ClientRole::admin, nowhere));
  cluster_ = rd_kafka_mock_cluster_new(host_.get(), 1);
  if (!cluster_) throw std::runtime_error("no mock cluster");
}
MockCluster::~MockCluster() { rd_kafka_mock_cluster_destroy(cluster_); }

std::string MockCluster::bootstrap() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }

void MockCluster::create_topic(const std::string& name, int partitions) {
  if (rd_kafka_mock_topic_create(cluster_, name.c_str(), partitions, 1) != RD_KAFKA_RESP_ERR_NO_ERROR)
    throw std::runtime_error("the mock did not create " + name);
}

void MockCluster::answer(Request request, const std::vector<rd_kafka_resp_err_t>& errors) {
  rd_kafka_mock_push_request_errors_array(cluster_, static_cast<int16_t>(request), errors.size(), errors.data());
}

Cluster::Cluster(Broker broker) {
  if (broker == Broker::mock) {
    mock_ = std::make_unique<MockCluster>();
    prefix_ = support::unique_name("test") + ".";
    gate_ = std::make_unique<support::KafkaGate>(mock_->bootstrap());
  } else {
    topics_ = std::make_unique<support::TopicPrefix>(support::Create::nothing);
    prefix_ = topics_->prefix();
    gate_ = std::make_unique<support::KafkaGate>(support::stack().kafka);
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
