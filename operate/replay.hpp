// Reads a stretch of one of our topics again and gives it to a target: tables, another topic, files. Events become
// facts by the same steps as in `process`, and rows by the same sinks. It assigns partitions by itself: no group moves,
// and nothing is stopped. Whatever it writes repeats harmlessly (docs/guarantees.md law 4). One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>

#include "common/clock.hpp"
#include "common/config/settings.hpp"
#include "common/postgres/connection.hpp"
#include "operate/bookmarks.hpp"
#include "operate/event_filter.hpp"
#include "schemas/topics.hpp"

namespace wxpipe::operate {

// The topic's end (or beginning), the first record received then or later, an offset in every partition, a bookmark.
using Place = std::variant<std::monostate, Timestamp, int64_t, Bookmark>;

// Throws UsageError: nothing can lie between them, because `to` is not after `from`.
void require_order(const Place& from, const Place& to);

struct ReplayOrder {
  std::string name;        // what is asked for, in words: --resume finds its place by it
  std::string asked_by{};  // the login of the person
  schemas::TopicName topic = schemas::TopicName::events;
  Place from{}, to{};
  std::optional<int> partition{};  // none: all
  EventFilter filter{};            // for events and messages
  bool renormalize = false;        // events only
  double most_per_second = 0;      // records; 0: no limit
  bool resume = false;             // go on where a replay of this name came to
};

// What a target gets: a record that was read, or a fact made from an event. Views last for the call.
struct Made {
  schemas::TopicName topic{};  // where it would stand
  std::string_view key;
  std::optional<std::string_view> value;
  std::string_view traceparent;  // the header
  Timestamp timestamp;
};

class ReplayTarget {
 public:
  virtual ~ReplayTarget() = default;
  // True: it takes events as they are, not what follows from them.
  virtual bool takes_events() const { return false; }
  // Returns when all of it is stored. Throws Unavailable, UsageError.
  virtual void take(std::span<const Made> records) = 0;
};

struct Replayed {
  int64_t offsets = 0, offsets_in_all = 0;        // passed, of so many; markers of transactions count
  int64_t records = 0, taken = 0;                 // read, and let through by the filter
  std::map<std::string, int64_t> made{};          // topic -> records that the target got
  std::map<std::string, int64_t> as_they_were{};  // why events could not be normalised anew -> how many
  bool stopped = false;
};

// `positions`: has wxpipe.replays; null: the position isn't kept. settings.score.rules are the rules that count. Throws
// Unavailable, UsageError; what was given to the target until then stays, and `resume` goes on from there.
Replayed replay(const config::Settings& settings, postgres::Connection* positions, const ReplayOrder& order,
                ReplayTarget& target, const std::function<void(const Replayed&)>& progress = {},
                const std::stop_token& stop = {});

}  // namespace wxpipe::operate
