// One consumed Kafka record. Views into it stay valid as long as it lives; it must be gone before its consumer is
// destroyed (librdkafka waits for every message it handed out).
#pragma once

#include <string_view>

#include "common/clock.hpp"
#include "common/kafka/handles.hpp"

namespace wxpipe::kafka {

class Record {
 public:
  explicit Record(Message message) : message_(std::move(message)) {}

  std::string_view topic() const { return rd_kafka_topic_name(message_->rkt); }
  int partition() const { return message_->partition; }
  int64_t offset() const { return message_->offset; }
  std::string_view key() const { return text(message_->key, message_->key_len); }
  std::string_view value() const { return text(message_->payload, message_->len); }
  bool has_value() const { return message_->payload != nullptr; }
  // The record's time (CreateTime); wxpipe's producers set it to received_at. The epoch if it has none.
  Timestamp timestamp() const;
  // The last header of that name; empty: absent.
  std::string_view header(const char* name) const;

 private:
  static std::string_view text(const void* data, size_t size) { return {static_cast<const char*>(data), size}; }

  Message message_;
};

}  // namespace wxpipe::kafka
