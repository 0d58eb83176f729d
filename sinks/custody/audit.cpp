#include "sinks/custody/audit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_set>

namespace wxpipe::sinks {
namespace {
using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto kTailLength = 20s;  // from Boot::tail_from: marks come every second

std::string process_of(const Boot& boot) { return fmt::format("{}/{}", boot.instance, boot.boot); }

class Audit {
 public:
  Audit(postgres::Connection& connection, Drain& drain, const Wanted& wanted, std::chrono::milliseconds patience)
      : store_(connection),
        connection_(connection),
        drain_(drain),
        deadline_(steady_clock::now() + patience) {
    report_.wanted = wanted;
  }

  AuditReport run() && {
    const auto marks_behind = drain_.marks(connection_, deadline_);
    if (!marks_behind.empty()) report_.waiting_for.push_back(marks_behind);
    // The proof depends on this order: records of what was acknowledged until now are before the topics' ends, which
    // are read next. Rows are read only after everything before those ends has been taken.
    store_.fix_moment();
    report_.boots = store_.boots();
    const auto behind = drain_.events(connection_, deadline_);
    if (!behind.empty()) report_.waiting_for.push_back(behind);

    std::optional<CustodyStore::Place> place;
    for (auto marks = store_.marks(report_.wanted, place); !marks.empty();
         marks = store_.marks(report_.wanted, place)) {
      MarkedReceipts receipts(std::move(marks), report_.wanted);
      store_.find(receipts);
      judge(receipts, behind.empty());
    }
    for (auto& gap : store_.gaps()) {
      const bool may_come = !marks_behind.empty() || spool_may_hold_marks(gap);
      if (may_come)
        report_.waiting_for.push_back(
            fmt::format("marks of {}/{} from {} to {}", gap.instance, gap.boot, gap.first, gap.next - 1));
      else
        report_.marks_missing.push_back(std::move(gap));
    }
    look_at_tails();
    keep_boots_of_time();
    std::sort(report_.waiting_for.begin(), report_.waiting_for.end());
    report_.waiting_for.erase(std::unique(report_.waiting_for.begin(), report_.waiting_for.end()),
                              report_.waiting_for.end());
    return std::move(report_);
  }

 private:
  void judge(const MarkedReceipts& receipts, bool all_taken) {
    receipts.count(report_.tallies);
    report_.voided += receipts.voided();
    report_.retired += receipts.left_out();
    for (auto& one : receipts.missing()) {
      const auto& mark = receipts.marks()[one.mark];
      const bool in_spool = one.spooled && !spool_emptied_since(report_.boots, mark);
      auto& tally = report_.tallies[{one.account, one.minute}];
      if (in_spool) waits_for_spool(mark.instance);
      if (in_spool || !all_taken) {
        ++tally.in_flight;
      } else {
        ++tally.unaccounted;
        report_.missing.push_back(std::move(one));
      }
    }
  }

  void waits_for_spool(const std::string& instance) {
    if (spools_named_.insert(instance).second) report_.waiting_for.push_back(spool_of(report_.boots, instance));
  }

  // Marks can be in the spool too, until it is empty.
  bool spool_may_hold_marks(const MarkGap& gap) const {
    schemas::CustodyMark behind;
    behind.instance = gap.instance;
    behind.boot = gap.boot;
    behind.number = gap.before_number;
    const bool held_some = std::any_of(report_.boots.begin(), report_.boots.end(), [&](const Boot& boot) {
      return boot.instance == gap.instance && boot.spool_events.value_or(0) > 0;
    });
    return held_some && !spool_emptied_since(report_.boots, behind);
  }

  void look_at_tails() {
    for (const auto& boot : report_.boots) {
      if (!was_killed(boot, report_.boots)) continue;
      const auto to = boot.tail_from + kTailLength;
      if ((report_.wanted.from && to < *report_.wanted.from) ||
          (report_.wanted.to && boot.tail_from >= *report_.wanted.to))
        continue;
      Tail tail(boot.marked_up_to);
      for (const auto sequence : store_.stored_of(process_of(boot), boot.tail_from, to)) tail.found(sequence);
      std::vector<std::string> open;
      for (const auto sequence : tail.open()) open.push_back(fmt::format("{}/{}", process_of(boot), sequence));
      const auto ended = store_.ended_elsewhere(open);
      std::unordered_set<std::string> known(ended.begin(), ended.end());
      schemas::CustodyMark of_boot;
      of_boot.instance = boot.instance;
      of_boot.boot = boot.boot;
      const auto retired = store_.retired({of_boot});
      for (const auto& one : report_.missing) known.insert(one.receipt);  // a late mark names it
      for (auto& receipt : open)
        if (!known.contains(receipt) && !retired.contains(receipt)) report_.in_doubt.push_back(std::move(receipt));
    }
  }

  // If a range is asked for, leave out boots that ended before it.
  void keep_boots_of_time() {
    if (!report_.wanted.from) return;
    std::erase_if(report_.boots, [&](const Boot& boot) { return boot.marked_at < *report_.wanted.from; });
  }

  CustodyStore store_;
  postgres::Connection& connection_;
  Drain& drain_;
  const Drain::Deadline deadline_;
  std::set<std::string> spools_named_;
  AuditReport report_;
};
}  // namespace

Tally AuditReport::total() const {
  Tally sum;
  for (const auto& [where, tally] : tallies) sum += tally;
  return sum;
}

AuditReport audit(postgres::Connection& connection, Drain& drain, const Wanted& wanted,
                  std::chrono::milliseconds patience) {
  return Audit(connection, drain, wanted, patience).run();
}

Look look_at_unsettled(postgres::Connection& connection, Drain& drain, std::chrono::seconds age,
                       std::chrono::milliseconds patience, const std::stop_token& stop) {
  CustodyStore store(connection);
  store.fix_moment();
  MarkedReceipts receipts(store.unsettled(age), {});
  store.find(receipts);
  Look look{receipts.marks().size(), 0, {}};
  auto missing = receipts.missing();
  bool all_taken = false;
  if (!missing.empty()) {
    all_taken = drain.events(connection, steady_clock::now() + patience, stop).empty();
    if (all_taken) {
      store.find(receipts);
      missing = receipts.missing();
    }
  }
  std::vector<CustodyStore::Verdict> verdicts;
  for (const auto& mark : receipts.marks())
    verdicts.push_back({mark.instance, mark.boot, mark.number, int64_t{0}, true});
  const auto boots = all_taken ? store.boots() : std::vector<Boot>{};
  for (auto& one : missing) {
    auto& verdict = verdicts[one.mark];
    verdict.settled = false;
    if (!all_taken) {
      verdict.unaccounted.reset();
    } else if (!one.spooled || spool_emptied_since(boots, receipts.marks()[one.mark])) {
      ++*verdict.unaccounted;
      look.missing.push_back(std::move(one));
    }
  }
  store.remember(verdicts);
  look.settled = static_cast<size_t>(
      std::count_if(verdicts.begin(), verdicts.end(), [](const auto& verdict) { return verdict.settled; }));
  return look;
}

}  // namespace wxpipe::sinks
