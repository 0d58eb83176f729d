// Which replays read a record again. Replays keep their places in wxpipe.replays, those into a side schema in its own;
// those into files keep none. Of replays that were asked for in the same words only the latest is known.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/postgres/connection.hpp"

namespace wxpipe::operate {

// A record where it stands.
struct Hop {
  std::string topic;
  int partition = 0;
  int64_t offset = 0;
  std::string value;
};
std::string place_of(const Hop& hop);  // topic-partition@offset

// A replay that has passed the record.
struct Reread {
  std::string record;         // topic-partition@offset
  std::string into;           // tables, schema:NAME, topic:NAME
  std::optional<bool> takes;  // whether its filter takes the record; none: the filter can't be read
  Timestamp begun_at, moved_at;
  std::string asked_by;   // a login; empty: not known
  bool finished = false;  // it came to the end of the topic's range
  std::string order;      // what was asked for, without into
};

struct Rereads {
  std::vector<Reread> list;             // the latest first
  std::vector<std::string> unreadable;  // side schemas that this login may not read
};
// main: the main database.
Rereads replays_of(postgres::Connection& main, std::span<const Hop> hops);

}  // namespace wxpipe::operate
