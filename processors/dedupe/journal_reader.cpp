#include "processors/dedupe/journal_reader.hpp"

#include <algorithm>
#include <optional>

#include "common/kafka/partition_reader.hpp"
#include "common/result.hpp"
#include "common/telemetry/log.hpp"

namespace wxpipe::processors {
namespace {
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// How many records from the end are searched first for the newest page. Each further search takes eight times as many.
constexpr int64_t kTail = 64;

struct Restoring {
  WindowToRestore wanted;
  int64_t begin = 0, end = 0;       // of the journal's partition
  int64_t searched_from = 0;        // the tail read so far begins here
  std::optional<WindowTime> since;  // from the newest page before `wanted.start`
  int64_t rebuilt_to = 0;           // that page's `next`
};

class JournalReader {
 public:
  JournalReader(const config::KafkaSettings& settings, const std::string& topic, Windows& windows,
                steady_clock::time_point deadline, const std::stop_token& stop)
      : reader_(settings),
        topic_(topic),
        windows_(windows),
        deadline_(deadline),
        stop_(stop) {}

  void restore(const std::vector<WindowToRestore>& wanted) {
    for (const auto& window : wanted)
      if (window.start > 0) restoring_.emplace_back().wanted = window;
    find_bounds();
    while (search_further()) {
    }
    read_pages();
    for (const auto& each : restoring_)
      if (each.rebuilt_to < each.wanted.start)
        telemetry::log_warn("dedupe_journal_incomplete", {{"partition", each.wanted.partition},
                                                          {"journal_ends_at", each.rebuilt_to},
                                                          {"committed", each.wanted.start}});
  }

 private:
  milliseconds left() const {
    return std::max(milliseconds(1), std::chrono::duration_cast<milliseconds>(deadline_ - steady_clock::now()));
  }

  kafka::Partition partition(const Restoring& each) const { return {topic_, each.wanted.partition}; }

  Restoring& find(int number) {
    return *std::find_if(restoring_.begin(), restoring_.end(),
                         [&](const Restoring& each) { return each.wanted.partition == number; });
  }

  void find_bounds() {
    std::vector<kafka::Partition> partitions;
    for (const auto& each : restoring_) partitions.push_back(partition(each));
    for (const auto& [place, offset] : reader_.beginnings(partitions, left())) find(place.number).begin = offset;
    for (const auto& [place, offset] : reader_.ends(partitions, left())) {
      auto& each = find(place.number);
      each.end = each.searched_from = std::max(offset, each.begin);
    }
  }

  // Reads further back in partitions where the newest wanted page isn't found yet. It is among the last few records,
  // unless the group's offsets were set back. False: there is nothing more to search.
  bool search_further() {
    std::vector<kafka::Stretch> stretches;
    for (auto& each : restoring_) {
      if (each.since || each.searched_from == each.begin) continue;
      const auto to = each.searched_from;
      each.searched_from = std::max(each.begin, to - std::max(kTail, (each.end - to) * 7));
      stretches.push_back({partition(each), each.searched_from, to});
    }
    visit(stretches, [](Restoring& each, const JournalPage& page, WindowTime) {
      if (page.first >= each.wanted.start) return;
      each.since = page.since;
      each.rebuilt_to = page.next;
    });
    return !stretches.empty();
  }

  void read_pages() {
    std::vector<kafka::PartitionReader::Moment> moments;
    for (const auto& each : restoring_)
      if (each.since) moments.push_back({partition(each), *each.since});
    std::vector<kafka::Stretch> stretches;
    for (const auto& [place, offset] : reader_.at_times(moments, left()))
      if (offset != kafka::kNoOffset) stretches.push_back({place, offset, find(place.number).end});
    visit(stretches, [&](Restoring& each, const JournalPage& page, WindowTime written) {
      windows_.at(each.wanted.partition).restore(page, written, each.wanted.start);
    });
  }

  template <class Visit>
  void visit(const std::vector<kafka::Stretch>& stretches, Visit&& each_page) {
    const auto take = [&](const kafka::Record& record) {
      const auto page = decode_journal_page(record.value());
      // The window has a hole, but no record is lost: the sink's unique key still finds repeats.
      if (!page) {
        telemetry::log_error(
            "dedupe_journal_page_unreadable",
            {{"partition", record.partition()}, {"offset", record.offset()}, {"why", page.error().detail}});
        return;
      }
      each_page(find(record.partition()), *page, std::chrono::floor<milliseconds>(record.timestamp()));
    };
    reader_.read(stretches, take, left(), stop_);
  }

  kafka::PartitionReader reader_;
  const std::string& topic_;
  Windows& windows_;
  const steady_clock::time_point deadline_;
  const std::stop_token& stop_;
  std::vector<Restoring> restoring_;
};
}  // namespace

void restore_windows(const config::KafkaSettings& settings, const std::string& journal_topic,
                     const std::vector<WindowToRestore>& wanted, Windows& windows, steady_clock::time_point deadline,
                     const std::stop_token& stop) {
  if (std::all_of(wanted.begin(), wanted.end(), [](const auto& window) { return window.start <= 0; })) return;
  JournalReader(settings, journal_topic, windows, deadline, stop).restore(wanted);
}

}  // namespace wxpipe::processors
