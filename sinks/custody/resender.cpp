#include "sinks/custody/resender.hpp"

#include <fmt/format.h>

#include <utility>

#include "common/kafka/error.hpp"
#include "common/result.hpp"
#include "schemas/record_side.hpp"

namespace wxpipe::sinks {

Resender::Resender(const config::KafkaSettings& settings, const std::string& transactional_id)
    : producer_(settings, transactional_id, schemas::topic_names(settings.topic_prefix),
                {{"message.max.bytes", fmt::format("{}", schemas::kMaxMessageBytes)}}) {}

void Resender::send(const std::vector<Copy>& copies) {
  try {
    if (!std::exchange(begun_, true)) producer_.init();
    producer_.begin();
    for (const auto& copy : copies) produce(copy);
    producer_.commit();
  } catch (const kafka::TransactionAborted& error) {
    producer_.abort();
    throw Unavailable(fmt::format("a transaction was aborted: {}", error.what()));
  } catch (const Fenced& error) {
    throw Unavailable(fmt::format("the producer was refused (by another command of this kind?): {}", error.what()));
  }
}

void Resender::produce(const Copy& copy) {
  std::vector<kafka::Header> headers;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) headers.push_back({name, value});
  };
  add("event_id", copy.event_id);
  add("receipt", copy.receipt);
  add("traceparent", copy.traceparent);
  if (copy.topic == schemas::TopicName::events) add(schemas::kRepairHeader, "1");
  producer_.produce(static_cast<size_t>(copy.topic), {copy.key, copy.value, headers, copy.timestamp});
}

}  // namespace wxpipe::sinks
