#include "sinks/custody/resender.hpp"

#include <fmt/format.h>

#include <utility>

#include "common/kafka/error.hpp"
#include "common/result.hpp"
#include "schemas/record_side.hpp"

namespace wxpipe::sinks {
namespace {
// The event with the mark of a repair. What is no JSON object stays as it is.
std::string marked(const std::string& event) {
  if (!event.starts_with("{\"") || !event.ends_with('}') || event.ends_with(schemas::kRepairMark)) return event;
  return event.substr(0, event.size() - 1).append(schemas::kRepairMark);
}
}  // namespace

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
  const kafka::Header traceparent{schemas::kTraceparentHeader, copy.traceparent};
  const std::span headers(&traceparent, copy.traceparent.empty() ? 0 : 1);
  const auto value = copy.topic == schemas::TopicName::events ? marked(copy.value) : copy.value;
  producer_.produce(static_cast<size_t>(copy.topic), {copy.key, value, headers, copy.timestamp});
}

}  // namespace wxpipe::sinks
