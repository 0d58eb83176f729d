#include "common/kafka/group_offsets.hpp"

#include "common/kafka/error.hpp"

namespace wxpipe::kafka {

GroupOffsets::GroupOffsets(const config::KafkaSettings& settings, const std::string& group)
    : group_(group),
      client_(make_consumer(client_config(ClientRole::reader, settings, {{"group.id", group}}))) {}

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

size_t GroupOffsets::members(std::chrono::milliseconds timeout) {
  const rd_kafka_group_list* list = nullptr;
  throw_unless_ok("rd_kafka_list_groups",
                  rd_kafka_list_groups(client_.get(), group_.c_str(), &list, static_cast<int>(timeout.count())));
  const std::unique_ptr<const rd_kafka_group_list, Destroy<rd_kafka_group_list_destroy>> held(list);
  size_t members = 0;
  for (int i = 0; i < held->group_cnt; ++i) {
    throw_unless_ok("rd_kafka_list_groups", held->groups[i].err);
    members += static_cast<size_t>(held->groups[i].member_cnt);
  }
  return members;
}

}  // namespace wxpipe::kafka
