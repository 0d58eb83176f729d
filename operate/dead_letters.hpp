// Dead letters for operators: counted, shown, put back where they fell out, or dropped with a reason. A selection is a
// filter, never a page. Putting back is harmless: every write repeats harmlessly (docs/guarantees.md law 4). One
// thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/clock.hpp"
#include "common/config/settings.hpp"
#include "common/postgres/connection.hpp"
#include "operate/audit_log.hpp"

namespace wxpipe::operate {

// Connections to all databases (sinks::FamilyConnections::all).
using Databases = std::vector<postgres::Connection*>;

// open: nothing was done with it. retried, dropped: by the last command. parked: put back so often that it is left
// alone (kMostRetries).
enum class LetterState { open, retried, dropped, parked };
std::string_view to_string(LetterState state);
inline constexpr int kMostRetries = 3;  // of one callback

struct LetterFilter {
  std::string id, account, stage, reason;                // empty: any
  std::optional<Timestamp> from, to;                     // of failed_at
  std::optional<LetterState> state = LetterState::open;  // none: any

  // For people and audit_logs: "reason=undecryptable account=shop".
  std::string text() const;
};

struct StoredLetter {
  std::string id;
  Timestamp failed_at;
  std::string stage, reason, detail, account, receipt;
  LetterState state = LetterState::open;
};

// How many there are by one thing: reason, account, stage, hour or state. The most first; hours in order.
std::vector<std::pair<std::string, int64_t>> count_letters(postgres::Connection& connection, const LetterFilter& filter,
                                                           std::string_view by);
int64_t count_letters(postgres::Connection& connection, const LetterFilter& filter);

// The newest first.
std::vector<StoredLetter> list_letters(postgres::Connection& connection, const LetterFilter& filter, size_t limit);

// Everything about one, with its history: names and values. Empty: there is none with this id.
std::vector<std::pair<std::string, std::string>> show_letter(postgres::Connection& connection, const std::string& id);

struct Retried {
  int64_t looked_at = 0;
  int64_t sent = 0;                        // or, in a dry run, could be sent
  std::map<std::string, int64_t> refused;  // why others can't be put back -> how many
};

struct RetryOrder {
  LetterFilter filter;
  std::string reason;    // why, for audit_logs
  bool dry_run = false;  // sends nothing
  int64_t most = 0;      // look at so many at most; 0: all
  Operator who = this_operator();
};

// Puts letters back, the oldest first. What ingest gave up is opened with the keys configured now and becomes the event
// that it always was; what process or a sink gave up goes to that stage's topic again. Throws Unavailable when Kafka or
// Postgres is away; what was committed until then stays.
Retried retry_letters(postgres::Connection& connection, const config::Settings& settings, const RetryOrder& order,
                      const std::function<void(const Retried&)>& progress = {}, const std::stop_token& stop = {});

// Marks them as dropped; their rows stay, as the proof of what was acknowledged. Returns how many.
int64_t drop_letters(postgres::Connection& connection, const LetterFilter& filter, const std::string& reason,
                     const Operator& who = this_operator());

}  // namespace wxpipe::operate
