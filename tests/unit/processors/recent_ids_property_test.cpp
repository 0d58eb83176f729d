// Compares the dedupe window with a very simple model of it. Batches commit or abort, some are in flight at the same
// time, and restarts come at any moment.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <ostream>

#include "processors/dedupe/recent_ids.hpp"
#include "tests/unit/processors/events.hpp"

namespace wxpipe::processors {
namespace {
constexpr int64_t kWindow = 8000, kWidth = 1000;  // milliseconds
constexpr int64_t kFirstOffset = 1000;

struct Arrival {
  uint8_t id, identity;
  int milliseconds;  // since the previous arrival; may be negative
};
struct Action {
  std::vector<Arrival> batch;
  // What follows the batch. 0: all batches abort. 1: the oldest commits. 2: it commits, then a restart. 3: a restart.
  // 4: nothing.
  int end;
  int clock;
};

// How a counterexample is printed: each arrival as id/identity+milliseconds.
void showValue(const Action& action, std::ostream& out) {
  for (const auto& each : action.batch)
    out << int{each.id} << '/' << int{each.identity} << '+' << each.milliseconds << ' ';
  out << "end " << action.end << " clock " << action.clock;
}

struct Model {
  struct Entry {
    uint8_t id, identity;
    int64_t at, offset;
  };
  int64_t most_records;
  std::vector<Entry> entries;
  int64_t now = 0;

  Sighting stage(const Arrival& arrival, int64_t received_at, int64_t offset) {
    const auto at = std::max(now, received_at);  // only new events move the window's time: a repeat leaves no trace
    const auto alive = [&](const Entry& entry) {
      return entry.at / kWidth >= (at - kWindow) / kWidth &&
             entry.offset / (most_records / 8) >= (offset - most_records) / (most_records / 8);
    };
    const auto any = [&](auto same) {
      return std::any_of(entries.begin(), entries.end(),
                         [&](const Entry& entry) { return alive(entry) && same(entry); });
    };
    if (any([&](const Entry& entry) { return entry.id == arrival.id; })) return Sighting::duplicate;
    const bool known =
        arrival.identity != 0 && any([&](const Entry& entry) { return entry.identity == arrival.identity; });
    entries.push_back({arrival.id, arrival.identity, at, offset});
    now = at;
    return known ? Sighting::collision : Sighting::fresh;
  }
};

Uuid uuid(uint8_t number) {
  Uuid id;
  id.bytes.fill(number);
  id.bytes[6] = 0x80;
  return id;
}

// In a resized container inRange would use only the lower part of its range.
template <class Number>
rc::Gen<Number> within(Number least, Number end) {
  return rc::gen::resize(rc::kNominalSize, rc::gen::inRange(least, end));
}

rc::Gen<Arrival> arrival() {
  return rc::gen::build<Arrival>(rc::gen::set(&Arrival::id, within<uint8_t>(1, 24)),
                                 rc::gen::set(&Arrival::identity, within<uint8_t>(0, 12)),
                                 rc::gen::set(&Arrival::milliseconds, within(-1500, 2500)));
}
rc::Gen<Action> action() {
  return rc::gen::build<Action>(
      rc::gen::set(&Action::batch, rc::gen::resize(15, rc::gen::container<std::vector<Arrival>>(arrival()))),
      rc::gen::set(&Action::end, within(0, 5)), rc::gen::set(&Action::clock, within(-200, 3000)));
}

// The journal as Kafka keeps it: pages in order, found by the time they were written.
struct Journal {
  std::vector<std::pair<WindowTime, std::string>> pages;

  void restore(RecentIds& window, int64_t start) const {
    std::optional<WindowTime> since;
    for (const auto& [written, value] : pages)
      if (const auto page = decode_journal_page(value).value(); page.first < start) since = page.since;
    if (!since) return;
    for (const auto& [written, value] : pages)
      if (written >= *since) window.restore(decode_journal_page(value).value(), written, start);
  }
};

RC_GTEST_PROP(RecentIds, DecidesLikeTheModelThroughAbortsAndRestarts, ()) {
  const auto actions = *rc::gen::resize(30, rc::gen::container<std::vector<Action>>(action()));
  const auto most_records = *rc::gen::element<int64_t>(8, 32, 1 << 20);
  RecentIds window(std::chrono::seconds(kWindow / 1000), most_records);
  const Model committed{most_records, {}, 0};
  Journal journal;
  int64_t clock = 5'000'000;
  struct Batch {
    Model model;  // behind it
    int64_t next, received_at;
    WindowTime written;
    std::string page;
  };
  Batch last_committed{committed, kFirstOffset, 1'000'000, {}, {}};
  std::deque<Batch> in_flight;

  for (const auto& [arrivals, end, clock_step] : actions) {
    clock += clock_step;
    if (!arrivals.empty()) {
      auto batch = in_flight.empty() ? last_committed : in_flight.back();
      const auto first = batch.next;
      for (const auto& each : arrivals) {
        batch.received_at += each.milliseconds;
        const Timestamp at{std::chrono::milliseconds(batch.received_at)};
        RC_ASSERT(window.stage(uuid(each.id), each.identity, at, batch.next) ==
                  batch.model.stage(each, batch.received_at, batch.next));
        ++batch.next;
      }
      const Timestamp now{std::chrono::milliseconds(clock)};
      batch.written = window.page_time(now);
      batch.page = encode(window.page(first, batch.next, now));
      in_flight.push_back(std::move(batch));
    }
    if ((end == 1 || end == 2) && !in_flight.empty()) {
      const auto& batch = in_flight.front();
      RC_ASSERT((journal.pages.empty() || batch.written >= journal.pages.back().first));
      journal.pages.emplace_back(batch.written, batch.page);
      window.publish(batch.written);
      last_committed = batch;
      in_flight.pop_front();
    }
    if (end == 0) {
      window.drop_staged();
      in_flight.clear();
    }
    if (end == 2 || end == 3) {
      window = RecentIds(std::chrono::seconds(kWindow / 1000), most_records);
      journal.restore(window, last_committed.next);
      in_flight.clear();
    }
  }
}

RC_GTEST_PROP(RecentIds, ReadsAPageBackAsItWasWritten, ()) {
  JournalPage page;
  page.first = *rc::gen::inRange<int64_t>(0, 1'000'000'000'000);
  page.since = WindowTime(std::chrono::milliseconds(*rc::gen::inRange<int64_t>(0, 2'000'000'000'000)));
  auto offset = page.first;
  auto at = page.since;
  for (const auto& [id, identity, gap] :
       *rc::gen::arbitrary<std::vector<std::tuple<std::array<uint8_t, 16>, uint64_t, uint16_t>>>()) {
    offset += 1 + gap % 7;
    at += std::chrono::milliseconds(gap);
    page.entries.push_back({Uuid{id}, identity, at, offset});
  }
  page.next = offset + 1;
  RC_ASSERT(decode_journal_page(encode(page)).value() == page);
}

RC_GTEST_PROP(RecentIds, TakesAnyBytesForAPageWithoutHarm, ()) {
  auto bytes = *rc::gen::arbitrary<std::string>();
  if (!bytes.empty()) bytes[0] = 1;
  decode_journal_page(bytes);  // refused or read; never a crash or a huge allocation
  const auto page = encode(JournalPage{1, 2, {}, {{uuid(1), 2, {}, 1}}});
  for (size_t size = 0; size < page.size(); ++size) RC_ASSERT(!decode_journal_page(page.substr(0, size)).has_value());
}

}  // namespace
}  // namespace wxpipe::processors
