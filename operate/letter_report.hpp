// Dead letters as reports: `wxpipe dlq` prints them, and the console shows them. One thread.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "common/report/report.hpp"
#include "operate/dead_letters.hpp"

namespace wxpipe::operate {

// What letters can be counted by.
inline constexpr std::array<std::string_view, 5> kCountedBy{"reason", "account", "stage", "hour", "state"};

// A filter as a person writes it. state: open, retried, dropped, parked or any.
struct LetterWords {
  std::string id, account, stage, reason, from, to;
  std::string state = "open";
};
// Throws UsageError.
LetterFilter filter_of(const LetterWords& words, Timestamp now);
// Throws UsageError: nothing is chosen, and `all` isn't said.
void require_a_choice(const LetterWords& words, bool all);

// by: one of kCountedBy; empty: all but hour.
report::Report list_report(postgres::Connection& connection, const LetterFilter& filter, std::string_view by,
                           size_t limit);
report::Report show_report(postgres::Connection& connection, const std::string& id);

// What a change would do: how many, and three samples. verb: "put back".
report::Report preview(postgres::Connection& connection, const LetterFilter& filter, std::string_view verb,
                       int64_t count);
report::Report retried_report(postgres::Connection& connection, const RetryOrder& order, const Retried& done);
report::Report dropped_report(const LetterFilter& filter, int64_t dropped);

}  // namespace wxpipe::operate
