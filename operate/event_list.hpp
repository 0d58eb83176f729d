// Finds events by what they are: account, type, person, text, time; the newest first, page by page. Every question
// looks at a bounded number of rows, however large the table is, and says how far back it has looked. One thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/postgres/connection.hpp"
#include "common/report/report.hpp"
#include "operate/trace.hpp"

namespace wxpipe::operate {

struct EventQuestion {
  std::string account{};                  // empty: all
  std::string type{};                     // "message.text", or a family: "message.*"
  std::string person{};                   // the sender
  std::string text{};                     // is somewhere in the content, in small or capital letters
  std::optional<Timestamp> from{}, to{};  // of occurred_at
  std::string after{};                    // `next` of the page before
  size_t limit = 50;
  int summary = 60;  // characters of the content
};

struct EventList {
  std::vector<Match> matches;
  std::string next;                    // empty: there are no more
  int64_t looked_at = 0;               // rows
  std::optional<Timestamp> back_to{};  // none: everything in the range was looked at
};

// Throws UsageError: `after` is no place.
EventList list_events(postgres::Connection& connection, const EventQuestion& question);
report::Report report_of(const EventList& list);

}  // namespace wxpipe::operate
