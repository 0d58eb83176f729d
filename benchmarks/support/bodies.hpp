// Callback bodies that the benchmarks run on, made here in the shapes and sizes that the platforms send. Deterministic:
// the same number gives the same bytes, so instruction counts can be compared from day to day.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace wxpipe::benchmarks {

// A decrypted body, and which of accounts() (callbacks.hpp) it arrives at.
struct Body {
  std::string account;
  std::string text;
};

// A 公众号 text message of exactly `size` bytes (or as short as it gets), by one of 1,000 followers. The MsgId is
// `number`.
std::string text_message(uint64_t number, size_t size, int64_t created);

// What a day brings, in about its proportions: mostly messages of different lengths, then menu clicks, follows and
// scans, receipts, WeWork contacts, customer service, robots and lead forms. `count` of them, all different.
std::vector<Body> day_of_bodies(size_t count);

// When the bodies of day_of_bodies were created.
inline constexpr int64_t kCreated = 1'760'000'000;

}  // namespace wxpipe::benchmarks
