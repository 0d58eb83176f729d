// Waits for a condition that something else brings about (a thread, a process, a server), instead of sleeping. The
// deadline is for broken code only: generous, so that a busy machine doesn't look like one.
#pragma once

#include <chrono>
#include <thread>
#include <utility>

namespace wxpipe::rig {

inline constexpr std::chrono::seconds kPatience{30};

// True as soon as the condition is; false when it wasn't until the deadline. What it throws comes out.
template <class Condition>
bool eventually(Condition&& condition, std::chrono::milliseconds patience = kPatience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  // Short pauses at first, so that what happens at once costs nothing; longer ones don't burden a busy server.
  for (auto pause = std::chrono::milliseconds(1);; pause = std::min(pause * 2, std::chrono::milliseconds(50))) {
    const bool last = std::chrono::steady_clock::now() >= deadline;
    if (condition()) return true;
    if (last) return false;
    std::this_thread::sleep_for(pause);
  }
}

// The first value for which `good` holds, else the last one seen: EXPECT_EQ(eventually_value(count_rows, is(3)), 3)
// tells in its message what it was instead.
template <class Value, class Good>
auto eventually_value(Value&& value, Good&& good, std::chrono::milliseconds patience = kPatience) {
  auto seen = value();
  eventually(
      [&] {
        if (good(seen)) return true;
        seen = value();
        return good(seen);
      },
      patience);
  return seen;
}

// Waits until the question answers this, then gives the last answer, for EXPECT_EQ.
template <class Question, class Answer>
auto eventually_equal(Question&& question, const Answer& answer, std::chrono::milliseconds patience = kPatience) {
  return eventually_value(
      std::forward<Question>(question), [&](const auto& seen) { return seen == answer; }, patience);
}

}  // namespace wxpipe::rig
