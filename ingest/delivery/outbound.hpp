// One record that ingest makes durable: topic, key, value and header. A plain value.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "common/clock.hpp"
#include "schemas/topics.hpp"

namespace wxpipe::ingest {

struct Outbound {
  schemas::TopicName topic = schemas::TopicName::events;
  std::string key, value;
  std::string event_id;     // only in spools of older versions, where it is part of the checksum
  std::string receipt;      // as in the value
  std::string traceparent;  // the header; empty: none
  Timestamp timestamp;      // received_at

  // Empties the strings but keeps their memory for the next record.
  void clear() {
    for (auto* text : {&key, &value, &event_id, &receipt, &traceparent}) text->clear();
  }
  bool operator==(const Outbound&) const = default;
};

// Where the event was durable when its callback was answered.
enum class DeliveryPath { broker, spool, nowhere };
inline std::string_view to_string(DeliveryPath path) {
  return path == DeliveryPath::broker ? "broker" : path == DeliveryPath::spool ? "spool" : "nowhere";
}

inline uint64_t key_hash(const Outbound& record) { return std::hash<std::string_view>{}(record.key); }

}  // namespace wxpipe::ingest
