#include "common/kafka/partition.hpp"

#include "common/kafka/error.hpp"

namespace wxpipe::kafka {

PartitionList to_list(std::span<const PartitionOffset> offsets) {
  PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
  for (const auto& [partition, offset] : offsets)
    rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.number)->offset = offset;
  return list;
}

std::vector<PartitionOffset> from_list(const char* call, const rd_kafka_topic_partition_list_t* list) {
  std::vector<PartitionOffset> offsets;
  for (int i = 0; i < list->cnt; ++i) {
    const auto& element = list->elems[i];
    throw_unless_ok(call, element.err);
    offsets.push_back({{element.topic, element.partition}, element.offset >= 0 ? element.offset : kNoOffset});
  }
  return offsets;
}

std::vector<Partition> partitions_of(const rd_kafka_topic_partition_list_t* list) {
  std::vector<Partition> partitions;
  for (int i = 0; i < list->cnt; ++i) partitions.push_back({list->elems[i].topic, list->elems[i].partition});
  return partitions;
}

}  // namespace wxpipe::kafka
