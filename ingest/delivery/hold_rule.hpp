// May events go to the broker now, or only to the spool? `wxpipe topics grow events` asks all ingest processes to hold
// them back for a while, because a key may move to another partition (docs/topics.md, More partitions).
//
// It asks by a note that every ingest process reads twice a second, and writes the note anew every second. Clocks of
// different machines are never compared; a process counts only its own time:
//
//   no note was read             free for kLease. A process that can't ask (frozen, cut off) is held after that by
//                                itself. So whoever writes the note needs to know no process: kLease later all are held
//   a note was read              held
//   the note doesn't change      its writer is dead: free again after kPatience
//
// Pure.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace wxpipe::ingest {

class HoldRule {
 public:
  using Time = std::chrono::steady_clock::time_point;

  static constexpr std::chrono::milliseconds kLease{5'000};
  static constexpr std::chrono::milliseconds kPatience{20'000};
  // So long after the note was written first, every event that an ingest process has acknowledged is on the topic or
  // in a spool: the lease is over, and so is the time that a callback may take.
  static constexpr std::chrono::milliseconds kAllHeldAfter = kLease + std::chrono::milliseconds(5'000);

  // The note as it was read by a question asked at `asked`; empty: there is none.
  void read(std::string_view note, Time asked);

  // Events may go to the broker before that. It begins in the past: held.
  Time free_until() const { return free_until_; }

 private:
  std::string note_;
  Time changed_at_{};
  Time free_until_{};
};

// The consumer group whose note it is (common/kafka/group_note.hpp).
std::string hold_group(std::string_view topic_prefix);

}  // namespace wxpipe::ingest
