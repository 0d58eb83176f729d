#include "sinks/custody/drain.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/result.hpp"
#include "common/runtime/stop_wait.hpp"
#include "sinks/families.hpp"

namespace wxpipe::sinks {
namespace {
using namespace std::chrono_literals;
using schemas::TopicName;
using std::chrono::steady_clock;

constexpr auto kTimeout = 3s;  // of one question to Kafka
constexpr auto kPause = 50ms;
constexpr int64_t kFew = 2'000;  // at most so many offsets are read to look for a record among them
constexpr auto kReadTimeout = 2s;
}  // namespace

Drain::Drain(const config::Settings& settings)
    : prefix_(settings.kafka.topic_prefix),
      admin_(settings.kafka, kTimeout),
      log_(settings.kafka),
      process_(settings.kafka, schemas::process_group(prefix_)) {}

std::string Drain::marks(postgres::Connection& connection, Deadline deadline, const std::stop_token& stop) {
  return facts(connection, schemas::family_of<schemas::CustodyMark>(), deadline, stop);
}

std::string Drain::events(postgres::Connection& connection, Deadline deadline, const std::stop_token& stop) {
  const auto committed = [&](const std::vector<kafka::PartitionOffset>& asked) {
    std::vector<kafka::Partition> partitions;
    for (const auto& [partition, end] : asked) partitions.push_back(partition);
    Positions positions;
    for (const auto& [partition, next] : process_.committed(partitions, kTimeout)) positions[partition.number] = next;
    return positions;
  };
  auto behind = wait("process", ends(TopicName::events), committed, deadline, stop);
  // Read these ends only after process is through: then everything it wrote is before them.
  for (const auto* family : {&schemas::family_of<schemas::Event>(), &schemas::family_of<schemas::DeadLetter>()})
    if (behind.empty()) behind = facts(connection, *family, deadline, stop);
  return behind;
}

std::vector<kafka::PartitionOffset> Drain::ends(TopicName topic) {
  const auto name = schemas::topic_name(prefix_, topic);
  const auto view = admin_.view();
  const auto found = view.topics.find(name);
  if (found == view.topics.end())
    throw Unavailable(fmt::format("topic {} is missing; run `wxpipe topics apply`", name));
  std::vector<kafka::Partition> partitions;
  for (int i = 0; i < found->second.partitions; ++i) partitions.push_back({name, i});
  return log_.ends(partitions, kTimeout);
}

std::string Drain::facts(postgres::Connection& connection, const schemas::FamilyInfo& family, Deadline deadline,
                         const std::stop_token& stop) {
  const auto group = group_id(prefix_, family);
  const auto stored = [&](const std::vector<kafka::PartitionOffset>& asked) {
    const auto rows = connection.execute(
        "select partition, next_offset from wxpipe.sink_offsets where group_id = $1::text and topic = $2::text",
        postgres::Parameters().text(group).text(asked.front().partition.topic));
    Positions positions;
    for (size_t i = 0; i < rows.size(); ++i) positions[static_cast<int>(rows.integer(i, 0))] = rows.integer(i, 1);
    return positions;
  };
  return wait(fmt::format("sink.{}", family.name), ends(family.topic.name), stored, deadline, stop);
}

// A reader that has taken all records can still be before the end, because transactions leave markers there. So the
// offsets between are read. A reader after the end has either gone on since the end was read, or the topic was created
// again and the reader has taken nothing from it.
std::string Drain::wait(const std::string& reader, std::vector<kafka::PartitionOffset> ends,
                        const std::function<Positions(const std::vector<kafka::PartitionOffset>&)>& positions,
                        Deadline deadline, const std::stop_token& stop) {
  std::vector<kafka::Partition> partitions;
  for (const auto& [partition, end] : ends) partitions.push_back(partition);
  std::map<int, int64_t> begins;
  for (const auto& [partition, begin] : log_.beginnings(partitions, kTimeout)) begins[partition.number] = begin;
  std::map<int, bool> looked_at;
  std::string hindrance;
  for (;;) {
    const auto now_at = positions(ends);
    int64_t behind = 0;
    std::vector<kafka::Stretch> unclear;
    for (auto& [partition, end] : ends) {
      const auto known = now_at.find(partition.number);
      const auto at = std::max(known == now_at.end() ? 0 : known->second, begins[partition.number]);
      if (at > end && log_.ends({partition}, kTimeout).front().offset < at) {
        behind += end - begins[partition.number];
        continue;
      }
      if (at >= end) continue;
      behind += end - at;
      if (end - at <= kFew && !looked_at[partition.number]) unclear.push_back({partition, at, end});
    }
    if (behind == 0) return {};
    if (!unclear.empty()) {
      // Move the end back to just after the last record. This is final: the log before it doesn't change any more.
      std::map<int, int64_t> last;
      try {
        log_.read(
            unclear, [&](const kafka::Record& record) { last[record.partition()] = record.offset() + 1; }, kReadTimeout,
            stop);
        for (const auto& stretch : unclear) {
          looked_at[stretch.partition.number] = true;
          for (auto& [partition, end] : ends)
            if (partition == stretch.partition)
              end = last.contains(partition.number) ? last[partition.number] : stretch.from;
        }
        hindrance.clear();
      } catch (const Unavailable& error) {  // probably an open transaction, which will end or be ended
        hindrance = error.what();
      }
      if (hindrance.empty()) continue;
    }
    if (steady_clock::now() >= deadline || stop.stop_requested())
      return fmt::format("{} is up to {} records behind on {}{}", reader, behind, ends.front().partition.topic,
                         hindrance.empty() ? "" : ": " + hindrance);
    runtime::wait(stop, kPause);
  }
}

}  // namespace wxpipe::sinks
