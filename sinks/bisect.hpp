// Finds the bad ones in a range. Where a refusal names its culprit, that one is taken out and the rest is tried again:
// two attempts for each bad one. Else by halving: one among n costs about log2(n) refused attempts. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

namespace wxpipe::sinks {

template <class Why>
struct Refusal {
  Why why;
  std::optional<size_t> culprit = {};
};

enum class Known {
  nothing,
  bad  // something in the range is: it need not be tried as a whole
};

// `attempt(first, count)` takes the range as a whole and answers nothing, or an optional Refusal. A culprit, and what
// is refused as a range of one, goes to `reject(row, why)`, which takes it out: those behind it move up. Everything
// else is taken exactly once, in order. Answers how many were rejected.
template <class Attempt, class Reject>
size_t bisect(size_t first, size_t count, Attempt&& attempt, Reject&& reject, Known known = Known::nothing) {
  size_t rejected = 0;
  while (count > 0 && (known == Known::nothing || count == 1)) {
    auto refusal = attempt(first, count);
    if (!refusal) return rejected;
    const auto culprit = count == 1 ? first : refusal->culprit.value_or(first + count);
    if (culprit < first || culprit >= first + count) break;
    reject(culprit, std::move(refusal->why));
    ++rejected;
    --count;
  }
  if (count == 0) return rejected;
  const auto half = count / 2;
  const auto left = bisect(first, half, attempt, reject);
  // If nothing in the first half was bad, something in the second one must be.
  return rejected + left +
         bisect(first + half - left, count - half, attempt, reject, left > 0 ? Known::nothing : Known::bad);
}

}  // namespace wxpipe::sinks
