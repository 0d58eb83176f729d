#include "sinks/custody/repair.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <unordered_map>

#include "common/kafka/admin.hpp"
#include "common/kafka/error.hpp"
#include "common/kafka/partition_reader.hpp"
#include "common/result.hpp"
#include "schemas/fact_json.hpp"
#include "schemas/record_side.hpp"
#include "sinks/custody/custody_store.hpp"

namespace wxpipe::sinks {
namespace {
using namespace std::chrono_literals;
using schemas::TopicName;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Letters first: what ingest or `process` gave up on ends as that letter again, and `process` needn't see it.
constexpr std::array kSearched{TopicName::dead_letters, TopicName::events};

constexpr milliseconds kTimeout = 5s;  // of one question to Kafka
constexpr auto kNear = 10min;          // minutes that are so near are read as one range
// A callback is answered within seconds. So a record that the broker acknowledged stands this near behind its time,
// among those of other ingest processes. What came through a spool may stand much later.
constexpr auto kSettled = 2min;
constexpr int64_t kSlice = 100'000;       // records that are read before it is asked whether to go on
constexpr size_t kMostRecordsSent = 500;  // in one transaction
constexpr size_t kMostBytesSent = 8 << 20;

// Of a minute's callbacks, or of several minutes near each other.
struct TimeRange {
  Timestamp from, to;
};

class Search {
 public:
  Search(const config::Settings& settings, const std::vector<MissingReceipt>& lost, RepairMode mode,
         const SearchLimits& limits, std::stop_token stop)
      : kafka_(settings.kafka),
        mode_(mode),
        stop_(std::move(stop)),
        deadline_(steady_clock::now() + limits.time),
        records_left_(limits.records),
        admin_(kafka_, kTimeout),
        log_(kafka_) {
    for (const auto& one : lost)
      if (open_.emplace(one.receipt, repairs_.size()).second) repairs_.push_back({one, Mending::never_found, {}});
  }

  std::vector<Repair> run(const OtherCopies& others) && {
    // Near its own time first: there nearly all are.
    for (const bool near : {true, false})
      for (const auto topic : kSearched)
        if (!open_.empty() && !cut_) search(topic, near);
    if (!open_.empty() && others) ask(others);
    flush();
    for (const auto& [receipt, index] : open_) give_up(repairs_[index]);
    return std::move(repairs_);
  }

 private:
  void search(TopicName topic, bool near) {
    const auto partitions = partitions_of(topic);
    const auto ends = log_.ends(partitions, kTimeout);
    if (!near) {
      remember_beginning(partitions, ends);
      return read(topic, between(ranges().front().from, std::nullopt, ends));
    }
    for (const auto& range : ranges())
      if (!open_.empty() && !cut_) read(topic, between(range.from, range.to + kSettled, ends));
  }

  std::vector<kafka::Partition> partitions_of(TopicName topic) {
    const auto name = schemas::topic_name(kafka_.topic_prefix, topic);
    const auto view = admin_.view();
    const auto found = view.topics.find(name);
    if (found == view.topics.end())
      throw Unavailable(fmt::format("topic {} is missing; run `wxpipe topics apply`", name));
    std::vector<kafka::Partition> partitions;
    for (int i = 0; i < found->second.partitions; ++i) partitions.push_back({name, i});
    return partitions;
  }

  // The ranges of time of the receipts that are still open.
  std::vector<TimeRange> ranges() const {
    std::vector<Timestamp> minutes;
    for (const auto& [receipt, index] : open_) minutes.push_back(repairs_[index].lost.minute);
    std::sort(minutes.begin(), minutes.end());
    std::vector<TimeRange> ranges;
    for (const auto minute : minutes) {
      if (!ranges.empty() && minute <= ranges.back().to + kNear)
        ranges.back().to = minute + 1min;
      else
        ranges.push_back({minute, minute + 1min});
    }
    return ranges;
  }

