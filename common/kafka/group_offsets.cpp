#include "common/kafka/group_offsets.hpp"

#include "common/kafka/error.hpp"

namespace wxpipe::kafka {

GroupOffsets::GroupOffsets(const config::KafkaSettings& settings, const std::string& group)
    : client_(make_consumer(client_config(ClientRole::reader, settings, {{"group.id", group}}))) {}

std::vector<PartitionOffset> GroupOffsets::committed(const std::vector<Partition>& partitions,
                                                     std::chrono::milliseconds timeout) {
  if (partitions.empty()) return {};
  std::vector<PartitionOffset> wanted;
  for (const auto& partition : partitions) wanted.push_back({partition});
  const auto list = to_list(wanted);
  throw_unless_ok("rd_kafka_committed",
                  rd_kafka_committed(client_.get(), list.get(), static_cast<int>(timeout.count())));
  return from_list("rd_kafka_committed", list.get());
}

}  // namespace wxpipe::kafka
