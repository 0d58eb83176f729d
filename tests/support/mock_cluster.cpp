#include "tests/support/mock_cluster.hpp"

#include <stdexcept>

#include "common/kafka/client_config.hpp"

namespace wxpipe::support {

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

}  // namespace wxpipe::support
