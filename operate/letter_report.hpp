// Dead letters as reports: `wxpipe dlq` prints them, and the console shows them. One thread.
#pragma once

#include <array>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

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

// Dead letters lie in every database that a sink writes to. What follows looks into all of these.

// by: one of kCountedBy; empty: all but hour.
report::Report list_report(const Databases& databases, const LetterFilter& filter, std::string_view by, size_t limit);
report::Report show_report(const Databases& databases, const std::string& id);

// What a change would do: how many, three samples, and the command that does it. verb: "put back". command: empty: the
// same with --yes.
report::Report preview(const Databases& databases, const LetterFilter& filter, std::string_view verb, int64_t count,
                       std::string_view command = {});

// As retry_letters and drop_letters, database by database.
Retried retry_everywhere(const Databases& databases, const config::Settings& settings, RetryOrder order,
                         const std::function<void(const Retried&)>& progress = {}, const std::stop_token& stop = {});
// command: as in preview.
report::Report retried_report(const Databases& databases, const RetryOrder& order, const Retried& done,
                              std::string_view command = {});
report::Report drop_report(const Databases& databases, const LetterFilter& filter, const std::string& reason,
                           const Operator& who = this_operator());
int64_t count_everywhere(const Databases& databases, const LetterFilter& filter);

}  // namespace wxpipe::operate
