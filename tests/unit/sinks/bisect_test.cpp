// Bisection: exactly the bad ones are found, everything else is taken once, at logarithmic cost.
#include "sinks/bisect.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace wxpipe::sinks {
namespace {

struct Run {
  std::vector<size_t> taken, rejected;
  size_t attempts = 0;
};
Run run(size_t count, const std::set<size_t>& bad) {
  Run seen;
  bisect(
      0, count,
      [&](size_t first, size_t size) -> std::optional<std::string> {
        ++seen.attempts;
        const auto next = bad.lower_bound(first);
        if (next != bad.end() && *next < first + size) return "bad";
        for (size_t i = first; i < first + size; ++i) seen.taken.push_back(i);
        return std::nullopt;
      },
      [&](size_t row, const std::string&) { seen.rejected.push_back(row); });
  return seen;
}

TEST(Bisect, TakesAGoodRangeAsAWhole) { EXPECT_EQ(run(1000, {}).attempts, 1u); }

TEST(Bisect, FindsOneAmongAThousandWithTwentyOneAttempts) {
  const auto seen = run(1000, {617});
  EXPECT_EQ(seen.rejected, (std::vector<size_t>{617}));
  EXPECT_LE(seen.attempts, 21u);
}

TEST(Bisect, DoesNothingWithNothing) { EXPECT_EQ(run(0, {}).attempts, 0u); }

RC_GTEST_PROP(Bisect, RejectsExactlyTheBadAndTakesTheRestOnceInOrder, ()) {
  const auto count = *rc::gen::inRange<size_t>(0, 200);
  std::set<size_t> bad;
  if (count > 0) bad = *rc::gen::container<std::set<size_t>>(rc::gen::inRange<size_t>(0, count));
  const auto seen = run(count, bad);
  std::vector<size_t> good;
  for (size_t i = 0; i < count; ++i)
    if (!bad.contains(i)) good.push_back(i);
  RC_ASSERT(seen.taken == good);
  RC_ASSERT(seen.rejected == std::vector<size_t>(bad.begin(), bad.end()));
}

}  // namespace
}  // namespace wxpipe::sinks
