#include "common/kafka/consumer.hpp"

#include "common/kafka/error.hpp"
#include "common/result.hpp"
#include "common/telemetry/log.hpp"

namespace wxpipe::kafka {
namespace {
// When its queue is full, librdkafka before 2.2 waits a second before it fetches again (#2879), unless something else
// wakes up the broker's thread. Later versions have fetch.queue.backoff.ms.
constexpr bool kLooksLate = RD_KAFKA_VERSION < 0x02020000;
constexpr size_t kTellAfter = 1 << 20;

Conf with_rebalance(Conf conf,
                    void (*callback)(rd_kafka_t*, rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t*, void*),
                    void* self) {
  rd_kafka_conf_set_rebalance_cb(conf.get(), callback);
  rd_kafka_conf_set_opaque(conf.get(), self);
  return conf;
}

PartitionList to_starts(std::vector<PartitionOffset> offsets) {
  for (auto& [partition, offset] : offsets)
    if (offset == kNoOffset) offset = RD_KAFKA_OFFSET_INVALID;  // auto.offset.reset decides
  return to_list(offsets);
}
}  // namespace

std::string member_id(std::string_view instance, std::string_view role, int slot) {
  auto id = fmt::format("{}.{}.{}", instance, role, slot);
  for (char& c : id)
    if (!(('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || ('0' <= c && c <= '9') || c == '.' || c == '_' ||
          c == '-'))
      c = '-';
  return id;
}

std::chrono::milliseconds show_offsets_every(const config::KafkaSettings& settings) {
  const auto conf = client_config(ClientRole::sink_consumer, settings);
  char value[32];
  size_t size = sizeof value;
  if (rd_kafka_conf_get(conf.get(), "auto.commit.interval.ms", value, &size) != RD_KAFKA_CONF_OK)
    throw UsageError("kafka: librdkafka doesn't know auto.commit.interval.ms");
  return std::chrono::milliseconds(std::stoi(value));
}

Consumer::Consumer(Conf conf, const std::vector<std::string>& topics, RebalanceListener& listener)
    : listener_(listener),
      client_(make_consumer(with_rebalance(std::move(conf), &Consumer::on_rebalance, this))) {
  throw_unless_ok("rd_kafka_poll_set_consumer", rd_kafka_poll_set_consumer(client_.get()));
  std::vector<PartitionOffset> subscription;
  for (const auto& topic : topics) subscription.push_back({{topic, RD_KAFKA_PARTITION_UA}});
  const auto list = to_list(subscription);
  throw_unless_ok("rd_kafka_subscribe", rd_kafka_subscribe(client_.get(), list.get()));
}

Consumer::~Consumer() { rd_kafka_destroy_flags(client_.release(), RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE); }

std::optional<Record> Consumer::poll(std::chrono::milliseconds timeout) {
  Message message(rd_kafka_consumer_poll(client_.get(), static_cast<int>(timeout.count())));
  if (listener_error_) {
    message.reset();
    std::rethrow_exception(std::exchange(listener_error_, nullptr));
  }
  if (!message) return std::nullopt;
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    if constexpr (kLooksLate) fetch_on(message->len);
    return Record(std::move(message));
  }

  const auto code = message->err;
  const std::string why = rd_kafka_message_errstr(message.get());
  message.reset();  // when destroyed, librdkafka waits for every message, also for errors
  if (code == RD_KAFKA_RESP_ERR__FATAL) throw_fatal();
  if (code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || code == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE)
    throw OffsetOutOfRange(describe("consumer", code, why));
  const bool no_topic = code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
                        code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
  // After a late poll the consumer loses its partitions, but rejoins by itself. Other errors that pass with time are
  // retried by librdkafka too.
  if (code == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED || (heals_by_waiting(code) && !no_topic)) {
    telemetry::log_warn("consumer_hindered", {{"error", rd_kafka_err2name(code)}, {"why", why}});
    return std::nullopt;
  }
  throw_error("consumer", code, why);
}

void Consumer::throw_fatal() const {
  char why[512] = "";
  const auto cause = rd_kafka_fatal_error(client_.get(), why, sizeof why);
  if (cause == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID)
    throw Fenced("another process of this role has the same name; give each its own --instance (or WXPIPE_INSTANCE)");
  throw Fenced(describe("consumer", cause, why));
}

std::vector<PartitionOffset> Consumer::committed(const std::vector<Partition>& partitions,
                                                 std::chrono::milliseconds timeout) {
  if (partitions.empty()) return {};
  std::vector<PartitionOffset> wanted;
  for (const auto& partition : partitions) wanted.push_back({partition});
  const auto list = to_list(wanted);
  throw_unless_ok("rd_kafka_committed",
                  rd_kafka_committed(client_.get(), list.get(), static_cast<int>(timeout.count())));
  return from_list("rd_kafka_committed", list.get());
}

void Consumer::show(const std::vector<PartitionOffset>& offsets) {
  const auto list = to_list(offsets);
  rd_kafka_commit(client_.get(), list.get(), 1);
}

GroupMetadata Consumer::group_metadata() const {
  return GroupMetadata(rd_kafka_consumer_group_metadata(client_.get()));
}

void Consumer::assign(std::vector<PartitionOffset> offsets) {
  throw_unless_ok("rd_kafka_assign", replace_assignment(to_starts(std::move(offsets)).get()));
}

rd_kafka_resp_err_t Consumer::replace_assignment(const rd_kafka_topic_partition_list_t* list) {
  const auto result = rd_kafka_assign(client_.get(), list);
  assigned_.reset(list && list->cnt > 0 ? rd_kafka_topic_partition_list_copy(list) : nullptr);
  if (assigned_)
    for (int i = 0; i < assigned_->cnt; ++i) assigned_->elems[i].offset = RD_KAFKA_OFFSET_END;
  return result;
}

// Asks each leader for something and doesn't wait for the answer, so the call always says "timed out" and its result is
// dropped. The request wakes up the broker's thread, which then fetches if there is room.
void Consumer::fetch_on(size_t taken) {
  taken_ += taken;
  if (taken_ < kTellAfter || !assigned_) return;
  taken_ = 0;
  rd_kafka_offsets_for_times(client_.get(), assigned_.get(), 0);
}

std::string Consumer::cluster_id(std::chrono::milliseconds timeout) const {
  char* id = rd_kafka_clusterid(client_.get(), static_cast<int>(timeout.count()));
  if (!id) return {};
  std::string copy(id);
  rd_kafka_mem_free(client_.get(), id);
  return copy;
}

int64_t Consumer::known_end(const Partition& partition) const {
  int64_t low = kNoOffset, high = kNoOffset;
  const auto code =
      rd_kafka_get_watermark_offsets(client_.get(), partition.topic.c_str(), partition.number, &low, &high);
  return code == RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0 ? high : kNoOffset;
}

void Consumer::on_rebalance(rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions,
                            void* self) {
  static_cast<Consumer*>(self)->rebalance(code, partitions);
}

// Called by C code, so exceptions must not leave it: they are kept in listener_error_, and poll throws them.
void Consumer::rebalance(rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions) {
  PartitionList start;  // null: nothing assigned
  try {
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
      start = to_starts(listener_.assigned(partitions_of(partitions)));
    } else {
      listener_.revoked(partitions_of(partitions), rd_kafka_assignment_lost(client_.get()) != 0);
    }
  } catch (...) {
    listener_error_ = std::current_exception();
    start.reset();
  }
  const auto result = replace_assignment(start.get());
  if (result != RD_KAFKA_RESP_ERR_NO_ERROR && !listener_error_)
    listener_error_ = std::make_exception_ptr(Unavailable(describe("rd_kafka_assign", result)));
}

}  // namespace wxpipe::kafka
