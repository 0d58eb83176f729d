// How many workers does a reader need? From how far it is behind and how fast it is now (lag.hpp). Pure.
//
// The busiest worker decides: six partitions among four workers give two workers two partitions each, so they are as
// fast as three workers. More workers than partitions do nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wxpipe::operate {

struct ScaleInput {
  size_t partitions = 0;
  size_t workers = 0;   // members of the group now
  int64_t records = 0;  // waiting
  double in_per_second = 0, out_per_second = 0;
  std::chrono::microseconds age{0};  // of the oldest one that waits
};

enum class Need {
  nothing,     // it keeps up
  start,       // records wait and nobody takes them
  more,        // too slow for the target
  partitions,  // one worker for each partition would be too slow: the topic must grow
  fewer,       // more workers than partitions: the rest does nothing
  look_at_it   // workers are there, but they take nothing: more of them would not help
};
std::string_view to_string(Need need);

struct Advice {
  Need need = Need::nothing;
  size_t workers = 1;                                    // this many
  std::optional<size_t> partitions{};                    // for Need::partitions: this many of both
  double needed_per_second = 0;                          // to catch up in the target time
  std::optional<std::chrono::microseconds> caught_up{};  // with that many workers; none: not known, or never
};

Advice advise(const ScaleInput& input, std::chrono::microseconds target);

}  // namespace wxpipe::operate
