// Reads ranges of partitions outside of any group, only committed records. `process` reads its journal with it.
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
  // At most so many bytes, compressed, come of a partition at once. Who wants few records of many partitions takes few.
  explicit PartitionReader(const config::KafkaSettings& settings, int fetch_bytes = 1'048'576);

  // The log's first and next offset. `ends` includes open transactions, so reading up to there waits for them.
  std::vector<PartitionOffset> beginnings(const std::vector<Partition>& partitions, std::chrono::milliseconds timeout);
  std::vector<PartitionOffset> ends(const std::vector<Partition>& partitions, std::chrono::milliseconds timeout);
  // Where the first open transaction begins, or the end if none is open: `read` up to there never waits.
  std::vector<PartitionOffset> stable_ends(const std::vector<Partition>& partitions, std::chrono::milliseconds timeout);

  struct Moment {
    Partition partition;
    Timestamp at;
  };
  // The first record at or after each moment; kNoOffset: none.
  std::vector<PartitionOffset> at_times(const std::vector<Moment>& moments, std::chrono::milliseconds timeout);

  // Visits every committed record of each range, in order within a partition. The record is destroyed when `visit`
  // returns. Waits for transactions that are open inside a range. Throws Unavailable when no record came for `timeout`,
  // or when stopped.
  void read(const std::vector<Stretch>& stretches, const std::function<void(const Record&)>& visit,
            std::chrono::milliseconds timeout, const std::stop_token& stop = {});

 private:
  Client committed_;
  Client everything_;  // read_uncommitted: sees the ends of open transactions
};

}  // namespace wxpipe::kafka
