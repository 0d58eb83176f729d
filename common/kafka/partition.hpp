// Places in Kafka as values, and librdkafka's lists of them.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/kafka/handles.hpp"

namespace wxpipe::kafka {

struct Partition {
  std::string topic;
  int number = 0;
  auto operator<=>(const Partition&) const = default;
};

inline constexpr int64_t kNoOffset = -1;                         // nothing committed, nothing found
inline constexpr int64_t kLogBegin = RD_KAFKA_OFFSET_BEGINNING;  // the oldest record in the log

struct PartitionOffset {
  Partition partition;
  int64_t offset = kNoOffset;  // the next record to take
  auto operator<=>(const PartitionOffset&) const = default;
};

PartitionList to_list(std::span<const PartitionOffset> offsets);
// Logical offsets (none, invalid, end) become kNoOffset. Throws on the first partition that has an error of its own.
std::vector<PartitionOffset> from_list(const char* call, const rd_kafka_topic_partition_list_t* list);
std::vector<Partition> partitions_of(const rd_kafka_topic_partition_list_t* list);

}  // namespace wxpipe::kafka
