#include "operate/replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <vector>

#include "common/kafka/admin.hpp"
#include "common/kafka/partition_reader.hpp"
#include "common/postgres/sql_array.hpp"
#include "common/result.hpp"
#include "common/runtime/stop_wait.hpp"
#include "operate/moment.hpp"
#include "operate/renormalize.hpp"
#include "processors/process_batch.hpp"
#include "processors/steps.hpp"
#include "schemas/fact_json.hpp"
#include "schemas/record_side.hpp"

namespace wxpipe::operate {
namespace {
using namespace std::chrono_literals;
using kafka::Partition, kafka::PartitionOffset;
using postgres::ElementType, postgres::Parameters, postgres::SqlArray;
using schemas::TopicName;
using std::chrono::steady_clock;

constexpr auto kTimeout = 10s;            // of one question to Kafka
constexpr auto kNothingComes = 30s;       // then the broker counts as away
constexpr auto kSaveEvery = 1s;           // the position
constexpr size_t kMostBytes = 8 << 20;    // of a portion
constexpr double kPortionsPerSecond = 5;  // at least, where the rate is limited

// A record, copied: the portion outlives it.
struct Kept {
  int partition = 0;
  int64_t offset = 0;
  std::string key, value, traceparent;
  std::string old_event_id, old_receipt;  // headers of older versions
  bool has_value = true, old_repair = false;
  Timestamp timestamp;
};

Kept keep(const kafka::Record& record) {
  return {record.partition(),
          record.offset(),
          std::string(record.key()),
          std::string(record.value()),
          std::string(record.header(schemas::kTraceparentHeader)),
          std::string(record.header(schemas::kOldEventIdHeader)),
          std::string(record.header(schemas::kOldReceiptHeader)),
          record.has_value(),
          !record.header(schemas::kOldRepairHeader).empty(),
          record.timestamp()};
}

class Replay {
 public:
  Replay(const config::Settings& settings, postgres::Connection* positions, const ReplayOrder& order,
         ReplayTarget& target, const std::function<void(const Replayed&)>& progress, const std::stop_token& stop)
      : settings_(settings),
        positions_(positions),
        order_(order),
        target_(target),
        progress_(progress),
        stop_(stop),
        topic_(schemas::topic_name(settings.kafka.topic_prefix, order.topic)),
        reader_(settings.kafka),
        steps_(processors::make_steps(settings)),
        portion_(static_cast<size_t>(settings.process.batch_records)) {
    if (order.renormalize) renormalizer_ = std::make_unique<Renormalizer>(settings);
    if (order.most_per_second > 0)
      portion_ = std::clamp<size_t>(static_cast<size_t>(order.most_per_second / kPortionsPerSecond), 1, portion_);
  }

  Replayed run() {
    const auto stretches = plan();
    begin();
    started_ = saved_ = steady_clock::now();
    try {
      reader_.read(
          stretches, [&](const kafka::Record& record) { take(record); }, kNothingComes, stop_);
    } catch (const Unavailable&) {
      if (!stop_.stop_requested()) throw;
      done_.stopped = true;
    }
    hand_over();
    if (!done_.stopped)
      for (auto& [partition, stretch] : open_) pass(stretch, stretch.to);
    save();
    return done_;
  }

 private:
  // --- where it begins and ends ---

  std::vector<kafka::Stretch> plan() {
    const auto view = kafka::Admin(settings_.kafka, kTimeout).view();
    const auto found = view.topics.find(topic_);
    if (found == view.topics.end())
      throw Unavailable(fmt::format("topic {} is missing; run `wxpipe topics apply`", topic_));
    std::vector<Partition> partitions;
    for (int i = 0; i < found->second.partitions; ++i)
      if (!order_.partition || *order_.partition == i) partitions.push_back({topic_, i});
    if (partitions.empty())
      throw UsageError(fmt::format("--partition: {} has {}, counted from 0", topic_, found->second.partitions));

    std::map<Partition, int64_t> begins, ends;
    for (const auto& [partition, offset] : reader_.beginnings(partitions, kTimeout)) begins[partition] = offset;
    for (const auto& [partition, offset] : reader_.stable_ends(partitions, kTimeout)) ends[partition] = offset;
    const auto from = places(partitions, order_.from, begins, ends);
    const auto to = places(partitions, order_.to, ends, ends);
    std::vector<kafka::Stretch> stretches;
    for (const auto& partition : partitions) {
      const auto lowest = begins.at(partition), highest = ends.at(partition);
      open_[partition.number] = {partition, std::clamp(from.at(partition), lowest, highest),
                                 std::clamp(to.at(partition), lowest, highest)};
    }
    if (order_.resume && positions_ != nullptr) find_position(begins);
    for (auto& [number, stretch] : open_) {
      stretch.from = std::min(stretch.from, stretch.to);
      done_.offsets_in_all += stretch.to - stretch.from;
      stretches.push_back(stretch);
    }
    return stretches;
  }

