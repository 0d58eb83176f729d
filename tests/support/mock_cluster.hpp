// librdkafka's mock broker (common/kafka/mock_cluster.hpp) with errors on demand. Only for error paths; guarantees are
// tested on a real Kafka.
#pragma once

#include <string>
#include <vector>

#include "common/kafka/mock_cluster.hpp"
#include "rig/kafka_request.hpp"

namespace wxpipe::support {

class MockCluster {
 public:
  std::string bootstrap() const { return cluster_.bootstrap_servers(); }
  void create_topic(const std::string& name, int partitions);
  // Answers the next requests of this kind with these errors, one each.
  void answer(rig::Request request, const std::vector<rd_kafka_resp_err_t>& errors);

 private:
  kafka::MockCluster cluster_{{}};
};

}  // namespace wxpipe::support