  // From the first record of this time on. Spools bring older records later, so the first record of a time comes before
  // all others of it, but not the other way around.
  std::vector<kafka::Stretch> between(Timestamp from, std::optional<Timestamp> to,
                                      const std::vector<kafka::PartitionOffset>& ends) {
    std::vector<kafka::PartitionReader::Moment> starts, stops;
    for (const auto& [partition, end] : ends) {
      starts.push_back({partition, from});
      if (to) stops.push_back({partition, *to});
    }
    const auto firsts = log_.at_times(starts, kTimeout), lasts = log_.at_times(stops, kTimeout);
    std::vector<kafka::Stretch> stretches;
    for (const auto& [partition, first] : firsts) {
      if (first == kafka::kNoOffset) continue;
      auto end = offset_in(ends, partition);
      if (const auto last = offset_in(lasts, partition); last != kafka::kNoOffset) end = last;
      if (first < end) stretches.push_back({partition, first, end});
    }
    return stretches;
  }

  static int64_t offset_in(const std::vector<kafka::PartitionOffset>& list, const kafka::Partition& partition) {
    const auto found =
        std::find_if(list.begin(), list.end(), [&](const auto& one) { return one.partition == partition; });
    return found == list.end() ? kafka::kNoOffset : found->offset;
  }

  // Slice by slice, so that it ends soon after the last copy is found, and at its limits.
  void read(TopicName topic, std::vector<kafka::Stretch> rest) {
    while (!rest.empty() && !open_.empty()) {
      auto slice = rest;
      int64_t records = 0;
      for (auto& stretch : slice) {
        stretch.to = std::min(stretch.to, stretch.from + std::max<int64_t>(1, kSlice / std::ssize(rest)));
        records += stretch.to - stretch.from;
      }
      const auto time_left = std::chrono::ceil<milliseconds>(deadline_ - steady_clock::now());
      if (records > records_left_ || time_left <= 0ms) {
        cut_ = true;
        return;
      }
      records_left_ -= records;
      try {
        log_.read(
            slice, [&](const kafka::Record& record) { look_at(topic, record); }, time_left, stop_);
      } catch (const Unavailable&) {
        if (stop_.stop_requested() || steady_clock::now() < deadline_) throw;
        cut_ = true;
        return;
      }
      for (size_t i = 0; i < rest.size(); ++i) rest[i].from = slice[i].to;
      std::erase_if(rest, [](const kafka::Stretch& stretch) { return stretch.from >= stretch.to; });
    }
  }

  void look_at(TopicName topic, const kafka::Record& record) {
    auto receipt = schemas::ids_of(record.value()).receipt;
    if (receipt.empty()) receipt = record.header(schemas::kOldReceiptHeader);
    if (open_.find(receipt) == open_.end()) return;
    take({topic, std::string(record.key()), std::string(record.value()), std::string(receipt),
          std::string(record.header(schemas::kTraceparentHeader)), record.timestamp(),
          fmt::format("{} partition {} offset {}", record.topic(), record.partition(), record.offset())});
  }

  void take(Copy copy) {
    const auto found = open_.find(copy.receipt);
    if (found == open_.end()) return;
    auto& repair = repairs_[found->second];
    repair.outcome = Mending::found;
    repair.where = copy.where;
    if (mode_ == RepairMode::send) {
      bytes_ += copy.key.size() + copy.value.size();
      to_send_.push_back(std::move(copy));
      indices_.push_back(found->second);
    }
    open_.erase(found);
    if (to_send_.size() >= kMostRecordsSent || bytes_ >= kMostBytesSent) flush();
  }

  void ask(const OtherCopies& others) {
    std::unordered_set<std::string> receipts;
    for (const auto& [receipt, index] : open_) receipts.insert(receipt);
    others(receipts, [&](Copy&& copy) { take(std::move(copy)); });
  }

  void flush() {
    if (to_send_.empty()) return;
    if (!sender_) sender_ = std::make_unique<Resender>(kafka_, kafka_.topic_prefix + "repair");
    sender_->send(to_send_);
    for (const auto index : indices_) repairs_[index].outcome = Mending::sent;
    to_send_.clear();
    indices_.clear();
    bytes_ = 0;
  }

