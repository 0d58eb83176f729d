// librdkafka's mock broker: it answers any error on demand, but knows no topic configuration, no aborts and no fencing, and
// forgets what exceeds 5 MiB in a partition. For error paths; guarantees are tested on the real one.
#pragma once

// In this order.
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <string>
#include <vector>

#include "common/kafka/handles.hpp"

namespace wxpipe::support {

// Which request an error is for, by Kafka's numbers.
enum class Request : int16_t {
  produce = 0,
  fetch = 1,
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
  MockCluster();
  ~MockCluster();
  MockCluster(const MockCluster&) = delete;
  MockCluster& operator=(const MockCluster&) = delete;

  std::string bootstrap() const;
  void create_topic(const std::string& name, int partitions);
  // The next requests of this kind are answered with these errors, one each.
  void answer(Request request, const std::vector<rd_kafka_resp_err_t>& errors);

 private:
  kafka::Client host_;  // the mock lives in a client
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

}  // namespace wxpipe::support
