#include "common/kafka/mock_cluster.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka_mock.h>

#include "common/result.hpp"

namespace wxpipe::kafka {

MockCluster::MockCluster(const std::vector<MockTopic>& topics) {
  char why[512];
  Conf conf(rd_kafka_conf_new());
  rd_kafka_conf_set_log_cb(conf.get(), nullptr);  // it would warn that it knows no broker
  client_ = Client(rd_kafka_new(RD_KAFKA_PRODUCER, conf.get(), why, sizeof why));
  if (!client_) throw Unavailable(fmt::format("the mock broker can't start: {}", why));
  conf.release();  // the client owns it
  cluster_ = rd_kafka_mock_cluster_new(client_.get(), 1);
  if (cluster_ == nullptr) throw Unavailable("the mock broker can't start: no port or thread left");
  for (const auto& [name, partitions] : topics)
    if (const auto error = rd_kafka_mock_topic_create(cluster_, name.c_str(), partitions, 1);
        error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      rd_kafka_mock_cluster_destroy(cluster_);
      throw Unavailable(fmt::format("the mock broker can't create topic {}: {}", name, rd_kafka_err2str(error)));
    }
}

MockCluster::~MockCluster() { rd_kafka_mock_cluster_destroy(cluster_); }

std::string MockCluster::bootstrap_servers() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }

}  // namespace wxpipe::kafka
