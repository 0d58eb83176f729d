#include "common/kafka/group_note.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <cstring>
#include <new>

#include "common/kafka/error.hpp"
#include "common/result.hpp"

namespace wxpipe::kafka {
namespace {
using GroupToDelete = std::unique_ptr<rd_kafka_DeleteGroup_t, Destroy<rd_kafka_DeleteGroup_destroy>>;
using AdminOptions = std::unique_ptr<rd_kafka_AdminOptions_t, Destroy<rd_kafka_AdminOptions_destroy>>;

int ms(std::chrono::milliseconds time) { return static_cast<int>(time.count()); }
}  // namespace

GroupNote::GroupNote(const config::KafkaSettings& settings, const std::string& group, Partition at)
    : group_(group),
      at_(std::move(at)),
      client_(make_consumer(client_config(ClientRole::reader, settings, {{"group.id", group}}))) {}

GroupNote::~GroupNote() { rd_kafka_destroy_flags(client_.release(), RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE); }

void GroupNote::check(std::string_view call, rd_kafka_resp_err_t code) const {
  if (code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)
    throw UsageError(fmt::format("Kafka: this user may not use the consumer group {}; allow it by an ACL", group_));
  throw_unless_ok(call, code);
}

std::string GroupNote::read(std::chrono::milliseconds timeout) {
  const PartitionOffset wanted{at_};
  const auto list = to_list({&wanted, 1});
  check("rd_kafka_committed", rd_kafka_committed(client_.get(), list.get(), ms(timeout)));
  const auto& found = list->elems[0];
  check("rd_kafka_committed", found.err);
  return found.metadata == nullptr ? std::string()
                                   : std::string(static_cast<const char*>(found.metadata), found.metadata_size);
}

void GroupNote::write(std::string_view text, std::chrono::milliseconds timeout) {
  const PartitionOffset wanted{at_, 0};
  const auto list = to_list({&wanted, 1});
  if (!text.empty()) {
    auto& entry = list->elems[0];
    entry.metadata = std::malloc(text.size());  // librdkafka frees it with the list
    if (entry.metadata == nullptr) throw std::bad_alloc();
    std::memcpy(entry.metadata, text.data(), text.size());
    entry.metadata_size = text.size();
  }
  const Queue queue(rd_kafka_queue_new(client_.get()));
  check("rd_kafka_commit_queue", rd_kafka_commit_queue(client_.get(), list.get(), queue.get(), nullptr, nullptr));
  const Event event(rd_kafka_queue_poll(queue.get(), ms(timeout)));
  if (!event) throw Unavailable(fmt::format("the coordinator of the group {} did not answer", group_));
  check("rd_kafka_commit_queue", rd_kafka_event_error(event.get()));
}

void GroupNote::remove(std::chrono::milliseconds timeout) {
  const GroupToDelete group(rd_kafka_DeleteGroup_new(group_.c_str()));
  const AdminOptions options(rd_kafka_AdminOptions_new(client_.get(), RD_KAFKA_ADMIN_OP_DELETEGROUPS));
  char why[256];
  throw_unless_ok("request_timeout",
                  rd_kafka_AdminOptions_set_request_timeout(options.get(), ms(timeout), why, sizeof why));
  const Queue queue(rd_kafka_queue_new(client_.get()));
  auto* pointer = group.get();
  rd_kafka_DeleteGroups(client_.get(), &pointer, 1, options.get(), queue.get());
  const Event event(rd_kafka_queue_poll(queue.get(), ms(timeout) + 1'000));
  if (!event) throw Unavailable(fmt::format("the coordinator of the group {} did not answer", group_));
  check("rd_kafka_DeleteGroups", rd_kafka_event_error(event.get()));
  size_t count = 0;
  const auto** results = rd_kafka_DeleteGroups_result_groups(rd_kafka_event_DeleteGroups_result(event.get()), &count);
  for (size_t i = 0; i < count; ++i) {
    const auto* error = rd_kafka_group_result_error(results[i]);
    if (error == nullptr || rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND) continue;
    check("rd_kafka_DeleteGroups", rd_kafka_error_code(error));
  }
}

}  // namespace wxpipe::kafka
