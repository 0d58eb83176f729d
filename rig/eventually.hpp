// Waits for a condition that a thread, process or server brings about. Use it instead of sleeping. The deadline only
// catches broken code: it is long, so that a busy machine doesn't fail a test.
#pragma once

#include <chrono>
#include <thread>
#include <utility>

namespace wxpipe::rig {

inline constexpr std::chrono::seconds kPatience{30};

// True as soon as the condition is true; false at the deadline. Exceptions of the condition pass through.
template <class Condition>
bool eventually(Condition&& condition, std::chrono::milliseconds patience = kPatience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  // Short pauses first, to notice quick results at once; longer ones later, to spare a busy server.
  for (auto pause = std::chrono::milliseconds(1);; pause = std::min(pause * 2, std::chrono::milliseconds(50))) {
    const bool last = std::chrono::steady_clock::now() >= deadline;
    if (condition()) return true;
    if (last) return false;
    std::this_thread::sleep_for(pause);
  }
}

// The first value for which `good` holds, or the last one seen. EXPECT_EQ(eventually_value(count_rows, is(3)), 3) then
// shows the wrong value in its message.
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

// Waits until the question gives this answer; returns the last answer, for EXPECT_EQ.
template <class Question, class Answer>
auto eventually_equal(Question&& question, const Answer& answer, std::chrono::milliseconds patience = kPatience) {
  return eventually_value(
      std::forward<Question>(question), [&](const auto& seen) { return seen == answer; }, patience);
}

}  // namespace wxpipe::rig
