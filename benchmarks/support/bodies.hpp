// Callback bodies for the benchmarks, in the shapes and sizes that the platforms send. Deterministic: the same number
// gives the same bytes, so instruction counts can be compared from day to day.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace wxpipe::benchmarks {

// A decrypted body, and the one of accounts() (callbacks.hpp) that gets it.
struct Body {
  std::string account;
  std::string text;
};

// A 公众号 text message of exactly `size` bytes (or the shortest possible), by one of 1,000 followers. `number` is its
// MsgId.
std::string text_message(uint64_t number, size_t size, int64_t created);

// A day's mix of `count` different bodies, in real proportions: mostly messages of different lengths; then menu clicks,
// follows and scans, receipts, WeWork contacts, customer service, robots and lead forms.
std::vector<Body> day_of_bodies(size_t count);

// The creation time of the bodies of day_of_bodies.
inline constexpr int64_t kCreated = 1'760'000'000;

}  // namespace wxpipe::benchmarks
