// Points in time on the command line: the forms that people write, and no others.
#include "cli/moment.hpp"

#include <gtest/gtest.h>

#include "common/result.hpp"

namespace wxpipe::cli {
namespace {
using namespace std::chrono_literals;
using std::chrono::sys_days;
using std::chrono::year;

const Timestamp kDay = sys_days{year{2026} / 11 / 24};
const Timestamp kNow = kDay + 15h;

TEST(Moment, IsADayAMinuteOrASecondInUtc) {
  EXPECT_EQ(parse_moment("2026-11-24", kNow), kDay);
  EXPECT_EQ(parse_moment("2026-11-24T08:30", kNow), kDay + 8h + 30min);
  EXPECT_EQ(parse_moment("2026-11-24T08:30Z", kNow), kDay + 8h + 30min);
  EXPECT_EQ(parse_moment("2026-11-24T08:30:15", kNow), kDay + 8h + 30min + 15s);
  EXPECT_EQ(parse_moment("2026-11-24T08:30:15.25Z", kNow), kDay + 8h + 30min + 15250ms);
}

TEST(Moment, OrHowLongAgo) {
  EXPECT_EQ(parse_moment("90m", kNow), kDay + 13h + 30min);
  EXPECT_EQ(parse_moment("1d", kNow), kNow - 24h);
}

TEST(Moment, NothingElse) {
  for (const auto* odd : {"", "yesterday", "2026", "2026-11", "2026-13-01", "2026-02-30", "2026-11-24 08:30",
                          "24.11.2026", "2026-11-24T25:00", "2026-11-24T08:30+08:00", "-2h", "2", "Z"})
    EXPECT_EQ(parse_moment(odd, kNow), std::nullopt) << odd;
}

TEST(Moment, TheEndIsAfterTheBeginning) {
  operate::require_order(kDay, kNow);
  operate::require_order(kNow, std::nullopt);
  operate::require_order(std::nullopt, kDay);
  EXPECT_THROW(operate::require_order(kNow, kDay), UsageError);
  EXPECT_THROW(operate::require_order(kDay, kDay), UsageError);
}

}  // namespace
}  // namespace wxpipe::cli
