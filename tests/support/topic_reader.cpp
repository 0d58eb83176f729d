#include "tests/support/topic_reader.hpp"

#include <algorithm>
#include <stdexcept>

#include "common/kafka/client_config.hpp"
#include "common/kafka/error.hpp"
#include "common/kafka/partition.hpp"
#include "schemas/record_side.hpp"

namespace wxpipe::support {
namespace {
constexpr std::chrono::milliseconds kAnswer{10'000};

kafka::Client make_client(const config::KafkaSettings& settings, Isolation isolation) {
  auto client = kafka::make_consumer(
      client_config(kafka::ClientRole::reader, settings,
                    {{"isolation.level", isolation == Isolation::uncommitted ? "read_uncommitted" : "read_committed"},
                     {"group.id", "wxpipe-test-reader"},  // never joined
                     {"enable.partition.eof", "true"},
                     {"fetch.wait.max.ms", "20"}}));
  kafka::throw_unless_ok("rd_kafka_poll_set_consumer", rd_kafka_poll_set_consumer(client.get()));
  return client;
}

// By partition: the offset after the last record that this client may see. `all` ends there. The broker is asked for
// it, because a slow fetch must not look like the end.
std::vector<int64_t> visible_ends(rd_kafka_t* client, const std::string& topic, size_t partitions) {
  std::vector<kafka::PartitionOffset> latest;
  for (size_t i = 0; i < partitions; ++i) latest.push_back({{topic, static_cast<int>(i)}, -1});
  const auto list = kafka::to_list(latest);
  // A new topic's leader may not know yet that it is the leader.
  rd_kafka_resp_err_t code{};
  rig::eventually(
      [&] {
        code = rd_kafka_offsets_for_times(client, list.get(), static_cast<int>(kAnswer.count()));
        return !kafka::heals_by_waiting(code);
      },
      kAnswer);
  kafka::throw_unless_ok("offsets_for_times", code);
  std::vector<int64_t> ends(partitions);
  for (const auto& [partition, offset] : kafka::from_list("offsets_for_times", list.get()))
    ends[static_cast<size_t>(partition.number)] = offset;
  return ends;
}
}  // namespace

TopicReader::TopicReader(const config::KafkaSettings& settings, const std::string& topic, Isolation isolation)
    : settings_(settings),
      isolation_(isolation),
      client_(make_client(settings, isolation)),
      topic_(topic) {
  const kafka::Topic handle(rd_kafka_topic_new(client_.get(), topic.c_str(), nullptr));
  const rd_kafka_metadata_t* raw = nullptr;
  kafka::throw_unless_ok("metadata",
                         rd_kafka_metadata(client_.get(), 0, handle.get(), &raw, static_cast<int>(kAnswer.count())));
  const kafka::Metadata metadata(raw);
  if (metadata->topic_cnt != 1 || metadata->topics[0].partition_cnt == 0) throw std::runtime_error("no topic " + topic);
  const auto partitions = static_cast<size_t>(metadata->topics[0].partition_cnt);
  next_.assign(partitions, 0);
  std::vector<kafka::PartitionOffset> beginnings;
  for (size_t i = 0; i < partitions; ++i) beginnings.push_back({{topic, static_cast<int>(i)}, kafka::kLogBegin});
  kafka::throw_unless_ok("assign", rd_kafka_assign(client_.get(), kafka::to_list(beginnings).get()));
}

void TopicReader::poll(std::chrono::milliseconds wait) {
  const kafka::Message message(rd_kafka_consumer_poll(client_.get(), static_cast<int>(wait.count())));
  if (!message) return;
  const auto partition = static_cast<size_t>(message->partition);
  if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    next_[partition] = std::max(next_[partition], message->offset);
  } else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    next_[partition] = message->offset + 1;
    rd_kafka_timestamp_type_t type;
    TopicRecord record{message->partition, message->offset, {}, {}, {}, {}, {}, {}, {}};
    if (message->key) record.key.assign(static_cast<const char*>(message->key), message->key_len);
    if (message->payload) record.value.assign(static_cast<const char*>(message->payload), message->len);
    record.timestamp = Timestamp(std::chrono::milliseconds(rd_kafka_message_timestamp(message.get(), &type)));
    const auto ids = schemas::ids_of(record.value);
    record.event_id = ids.event_id;
    record.receipt = ids.receipt;
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(message.get(), &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
      const char* name = nullptr;
      const void* value = nullptr;
      size_t size = 0;
      for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
        record.headers.emplace_back(name);
        if (record.headers.back() == schemas::kTraceparentHeader)
          record.traceparent.assign(static_cast<const char*>(value), size);
      }
    }
    found_.push_back(std::move(record));
  } else if (!kafka::heals_by_waiting(message->err)) {
    kafka::throw_error("read " + topic_, message->err);
  }
}

std::vector<TopicRecord> TopicReader::all() {
  const auto ends = isolation_ == Isolation::committed
                        ? visible_ends(make_client(settings_, Isolation::uncommitted).get(), topic_, next_.size())
                        : visible_ends(client_.get(), topic_, next_.size());
  const auto deadline = std::chrono::steady_clock::now() + rig::kPatience;
  const auto done = [&] {
    for (size_t i = 0; i < ends.size(); ++i)
      if (next_[i] < ends[i]) return false;
    return true;
  };
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error(topic_ + " could not be read to its end");
    poll(std::chrono::milliseconds(100));
  }
  return sorted();
}

std::vector<TopicRecord> TopicReader::at_least(size_t count, std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (found_.size() < count && std::chrono::steady_clock::now() < deadline) poll(std::chrono::milliseconds(20));
  return sorted();
}

std::vector<TopicRecord> TopicReader::sorted() const {
  auto records = found_;
  std::sort(records.begin(), records.end(), [](const TopicRecord& a, const TopicRecord& b) {
    return std::pair(a.partition, a.offset) < std::pair(b.partition, b.offset);
  });
  return records;
}

}  // namespace wxpipe::support