  // Where the partitions begin that have lost records: the time of their oldest one, or no time if nothing is left.
  void remember_beginning(const std::vector<kafka::Partition>& partitions,
                          const std::vector<kafka::PartitionOffset>& ends) {
    std::vector<kafka::Stretch> firsts;
    for (const auto& [partition, begin] : log_.beginnings(partitions, kTimeout)) {
      if (begin <= 0) continue;
      const auto end = offset_in(ends, partition);
      beginnings_.push_back({partition, std::nullopt});
      if (begin < end) firsts.push_back({partition, begin, end});
    }
    // A transaction's marker may be in front of the first record, so more than one offset is read.
    for (auto& first : firsts) first.to = std::min(first.to, first.from + 100);
    log_.read(
        firsts,
        [&](const kafka::Record& record) {
          for (auto& [partition, oldest] : beginnings_)
            if (partition.topic == record.topic() && partition.number == record.partition() && !oldest)
              oldest = record.timestamp();
        },
        kTimeout, stop_);
  }

  void give_up(Repair& repair) const {
    if (cut_) {
      repair.outcome = Mending::not_reached;
      repair.where = "the search ended at its limit";
      return;
    }
    // From the back, where events.v1 is: most receipts are of events, so it is the likelier reason.
    for (auto beginning = beginnings_.rbegin(); beginning != beginnings_.rend(); ++beginning) {
      const auto& [partition, oldest] = *beginning;
      if (oldest && *oldest < repair.lost.minute) continue;
      repair.outcome = Mending::topic_too_young;
      repair.where =
          oldest ? fmt::format("{} partition {} begins at {}", partition.topic, partition.number, to_iso8601(*oldest))
                 : fmt::format("{} partition {} was emptied", partition.topic, partition.number);
      return;
    }
    repair.outcome = Mending::never_found;
    repair.where = "no record on events.v1 and dead_letters.v1 has this receipt";
  }

  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  struct Beginning {
    kafka::Partition partition;
    std::optional<Timestamp> oldest;
  };

  const config::KafkaSettings kafka_;
  const RepairMode mode_;
  const std::stop_token stop_;
  const steady_clock::time_point deadline_;
  int64_t records_left_;
  bool cut_ = false;  // a limit was reached
  kafka::Admin admin_;
  kafka::PartitionReader log_;
  std::unique_ptr<Resender> sender_;  // made for the first copy to send

  std::vector<Repair> repairs_;
  std::unordered_map<std::string, size_t, Hash, std::equal_to<>> open_;  // receipt -> its place in repairs_
  std::vector<Copy> to_send_;
  std::vector<size_t> indices_;  // of to_send_, in repairs_
  size_t bytes_ = 0;             // of to_send_
  std::vector<Beginning> beginnings_;
};
}  // namespace

std::string_view to_string(Mending mending) {
  switch (mending) {
    case Mending::found:
      return "found";
    case Mending::sent:
      return "sent";
    case Mending::never_found:
      return "never_found";
    case Mending::topic_too_young:
      return "topic_too_young";
    case Mending::not_reached:
      return "not_reached";
  }
  return "";
}

std::vector<Repair> repair(const config::Settings& settings, const std::vector<MissingReceipt>& lost, RepairMode mode,
                           const SearchLimits& limits, const OtherCopies& others, const std::stop_token& stop) {
  if (lost.empty()) return {};
  return Search(settings, lost, mode, limits, stop).run(others);
}

size_t repair_marks(const config::Settings& settings, postgres::Connection& connection, std::vector<Copy> marks,
                    RepairMode mode) {
  std::vector<schemas::CustodyMark> read;
  std::vector<Copy> readable;
  for (auto& copy : marks)
    if (auto mark = schemas::decode<schemas::CustodyMark>(copy.value)) {
      read.push_back(std::move(*mark));
      readable.push_back(std::move(copy));
    }
  const auto there = CustodyStore(connection).has(read);
  std::vector<Copy> lost;
  for (size_t i = 0; i < readable.size(); ++i)
    if (!there[i]) lost.push_back(std::move(readable[i]));
  if (lost.empty() || mode == RepairMode::look) return lost.size();
  Resender sender(settings.kafka, settings.kafka.topic_prefix + "repair");
  for (size_t at = 0; at < lost.size(); at += kMostRecordsSent)
    sender.send({std::make_move_iterator(lost.begin() + static_cast<std::ptrdiff_t>(at)),
                 std::make_move_iterator(lost.begin() +
                                         static_cast<std::ptrdiff_t>(std::min(lost.size(), at + kMostRecordsSent)))});
  return lost.size();
}

}  // namespace wxpipe::sinks
