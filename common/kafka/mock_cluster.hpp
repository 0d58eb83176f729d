// A Kafka broker inside this process: librdkafka's own mock, reachable by TCP on 127.0.0.1. For contract tests, and for
// trying wxpipe without a broker (`wxpipe run --mock-broker`). It guarantees nothing: records are only in memory, only
// the newest 5 MiB of a partition are kept, aborted transactions are visible, nobody is fenced (kMockLacks). It serves
// Produce, Fetch, groups and transactions. It can't create topics over the network, so the constructor gets their
// names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/kafka/handles.hpp"

// Forward, so that the mock's experimental header stays out of ours.
struct rd_kafka_mock_cluster_s;

namespace wxpipe::kafka {

struct MockTopic {
  std::string name;
  int partitions = 1;
};

// What the mock doesn't have, in one line for users.
inline constexpr std::string_view kMockLacks =
    "nothing survives a restart, each partition keeps only its newest 5 MiB, aborted transactions are visible and "
    "zombies are not fenced";

class MockCluster {
 public:
  // One broker with these topics, answering when the constructor returns. Throws Unavailable.
  explicit MockCluster(const std::vector<MockTopic>& topics);
  ~MockCluster();
  MockCluster(const MockCluster&) = delete;
  MockCluster& operator=(const MockCluster&) = delete;

  std::string bootstrap_servers() const;
  // For fault injection by rdkafka_mock.h; owned by this.
  rd_kafka_mock_cluster_s* handle() const { return cluster_; }

 private:
  Client client_;  // the mock lives in a client's threads
  rd_kafka_mock_cluster_s* cluster_ = nullptr;
};

}  // namespace wxpipe::kafka
