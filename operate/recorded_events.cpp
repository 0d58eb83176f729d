#include "operate/recorded_events.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/kafka/admin.hpp"
#include "common/result.hpp"
#include "schemas/fact_json.hpp"
#include "schemas/topics.hpp"

namespace wxpipe::operate {
namespace {
using namespace std::chrono_literals;

constexpr auto kTimeout = 3s;           // of one question to Kafka
constexpr auto kReadTimeout = 10s;      // for one step's records
constexpr int64_t kStep = 500;          // offsets of a partition in one step: bounds memory
constexpr size_t kRemembered = 50'000;  // ids, before the older half is forgotten
}  // namespace

RecordedEvents::RecordedEvents(const config::Settings& settings, EventFilter filter, Timestamp from)
    : filter_(std::move(filter)),
      topic_(schemas::topic_name(settings.kafka.topic_prefix, schemas::TopicName::events)),
      reader_(settings.kafka) {
  const auto view = kafka::Admin(settings.kafka, kTimeout).view();
  const auto found = view.topics.find(topic_);
  if (found == view.topics.end())
    throw Unavailable(fmt::format("topic {} is missing; run `wxpipe topics apply`", topic_));
  std::vector<kafka::PartitionReader::Moment> moments;
  for (int i = 0; i < found->second.partitions; ++i) {
    partitions_.push_back({topic_, i});
    moments.push_back({partitions_.back(), from});
  }
  for (const auto& [partition, end] : reader_.ends(partitions_, kTimeout)) next_[partition] = end;
  for (const auto& [partition, offset] : reader_.at_times(moments, kTimeout))
    if (offset != kafka::kNoOffset) next_[partition] = offset;
}

bool RecordedEvents::is_repeat(const Uuid& id) {
  if (seen_before_.contains(id) || !seen_.insert(id).second) return true;
  if (seen_.size() >= kRemembered) {
    seen_before_ = std::move(seen_);
    seen_.clear();
  }
  return false;
}

std::vector<schemas::Event> RecordedEvents::step() {
  std::vector<kafka::Stretch> stretches;
  behind_ = 0;
  for (const auto& [partition, end] : reader_.stable_ends(partitions_, kTimeout)) {
    const auto next = next_[partition];
    const auto to = std::min(end, next + kStep);
    if (next < to) stretches.push_back({partition, next, to});
    behind_ += std::max<int64_t>(0, end - std::max(next, to));
  }
  std::vector<schemas::Event> events;
  reader_.read(
      stretches,
      [&](const kafka::Record& record) {
        const auto value = record.value();
        auto event = schemas::decode<schemas::Event>(value);
        if (!event || !filter_.takes(*event, value)) return;
        if (is_repeat(event->id))
          ++repeats_;
        else
          events.push_back(std::move(*event));
      },
      kReadTimeout);
  for (const auto& stretch : stretches) next_[stretch.partition] = stretch.to;
  std::ranges::stable_sort(events, {}, &schemas::Event::received_at);
  return events;
}

}  // namespace wxpipe::operate
