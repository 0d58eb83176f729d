// One follower, customer or lead: relations, score with its parts, and what happened, the newest first. Every question
// goes by a key or an index and has a limit. One thread.
#pragma once

#include <string>
#include <string_view>

#include "common/postgres/connection.hpp"
#include "common/report/report.hpp"

namespace wxpipe::operate {

struct PersonQuestion {
  std::string person{};   // openid, external_userid, or what a lead is known by
  std::string account{};  // empty: all
  std::string after{};    // `next` of the page before
  size_t limit = 50;      // of the time line
};

// Throws UsageError: `after` is no place.
report::Report person_report(postgres::Connection& connection, const PersonQuestion& question);

}  // namespace wxpipe::operate