  // The offset of a place in each partition.
  std::map<Partition, int64_t> places(const std::vector<Partition>& partitions, const Place& place,
                                      const std::map<Partition, int64_t>& otherwise,
                                      const std::map<Partition, int64_t>& ends) {
    if (const auto* offset = std::get_if<int64_t>(&place)) {
      std::map<Partition, int64_t> all;
      for (const auto& partition : partitions) all[partition] = *offset;
      return all;
    }
    if (const auto* at = std::get_if<Timestamp>(&place)) return at_time(partitions, *at, ends);
    const auto* bookmark = std::get_if<Bookmark>(&place);
    if (bookmark == nullptr) return otherwise;
    const auto known = bookmark->offsets.find(topic_);
    if (known == bookmark->offsets.end()) return at_time(partitions, bookmark->at, ends);
    std::map<Partition, int64_t> all;
    for (const auto& partition : partitions) {
      const auto number = static_cast<size_t>(partition.number);
      // Partitions that were added later were empty then.
      all[partition] = number < known->second.size() ? known->second[number] : 0;
    }
    return all;
  }

  std::map<Partition, int64_t> at_time(const std::vector<Partition>& partitions, Timestamp at,
                                       std::map<Partition, int64_t> ends) {
    std::vector<kafka::PartitionReader::Moment> moments;
    for (const auto& partition : partitions) moments.push_back({partition, at});
    for (const auto& [partition, offset] : reader_.at_times(moments, kTimeout))
      if (offset != kafka::kNoOffset) ends[partition] = offset;
    return ends;
  }

  // Goes on where it was stopped, not at the order's own place: "2h ago" is later by now.
  void find_position(const std::map<Partition, int64_t>& begins) {
    const auto rows = positions_->execute(
        "select partition, next_offset, end_offset from wxpipe.replays where replay = $1::text and topic = $2::text",
        Parameters().text(order_.name).text(topic_));
    for (size_t i = 0; i < rows.size(); ++i)
      if (const auto found = open_.find(static_cast<int>(rows.integer(i, 0))); found != open_.end()) {
        found->second.from = std::max(begins.at(found->second.partition), rows.integer(i, 1));
        found->second.to = std::min(found->second.to, rows.integer(i, 2));
      }
  }

  void begin() {
    if (positions_ == nullptr) return;
    SqlArray numbers(ElementType::int4), next(ElementType::int8), ends(ElementType::int8);
    for (const auto& [number, stretch] : open_) {
      numbers.add_int4(number);
      next.add_int8(stretch.from);
      ends.add_int8(stretch.to);
    }
    positions_->execute(
        "insert into wxpipe.replays as k (replay, topic, partition, begin_offset, next_offset, end_offset, operator) select "
        "$1::text, $2::text, unnest($3::int4[]), unnest($4::int8[]), unnest($4::int8[]), unnest($5::int8[]), $6::text on "
        "conflict (replay, topic, partition) do update set begin_offset = case when $7::text = 'resume' then k.begin_offset "
        "else excluded.begin_offset end, begun_at = case when $7::text = 'resume' then k.begun_at else now() end, "
        "next_offset = excluded.next_offset, end_offset = excluded.end_offset, operator = excluded.operator, updated_at = "
        "now()",
        Parameters()
            .text(order_.name)
            .text(topic_)
            .bytes(numbers.bytes())
            .bytes(next.bytes())
            .bytes(ends.bytes())
            .text(order_.asked_by)
            .text(order_.resume ? "resume" : ""));
  }

  void save() {
    saved_ = steady_clock::now();
    if (positions_ == nullptr) return;
    SqlArray numbers(ElementType::int4), next(ElementType::int8);
    for (const auto& [number, stretch] : open_) {
      numbers.add_int4(number);
      next.add_int8(stretch.from);
    }
    positions_->execute(
        "update wxpipe.replays r set next_offset = n.next_offset, updated_at = now() from (select unnest($3::int4[]) as "
        "partition, unnest($4::int8[]) as next_offset) n where r.replay = $1::text and r.topic = $2::text and r.partition = "
        "n.partition",
        Parameters().text(order_.name).text(topic_).bytes(numbers.bytes()).bytes(next.bytes()));
  }

  // --- records ---

  void take(const kafka::Record& record) {
    ++done_.records;
    seen_[record.partition()] = record.offset() + 1;
    auto kept = keep(record);
    if (!wanted(kept)) {
      ++left_out_;
    } else {
      ++done_.taken;
      bytes_ += kept.value.size();
      kept_.push_back(std::move(kept));
    }
    // What is left out moves the position too.
    if (kept_.size() >= portion_ || bytes_ >= kMostBytes || left_out_ >= kMostLeftOut) hand_over();
  }

