// Follows the events as they come, each with its fate: a row, a repeat, a dead letter, or still on its way. It reads
// events and dead letters outside of any group and asks Postgres for rows by their key. Nothing is left out unless a
// limit is given: when it falls behind, it says so by its lag. One thread owns it.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/settings.hpp"
#include "common/kafka/admin.hpp"
#include "common/kafka/partition_reader.hpp"
#include "common/postgres/connection.hpp"
#include "operate/event_filter.hpp"

namespace wxpipe::operate {

enum class Fate { stored, repeat, dead_letter, on_its_way };
std::string_view to_string(Fate fate);

// A callback, or an event that was sent again.
struct Followed {
  Fate fate = Fate::on_its_way;
  Timestamp received_at{};
  std::string receipt, event_id, account, type, subject, content;
  std::string detail;  // the table, whose repeat it is, or the reason
};

// Where a tail came to. One that begins there misses nothing, and tells a few events once more.
struct TailPlace {
  Timestamp at{};                 // what is received before it was told, or is behind `events`
  std::vector<int64_t> events{};  // the next offset of each partition of events.v1
};
// As text without spaces, for a client that comes back. Nothing: the text is no place.
std::string to_string(const TailPlace& place);
std::optional<TailPlace> parse_tail_place(std::string_view text);

struct TailLimits {
  // After it an event whose fate isn't known yet is shown as on_its_way, if nothing is unread that could tell it.
  std::chrono::milliseconds patience;
  // 0: nothing is left out. Else: when more events than that come in a second, only a fifth of it is told of the next
  // one, spread evenly. The others are counted, and nobody asks for their fate, so that looking at a flood costs the
  // pipeline no more than looking at a stream. Dead letters that never became an event are always told.
  int64_t most_a_second = 0;
};

class Tail {
 public:
  // Begins with what is received after `from`.
  Tail(const config::Settings& settings, EventFilter filter, Timestamp from, TailLimits limits);

  Tail(const config::Settings& settings, EventFilter filter, const TailPlace& place, TailLimits limits);

  // Reads what has come and returns the events whose fate is known now, in the order in which they were received.
  // From one step to the next it is that of their partitions. Throws Unavailable.
  std::vector<Followed> step(postgres::Connection& connection, std::chrono::steady_clock::time_point now);

  // Offsets that were there in the last step and aren't read yet: 0 if it keeps up.
  int64_t behind() const { return behind_; }

  // Events that the filter takes and the limit doesn't, since the beginning.
  uint64_t left_out() const { return left_out_; }

  // After a step: all that it has returned so far is before this place.
  TailPlace place(Timestamp now) const;

 private:
  struct Waiting {
    Followed event;
    Timestamp occurred_at;
    std::chrono::steady_clock::time_point since, ask_at, asked_at{};
    bool known = false;  // its fate
    int partition = -1;  // of events.v1; -1: it never became an event
    int64_t offset = 0;
  };
  void take(const kafka::Record& record, std::chrono::steady_clock::time_point now);
  void take_event(const kafka::Record& record, std::chrono::steady_clock::time_point now);
  void take_letter(const kafka::Record& record, std::chrono::steady_clock::time_point now);
  void begin_second(std::chrono::steady_clock::time_point now);
  bool within_limit();
  static void give_up(Waiting& one, const std::string& why);
  Waiting* waiting(std::string_view receipt);
  // At most so many offsets of a partition. Returns how many are left before the ends.
  int64_t read_up_to(const std::vector<kafka::PartitionOffset>& ends, int64_t most,
                     std::chrono::steady_clock::time_point now);
  void ask_for_rows(postgres::Connection& connection, std::chrono::steady_clock::time_point now);
  // Returns how many fates are known now.
  static size_t ask_for_rows_of(const std::vector<Waiting*>& some, postgres::Connection& connection);

  const EventFilter filter_;
  const TailLimits limits_;
  const std::string events_, dead_letters_;  // topics
  kafka::PartitionReader reader_;
  std::vector<kafka::Partition> partitions_of_events_, partitions_of_letters_;
  std::map<kafka::Partition, int64_t> next_;
  std::deque<Waiting> waiting_;
  std::map<std::string, size_t, std::less<>> by_receipt_;  // place in waiting_, plus dropped_
  size_t dropped_ = 0;                                     // how many have left waiting_ at its front
  int64_t unread_events_ = 0;                              // offsets of events.v1, of behind_
  int64_t behind_ = 0;
  // The limit's second; it lasts longer where a step does.
  std::chrono::steady_clock::time_point second_{};
  int64_t came_ = 0, most_ = 0, every_ = 1;            // in it; how many may be told of; of how many one is told
  std::chrono::steady_clock::time_point looked_at_{};  // since when nothing is unread that could tell a fate
  bool all_looked_for_ = false;
  uint64_t left_out_ = 0;
  // Receipt -> why: dead letters that were met before their event, while it is unread.
  std::map<std::string, std::string, std::less<>> early_letters_;
};

}  // namespace wxpipe::operate
