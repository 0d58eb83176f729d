// Callbacks as they come, each with its fate, as server-sent events. Each stream follows the topics by itself
// (operate/tail.hpp), so it misses nothing, whatever the others do; a client that comes back goes on where it was. What
// is too much to look at is left out and counted. Any thread.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "common/config/settings.hpp"
#include "console/access.hpp"
#include "console/databases.hpp"
#include "console/http.hpp"
#include "operate/tail.hpp"

namespace wxpipe::console {

struct LiveQuestion {
  operate::EventFilter filter;
  Timestamp from;
  std::optional<operate::TailPlace> place;  // in place of `from`
};

class Live {
 public:
  static constexpr int kMostStreams = 8;
  static constexpr int64_t kMostPerSecond = 1'000;

  // Both must outlive it and its streams.
  Live(const config::Settings& settings, const Databases& databases) : settings_(settings), databases_(databases) {}

  // Throws Problem: there are too many streams.
  Response open(LiveQuestion question, const Identity& who);

 private:
  void run(LiveQuestion& question, const Identity& who, const Send& send, const std::stop_token& stop) const;

  const config::Settings& settings_;
  const Databases& databases_;
  std::atomic<int> open_ = 0;
};

}  // namespace wxpipe::console
