// Properties of process for any traffic. The records may be cut into any batches, aborted, or taken up again after a
// restart: what is committed is the same. Facts don't depend on the order of events or on repetitions.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <deque>
#include <set>
#include <span>

#include "processors/process_batch.hpp"
#include "processors/steps.hpp"
#include "tests/unit/processors/events.hpp"

namespace wxpipe::processors {
namespace {
constexpr int kPartitions = 2;
constexpr std::chrono::seconds kWindow{60};

struct Input {
  int partition = 0;
  std::string value;
};

Steps all_steps() {
  config::Settings settings;
  settings.score.rules = {test::rule("talked", 2, {"message.*"}), test::rule("left", -5, {"follower.unsubscribed"})};
  return make_steps(settings);
}

// A small pool, so that repeats and collisions are common. One record in eight can't be read.
rc::Gen<Input> input() {
  return rc::gen::exec([] {
    if (*rc::gen::inRange(0, 8) == 0)
      return Input{*rc::gen::inRange(0, kPartitions), *rc::gen::arbitrary<std::string>()};
    const auto type = *rc::gen::element<std::string>("message.text", "follower.subscribed", "follower.unsubscribed",
                                                     "authorization.granted", "menu.clicked");
    const auto number = *rc::gen::inRange(0, 12);
    auto event = test::event_of(type, "body " + std::to_string(number));
    event.identity = "identity " + std::to_string(number % 6);
    event.subject = "o" + std::to_string(number % 3);
    event.received_at = test::at(*rc::gen::inRange(0, 200));  // some repeats fall outside the window
    event.receipt = "i/b/" + std::to_string(*rc::gen::inRange(0, 1000));
    return Input{number % kPartitions, test::json_of(event)};
  });
}

std::vector<InputRecord> records_of(const std::vector<Input>& inputs) {
  std::vector<InputRecord> records;
  std::map<int, int64_t> next;
  for (const auto& [partition, value] : inputs)
    records.push_back({partition, next[partition]++, "shop||o", value, test::at(0), {}});
  return records;
}

Windows empty_windows() {
  Windows windows;
  for (int i = 0; i < kPartitions; ++i) windows.emplace(i, RecentIds(kWindow));
  return windows;
}

const BatchContext kContext{"wxpipe.events.v1", test::at(1000)};

// The journal as Kafka keeps it: a partition's pages in order.
struct Journal {
  std::map<int, std::vector<std::pair<WindowTime, std::string>>> pages;

  void append(const Effects& effects) {
    for (const auto& progress : effects.progress)
      pages[progress.partition].emplace_back(progress.page_time, encode(progress.page));
  }
  Windows restore(const std::map<int, int64_t>& committed) const {
    auto windows = empty_windows();
    for (const auto& [partition, written] : pages)
      for (const auto& [time, value] : written)
        windows.at(partition).restore(decode_journal_page(value).value(), time, committed.at(partition));
    return windows;
  }
};

RC_GTEST_PROP(ProcessBatch, CommitsTheSameHoweverItIsCutAbortedAndRestarted, ()) {
  const auto inputs = *rc::gen::container<std::vector<Input>>(input());
  const auto records = records_of(inputs);
  const auto steps = all_steps();

  auto windows = empty_windows();
  const auto whole = process_batch(records, steps, windows, kContext);

  std::vector<OutputRecord> committed;
  Counts counts;
  Journal journal;
  std::map<int, int64_t> offsets;
  windows = empty_windows();
  int failures = 0;                                  // in a row: in small cases rapidcheck only draws the first outcome
  size_t begin = 0;                                  // of the oldest batch in flight
  size_t end = 0;                                    // of the newest
  std::deque<std::pair<Effects, size_t>> in_flight;  // with their sizes
  while (begin < records.size()) {
    // A random number of batches is processed before the outcome of the oldest is known.
    while (end < records.size() && (in_flight.empty() || (in_flight.size() < 3 && *rc::gen::arbitrary<bool>()))) {
      const auto size = *rc::gen::inRange<size_t>(1, records.size() - end + 1);
      in_flight.emplace_back(process_batch(std::span(records.data() + end, size), steps, windows, kContext), size);
      end += size;
    }
    const auto commit = [&] {
      const auto& effects = in_flight.front().first;
      journal.append(effects);
      for (const auto& progress : effects.progress) offsets[progress.partition] = progress.page.next;
      committed.insert(committed.end(), effects.records.begin(), effects.records.end());
      counts.processed += effects.counts.processed;
      counts.duplicates += effects.counts.duplicates;
      counts.collisions += effects.counts.collisions;
      counts.unreadable += effects.counts.unreadable;
      begin += in_flight.front().second;
    };
    const auto begin_again = [&] {
      in_flight.clear();
      end = begin;
    };
    const int fate = *rc::gen::inRange(0, 4);
    failures = fate < 2 ? failures + 1 : 0;
    switch (failures > 3 ? 3 : fate) {
      case 0:  // aborted: the same records come again, in other batches
        drop_staged(windows);
        begin_again();
        break;
      case 1:  // killed before the commit: the successor starts from the journal
        windows = journal.restore(offsets);
        begin_again();
        break;
      case 2:  // killed after the commit
        commit();
        windows = journal.restore(offsets);
        begin_again();
        break;
      default:
        commit();
        publish(in_flight.front().first, windows);
        in_flight.pop_front();
    }
  }
  RC_ASSERT(committed == whole.records);
  RC_ASSERT(counts == whole.counts);
}

using Fact = std::pair<schemas::TopicName, std::string>;

std::set<Fact> facts_of(const std::vector<InputRecord>& records, const Steps& steps) {
  std::set<Fact> facts;
  for (const auto& record : records) {
    auto windows = empty_windows();  // no memory: every repeat is processed, as after a restart without a journal
    for (auto& out : process_batch({&record, 1}, steps, windows, kContext).records)
      facts.emplace(out.topic, std::string(out.value()));
  }
  return facts;
}

RC_GTEST_PROP(Steps, ConcludeTheSameSetOfFactsInAnyOrderAndHoweverOften, ()) {
  const auto inputs = *rc::gen::container<std::vector<Input>>(input());
  const auto steps = all_steps();
  const auto records = records_of(inputs);
  auto again = records;
  for (const auto& record : records)
    if (*rc::gen::arbitrary<bool>()) again.push_back(record);
  for (size_t i = again.size(); i > 1; --i) std::swap(again[i - 1], again[*rc::gen::inRange<size_t>(0, i)]);
  RC_ASSERT(facts_of(again, steps) == facts_of(records, steps));
}

RC_GTEST_PROP(ProcessBatch, AccountsForEveryRecordOnce, ()) {
  const auto inputs = *rc::gen::container<std::vector<Input>>(input());
  auto windows = empty_windows();
  const auto effects = process_batch(records_of(inputs), all_steps(), windows, kContext);
  const auto& counts = effects.counts;
  RC_ASSERT(counts.processed + counts.duplicates + counts.unreadable + counts.too_large == inputs.size());
  const auto on = [&](schemas::TopicName topic) {
    return static_cast<size_t>(std::count_if(effects.records.begin(), effects.records.end(),
                                             [&](const auto& record) { return record.topic == topic; }));
  };
  RC_ASSERT(on(schemas::TopicName::messages) == counts.processed + counts.duplicates);
  RC_ASSERT(on(schemas::TopicName::dead_letters) == counts.unreadable + counts.too_large);
}

}  // namespace
}  // namespace wxpipe::processors