  // Whether the filter takes it. Makes an event anew where that is asked for.
  bool wanted(Kept& record) {
    const bool has_event = order_.topic == TopicName::events || order_.topic == TopicName::messages;
    if (!has_event || (order_.filter.takes_all() && !renormalizer_)) return true;
    auto event = schemas::decode<schemas::Event>(record.value);
    if (!event) return order_.filter.takes_all();  // process makes a dead letter of it
    if (!order_.filter.takes(*event, record.value)) return false;
    if (!renormalizer_) return true;
    auto again = renormalizer_->again(*event);
    if (const auto* why = std::get_if<std::string>(&again)) {
      ++done_.as_they_were[*why];
    } else {
      const auto& made = std::get<schemas::Event>(again);
      record.value.clear();
      schemas::encode(made, schemas::kEventSchema, record.value);
      record.key = schemas::partition_key(made);
    }
    return true;
  }

  void hand_over() {
    if (!kept_.empty()) {
      if (order_.topic == TopicName::events && !target_.takes_events())
        give_facts();
      else
        give_records();
    }
    kept_.clear();
    bytes_ = left_out_ = 0;
    for (const auto& [number, next] : seen_) pass(open_.at(number), next);
    seen_.clear();
    if (steady_clock::now() - saved_ >= kSaveEvery) save();
    if (progress_) progress_(done_);
    if (order_.most_per_second <= 0) return;
    const auto due = started_ + std::chrono::duration_cast<steady_clock::duration>(std::chrono::duration<double>(
                                    static_cast<double>(done_.taken) / order_.most_per_second));
    runtime::wait(stop_, std::chrono::duration_cast<std::chrono::milliseconds>(due - steady_clock::now()));
  }

  void pass(kafka::Stretch& stretch, int64_t next) {
    done_.offsets += next - stretch.from;
    stretch.from = next;
  }

  void give(std::span<const Made> records) {
    for (const auto& one : records) ++done_.made[std::string(schemas::topic(one.topic).suffix)];
    target_.take(records);
  }

  void give_records() {
    std::vector<Made> records;
    for (const auto& one : kept_)
      records.push_back({order_.topic, one.key,
                         one.has_value ? std::optional<std::string_view>(one.value) : std::nullopt, one.traceparent,
                         one.timestamp});
    give(records);
  }

  // As process does it, with a window of its own for repeats.
  void give_facts() {
    std::vector<processors::InputRecord> inputs;
    for (const auto& one : kept_) {
      windows_.try_emplace(one.partition, settings_.process.dedupe_window, settings_.process.dedupe_records);
      inputs.push_back({one.partition,
                        one.offset,
                        one.key,
                        one.has_value ? std::optional<std::string_view>(one.value) : std::nullopt,
                        one.timestamp,
                        one.traceparent,
                        {one.old_event_id, one.old_receipt},
                        one.old_repair});
    }
    const auto effects = processors::process_batch(inputs, steps_, windows_, {topic_, system_clock().now()});
    processors::publish(effects, windows_);
    std::vector<Made> records;
    for (const auto& one : effects.records)
      records.push_back({one.topic, one.key(), one.value(), one.traceparent(), one.timestamp});
    give(records);
  }

  static constexpr size_t kMostLeftOut = 50'000;

  const config::Settings& settings_;
  postgres::Connection* const positions_;  // null: not kept
  const ReplayOrder& order_;
  ReplayTarget& target_;
  const std::function<void(const Replayed&)>& progress_;
  const std::stop_token& stop_;
  const std::string topic_;
  kafka::PartitionReader reader_;
  const processors::Steps steps_;
  processors::Windows windows_;
  std::unique_ptr<Renormalizer> renormalizer_;
  size_t portion_;

  std::map<int, kafka::Stretch> open_;  // by partition; from: the next record that isn't done
  std::map<int, int64_t> seen_;         // by partition: after the last record of the portion
  std::vector<Kept> kept_;
  size_t bytes_ = 0, left_out_ = 0;
  steady_clock::time_point started_, saved_;
  Replayed done_;
};
}  // namespace

void require_order(const Place& from, const Place& to) {
  if (const auto* begin = std::get_if<Timestamp>(&from), *end = std::get_if<Timestamp>(&to); begin && end)
    require_order(std::optional(*begin), std::optional(*end));
  if (const auto* begin = std::get_if<int64_t>(&from), *end = std::get_if<int64_t>(&to); begin && end && *begin >= *end)
    throw UsageError(fmt::format("--to: offset:{} is not after --from, offset:{}", *end, *begin));
}

Replayed replay(const config::Settings& settings, postgres::Connection* positions, const ReplayOrder& order,
                ReplayTarget& target, const std::function<void(const Replayed&)>& progress,
                const std::stop_token& stop) {
  return Replay(settings, positions, order, target, progress, stop).run();
}

}  // namespace wxpipe::operate
