// Reads stretches of partitions, committed records only, outside of any group: how a journal is taken over.
// Short-lived; one thread owns it.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <vector>

#include "common/clock.hpp"
#include "common/kafka/client_config.hpp"
#include "common/kafka/partition.hpp"
#include "common/kafka/record.hpp"

namespace wxpipe::kafka {

struct Stretch {
  Partition partition;
  int64_t from = 0;
  int64_t to = 0;  // exclusive
};

class PartitionReader {
 public:
  explicit PartitionReader(const config::KafkaSettings& settings);

  // The log's first and next offset; `ends` counts open transactions in, so that reading up to there waits for them.
  std::vector<PartitionOffset> beginnings(const std::vector<Partition>& partitions, std::chrono::milliseconds timeout);
  std::vector<PartitionOffset> ends(const std::vector<Partition>& partitions, std::chrono::milliseconds timeout);

  struct Moment {
    Partition partition;
    Timestamp at;
  };
  // The first record at or after each moment; kNoOffset: none.
  std::vector<PartitionOffset> at_times(const std::vector<Moment>& moments, std::chrono::milliseconds timeout);

  // Every committed record of each stretch, in order within its partition; the record is gone when `visit` returns.
  // Waits for transactions that are open inside a stretch. Throws Unavailable when it isn't done by the timeout or is
  // stopped.
  void read(const std::vector<Stretch>& stretches, const std::function<void(const Record&)>& visit,
            std::chrono::milliseconds timeout, const std::stop_token& stop = {});

 private:
  Client committed_;
  Client everything_;  // read_uncommitted: sees the ends of open transactions
};

}  // namespace wxpipe::kafka
