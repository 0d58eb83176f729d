// Finds the bad ones in a range by halving it: one bad row among n costs about 2·log2(n) attempts. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

namespace wxpipe::sinks {

// `attempt(first, count)` takes the range as a whole and answers nothing, or why it can't. What is left of a range of
// one goes to `rejected(row, why)`. Everything is attempted exactly once more for each level it was refused on, in
// order.
template <class Attempt, class Rejected>
void bisect(size_t first, size_t count, Attempt&& attempt, Rejected&& rejected) {
  if (count == 0) return;
  auto why = attempt(first, count);
  if (!why) return;
  if (count == 1) {
    rejected(first, std::move(*why));
    return;
  }
  const auto half = count / 2;
  bisect(first, half, attempt, rejected);
  bisect(first + half, count - half, attempt, rejected);
}

}  // namespace wxpipe::sinks
