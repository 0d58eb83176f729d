#include "common/kafka/group_members.hpp"

#include "common/kafka/error.hpp"
#include "common/result.hpp"

namespace wxpipe::kafka {
namespace {
using OptionsHandle = std::unique_ptr<rd_kafka_AdminOptions_t, Destroy<rd_kafka_AdminOptions_destroy>>;

std::string or_empty(const char* text) { return text ? text : ""; }

GroupMember member_of(const rd_kafka_MemberDescription_t* member) {
  const auto* id = rd_kafka_MemberDescription_group_instance_id(member);
  const auto host = or_empty(rd_kafka_MemberDescription_host(member));
  const auto* partitions = rd_kafka_MemberAssignment_partitions(rd_kafka_MemberDescription_assignment(member));
  return {id ? id : or_empty(rd_kafka_MemberDescription_client_id(member)),
          host.substr(host.starts_with('/') ? 1 : 0),  // the broker writes /192.0.2.7
          partitions ? partitions_of(partitions) : std::vector<Partition>()};
}
}  // namespace

GroupMembers::GroupMembers(const config::KafkaSettings& settings, std::chrono::milliseconds timeout)
    : timeout_(timeout),
      client_(make_producer(client_config(ClientRole::admin, settings))) {}

std::map<std::string, std::vector<GroupMember>> GroupMembers::look(const std::vector<std::string>& groups) {
  std::vector<const char*> names;
  for (const auto& group : groups) names.push_back(group.c_str());
  const auto limit = static_cast<int>(timeout_.count());
  const Queue queue(rd_kafka_queue_new(client_.get()));
  const OptionsHandle options(rd_kafka_AdminOptions_new(client_.get(), RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS));
  char why[256];
  throw_unless_ok("request_timeout", rd_kafka_AdminOptions_set_request_timeout(options.get(), limit, why, sizeof why));
  rd_kafka_DescribeConsumerGroups(client_.get(), names.data(), names.size(), options.get(), queue.get());
  // The request's own timeout ends it; the extra time is for the answer's way back.
  const Event event(rd_kafka_queue_poll(queue.get(), limit + 1000));
  if (!event) throw Unavailable("the cluster did not say who is in its consumer groups");
  if (const auto code = rd_kafka_event_error(event.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
    throw_error("DescribeConsumerGroups", code, or_empty(rd_kafka_event_error_string(event.get())));
  const auto* result = rd_kafka_event_DescribeConsumerGroups_result(event.get());
  if (result == nullptr) throw Unavailable("unexpected answer to a question about consumer groups");
  size_t count = 0;
  const auto** found = rd_kafka_DescribeConsumerGroups_result_groups(result, &count);
  std::map<std::string, std::vector<GroupMember>> all;
  for (size_t i = 0; i < count; ++i) {
    const std::string name = rd_kafka_ConsumerGroupDescription_group_id(found[i]);
    auto& members = all[name];
    const auto code = rd_kafka_error_code(rd_kafka_ConsumerGroupDescription_error(found[i]));
    if (heals_by_waiting(code)) throw_error(name, code);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    for (size_t j = 0; j < rd_kafka_ConsumerGroupDescription_member_count(found[i]); ++j)
      members.push_back(member_of(rd_kafka_ConsumerGroupDescription_member(found[i], j)));
  }
  return all;
}

}  // namespace wxpipe::kafka
