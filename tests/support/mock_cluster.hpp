// librdkafka's mock broker (common/kafka/mock_cluster.hpp) with errors on demand. For error paths; guarantees are
// tested on the real one.
#pragma once

#include <string>
#include <vector>

#include "common/kafka/mock_cluster.hpp"

namespace wxpipe::support {

// Which request an error is for, by Kafka's numbers.
enum class Request : int16_t {
  produce = 0,
  fetch = 1,
  list_offsets = 2,
  metadata = 3,
  offset_fetch = 9,
  find_coordinator = 10,
  join_group = 11,
  heartbeat = 12,
  init_producer_id = 22,
  add_partitions = 24,
  add_offsets = 25,
  end_transaction = 26,
  transaction_offsets = 28
};

class MockCluster {
 public:
  std::string bootstrap() const { return cluster_.bootstrap_servers(); }
  void create_topic(const std::string& name, int partitions);
  // The next requests of this kind are answered with these errors, one each.
  void answer(Request request, const std::vector<rd_kafka_resp_err_t>& errors);

 private:
  kafka::MockCluster cluster_{{}};
};

}  // namespace wxpipe::support
