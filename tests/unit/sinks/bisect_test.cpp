// Bisection finds exactly the bad rows and takes all others once and in order. Its cost is logarithmic, and less if the
// refusals name the bad row.
#include "sinks/bisect.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <string>
#include <vector>

namespace wxpipe::sinks {
namespace {

enum class Told { nothing, culprit };

struct Run {
  std::vector<size_t> taken, rejected;
  size_t attempts = 0;
};
// For rows named 0 … count - 1.
Run run(size_t count, const std::set<size_t>& bad, Told told = Told::nothing) {
  Run seen;
  std::vector<size_t> rows(count);
  std::iota(rows.begin(), rows.end(), 0);
  const auto answered = bisect(
      0, count,
      [&](size_t first, size_t size) -> std::optional<Refusal<std::string>> {
        ++seen.attempts;
        for (size_t i = first; i < first + size; ++i)
          if (bad.contains(rows[i])) return {{"bad", told == Told::culprit ? std::optional(i) : std::nullopt}};
        seen.taken.insert(seen.taken.end(), rows.begin() + static_cast<std::ptrdiff_t>(first),
                          rows.begin() + static_cast<std::ptrdiff_t>(first + size));
        return std::nullopt;
      },
      [&](size_t row, const std::string&) {
        seen.rejected.push_back(rows[row]);
        rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(row));
      });
  EXPECT_EQ(answered, seen.rejected.size());
  return seen;
}

TEST(Bisect, TakesAGoodRangeAsAWhole) { EXPECT_EQ(run(1000, {}).attempts, 1u); }

TEST(Bisect, FindsOneAmongAThousandWithTwentyOneAttempts) {
  for (const size_t bad : {0, 1, 499, 617, 999}) {
    const auto seen = run(1000, {bad});
    EXPECT_EQ(seen.rejected, (std::vector<size_t>{bad}));
    EXPECT_LE(seen.attempts, 21u);
  }
}

TEST(Bisect, DoesNotTryAsAWholeWhatMustHoldTheBadOne) { EXPECT_EQ(run(1024, {1023}).attempts, 1u + 10u + 1u); }

TEST(Bisect, TakesACulpritOutWithTwoAttempts) {
  const auto seen = run(1000, {617}, Told::culprit);
  EXPECT_EQ(seen.rejected, (std::vector<size_t>{617}));
  EXPECT_EQ(seen.attempts, 2u);
}

TEST(Bisect, BelievesNoCulpritFromElsewhere) {
  std::vector<size_t> rejected;
  bisect(
      10, 4,
      [](size_t, size_t) -> std::optional<Refusal<std::string>> {
        return {{"bad", 3}};
      },
      [&](size_t row, const std::string&) { rejected.push_back(row); });
  EXPECT_EQ(rejected, (std::vector<size_t>{10, 10, 10, 10})) << "each has moved up";
}

TEST(Bisect, TriesEveryOneBeforeItIsRejected) {
  // Refused together but fine one by one, as after a short outage: nothing is rejected.
  const auto attempt = [](size_t, size_t size) -> std::optional<Refusal<std::string>> {
    if (size > 1) return {{"not together", {}}};
    return std::nullopt;
  };
  EXPECT_EQ(bisect(0, 8, attempt, [](size_t row, const std::string&) { ADD_FAILURE() << row; }), 0u);
}

TEST(Bisect, DoesNothingWithNothing) { EXPECT_EQ(run(0, {}).attempts, 0u); }

RC_GTEST_PROP(Bisect, RejectsExactlyTheBadAndTakesTheRestOnceInOrder, ()) {
  const auto count = *rc::gen::inRange<size_t>(0, 200);
  std::set<size_t> bad;
  if (count > 0) bad = *rc::gen::container<std::set<size_t>>(rc::gen::inRange<size_t>(0, count));
  const auto seen = run(count, bad, *rc::gen::element(Told::nothing, Told::culprit));
  std::vector<size_t> good;
  for (size_t i = 0; i < count; ++i)
    if (!bad.contains(i)) good.push_back(i);
  RC_ASSERT(seen.taken == good);
  RC_ASSERT(seen.rejected == std::vector<size_t>(bad.begin(), bad.end()));
}

}  // namespace
}  // namespace wxpipe::sinks
