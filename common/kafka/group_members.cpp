#include "common/kafka/group_members.hpp"

#include "common/kafka/error.hpp"
#include "common/result.hpp"

namespace wxpipe::kafka {
namespace {
using GroupList = std::unique_ptr<const rd_kafka_group_list, Destroy<rd_kafka_group_list_destroy>>;

// Kafka's ConsumerProtocolAssignment: version, topics with their partitions, and what else a client adds.
class Assignment {
 public:
  Assignment(const void* bytes, int size) : rest_(static_cast<const char*>(bytes), static_cast<size_t>(size)) {}

  // Cut bytes end it.
  std::vector<Partition> partitions() && {
    std::vector<Partition> all;
    number(2);
    for (auto topics = number(4); topics > 0 && good_; --topics) {
      const auto name = text(number(2));
      for (auto count = number(4); count > 0 && good_; --count)
        if (const auto partition = number(4); good_) all.push_back({name, static_cast<int>(partition)});
    }
    return all;
  }

 private:
  int64_t number(size_t bytes) {
    int64_t value = 0;
    for (const char byte : text(static_cast<int64_t>(bytes))) value = value << 8 | static_cast<unsigned char>(byte);
    return value;
  }
  std::string text(int64_t size) {
    good_ = good_ && size >= 0 && static_cast<size_t>(size) <= rest_.size();
    if (!good_) return {};
    const std::string taken(rest_.substr(0, static_cast<size_t>(size)));
    rest_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view rest_;
  bool good_ = true;
};

GroupMember member_of(const rd_kafka_group_member_info& member) {
  // The coordinator makes it of the group.instance.id, else of the client.id, and of a UUID behind a hyphen.
  constexpr size_t kUuid = 37;
  const std::string id = member.member_id, host = member.client_host;
  return {id.size() > kUuid ? id.substr(0, id.size() - kUuid) : id,
          host.substr(host.starts_with('/') ? 1 : 0),  // the broker writes /192.0.2.7
          Assignment(member.member_assignment, member.member_assignment_size).partitions()};
}
}  // namespace

GroupMembers::GroupMembers(const config::KafkaSettings& settings, std::chrono::milliseconds timeout)
    : timeout_(timeout),
      client_(make_producer(client_config(ClientRole::admin, settings))) {}

// Not by rd_kafka_DescribeConsumerGroups: it ends the process when a coordinator does not answer in time (seen
// with 2.0.2; https://github.com/confluentinc/librdkafka/issues/4605).
std::map<std::string, std::vector<GroupMember>> GroupMembers::look(const std::vector<std::string>& groups) {
  std::map<std::string, std::vector<GroupMember>> all;
  for (const auto& name : groups) {
    const rd_kafka_group_list* found = nullptr;
    throw_unless_ok("who is in the consumer groups of Kafka",
                    rd_kafka_list_groups(client_.get(), name.c_str(), &found, static_cast<int>(timeout_.count())));
    const GroupList list(found);
    auto& members = all[name];
    for (int i = 0; i < list->group_cnt; ++i) {
      const auto& group = list->groups[i];
      if (heals_by_waiting(group.err)) throw_error(name, group.err);
      if (group.err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
      for (int j = 0; j < group.member_cnt; ++j) members.push_back(member_of(group.members[j]));
    }
  }
  return all;
}

}  // namespace wxpipe::kafka
