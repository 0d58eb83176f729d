// Ages as people write them, and the moments that long ago.
#include "common/config/age.hpp"

#include <gtest/gtest.h>

namespace wxpipe::config {
namespace {
using namespace std::chrono;
using Unit = Age::Unit;

Timestamp at(int of_year, int of_month, int of_day, hours hour = 0h) {
  return sys_days{year{of_year} / of_month / of_day} + hour;
}

TEST(Age, IsANumberAndAUnit) {
  EXPECT_EQ(parse_age("24 months"), (Age{24, Unit::months}));
  EXPECT_EQ(parse_age("1 month"), (Age{1, Unit::months}));
  EXPECT_EQ(parse_age("30 days"), (Age{30, Unit::days}));
  EXPECT_EQ(parse_age("8 weeks"), (Age{8, Unit::weeks}));
  EXPECT_EQ(parse_age("7 years"), (Age{7, Unit::years}));
  for (const auto* wrong : {"", "24", "months", "0 days", "-1 days", "24months", "24  months", "2.5 years", "30d",
                            "1001 days", "1 hour", "3 dayss", " 3 days", "3 days "})
    EXPECT_EQ(parse_age(wrong), std::nullopt) << wrong;
  for (const auto* right : {"24 months", "1 day", "2 weeks", "1 year"}) EXPECT_EQ(format_age(*parse_age(right)), right);
}

TEST(Before, GoesByTheCalendar) {
  EXPECT_EQ(before(at(2026, 3, 31, 7h), {1, Unit::months}), at(2026, 2, 28, 7h)) << "that month has no 31st";
  EXPECT_EQ(before(at(2028, 3, 30), {1, Unit::months}), at(2028, 2, 29));
  EXPECT_EQ(before(at(2028, 2, 29), {1, Unit::years}), at(2027, 2, 28));
  EXPECT_EQ(before(at(2026, 1, 15), {13, Unit::months}), at(2024, 12, 15));
  EXPECT_EQ(before(at(2026, 11, 29), {24, Unit::months}), at(2024, 11, 29));
  EXPECT_EQ(before(at(2026, 3, 1), {1, Unit::days}), at(2026, 2, 28));
  EXPECT_EQ(before(at(2026, 3, 1), {1, Unit::weeks}), at(2026, 2, 22));
}

}  // namespace
}  // namespace wxpipe::config
