// Finds the bad rows in a range. If a refusal names the bad row, that row is taken out and the rest is tried again: two
// attempts for each bad row. Else the range is halved: one bad row among n costs about log2(n) refused attempts. Pure.
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

// `attempt(first, count)` writes the whole range, or returns a Refusal. A row that a refusal names, or that is refused
// alone, goes to `reject(row, why)`. That removes the row, and later rows move up. All other rows are written exactly
// once, in order. Returns how many were rejected.
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
  // If the first half had no bad row, the second half must have one.
  return rejected + left +
         bisect(first + half - left, count - half, attempt, reject, left > 0 ? Known::nothing : Known::bad);
}

}  // namespace wxpipe::sinks
