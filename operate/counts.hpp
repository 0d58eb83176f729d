// Counts by minute of what came and what became of it, from wxpipe.ledger; what was gained on a day; and how each
// account is doing. One thread, but for KnownCounts.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/clock.hpp"
#include "common/config/settings.hpp"
#include "common/postgres/connection.hpp"
#include "common/report/report.hpp"
#include "operate/dead_letters.hpp"
#include "sinks/family_databases.hpp"

namespace wxpipe::operate {

struct Counts {
  int64_t acknowledged = 0, stored = 0, duplicates = 0, dead_letters = 0;
  int64_t rest() const { return acknowledged - stored - duplicates - dead_letters; }
  bool operator==(const Counts&) const = default;
};
struct CountWindow {
  Timestamp from, to;  // whole minutes
  std::chrono::seconds step{60};
  std::string account{};  // empty: all
};

// Every step in order, without gaps.
using Steps = std::vector<std::pair<Timestamp, Counts>>;
Steps counts_by_step(postgres::Connection& connection, const CountWindow& window);

// What a day has brought, and what came last. Each is counted up to a limit.
struct Today {
  int64_t followers_gained = 0, followers_lost = 0, leads_gained = 0;
  std::vector<std::pair<std::string, int64_t>> types;  // of the newest events, the most frequent first
  std::optional<Timestamp> types_since;                // the oldest of these
};
// account: empty for all. today: when the reader's day began.
Today counts_of_today(postgres::Connection& connection, const std::string& account, Timestamp today, Timestamp now);

// The same for pages that ask every few seconds, so that a page that is open costs the pipeline next to nothing. A
// month is a million rows: steps that are over are kept for ten minutes, and only the newest ones are read again. So a
// replay or a repair of old minutes shows that much later. A day's counts are kept for a hundred times as long as it
// took to count, and a minute at most. Any thread.
class KnownCounts {
 public:
  static constexpr std::chrono::minutes kKept{10};
  static constexpr std::chrono::minutes kTodayKept{1};
  static constexpr int kTodayTimes = 100;
  static constexpr size_t kMost = 1'000;  // accounts

  Steps by_step(postgres::Connection& connection, const CountWindow& window, Timestamp now);
  Today today(postgres::Connection& connection, const std::string& account, Timestamp today, Timestamp now);

 private:
  struct Known {
    Timestamp read_at;
    Steps steps;
  };
  // Each is held while Postgres is asked: whoever wants the same needn't ask, too.
  std::mutex mutex_, today_mutex_;
  std::map<std::pair<std::string, std::chrono::seconds>, Known> known_;  // by account and step
  struct KnownToday {
    Timestamp until;
    Today counts;
  };
  std::map<std::pair<std::string, Timestamp>, KnownToday> today_;  // by account and beginning
};

// The overview's numbers that Postgres has, as facts and tables `minutes` and `types`.
struct OverviewQuestion {
  std::string range = "hour";  // hour, day, month
  std::string account{};
  Timestamp now{}, today{};  // today: when the reader's day began
};
// Throws UsageError: there is no such range.
void add_overview(report::Report& report, postgres::Connection& connection, const OverviewQuestion& question,
                  KnownCounts& known);

// acknowledged against what became of it, by account and by minute.
report::Report custody_report(postgres::Connection& connection, const CountWindow& window);

// Every account that is configured, or that something came for. all: databases that may have dead letters.
report::Report accounts_report(postgres::Connection& connection, const Databases& all, const config::Settings& settings,
                               Timestamp now);

// Which process holds which partition, as the sinks claimed them: the table `claims`.
report::Table claims_table(sinks::FamilyConnections& databases);

// What people did, the newest first. who: empty for all. What was done stands beside what it changed, so all databases
// are looked into.
report::Report actions_report(const Databases& databases, const std::string& who, size_t limit);

// The decrypted body of a message, or the bytes of a dead letter. Nothing: there is neither.
std::optional<std::string> body_of(const Databases& databases, const std::string& id);

}  // namespace wxpipe::operate
