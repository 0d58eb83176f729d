// Places where a test can make the process die or stall. Only in builds with fault points (CMake: WXPIPE_FAULT_POINTS).
// The table below has all of them. An environment variable chooses:
//   WXPIPE_FAULT=sink.before_commit:kill      SIGKILL when the place is reached
//   WXPIPE_FAULT=sink.before_batch:stall:3    SIGSTOP when it is reached for the third time
// Several are separated by commas. An unknown place ends the process; else a test with a misspelt place would pass for
// the wrong reason. In other builds the macro does nothing.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace wxpipe::runtime {

enum class FaultPoint {
  ingest_after_produce,
  ingest_before_reply,
  spool_before_commit,
  spool_before_fsync,
  spool_after_commit,
  spool_after_drain,
  process_before_offsets,
  process_before_commit,
  process_after_commit,
  process_after_abort,
  process_revoke,
  sink_before_batch,
  sink_before_commit,
  sink_after_commit,
  sink_revoke
};

struct FaultPlace {
  FaultPoint point;
  std::string_view name;
  std::string_view meaning;
};
inline constexpr std::array kFaultPlaces{
    FaultPlace{FaultPoint::ingest_after_produce, "ingest.after_produce",
               "the event is in the producer's queue, the broker has acknowledged nothing"},
    FaultPlace{FaultPoint::ingest_before_reply, "ingest.before_reply",
               "the event is durable, the platform has no answer"},
    FaultPlace{FaultPoint::spool_before_commit, "spool.before_commit", "the rows are written, nothing is in the log"},
    FaultPlace{FaultPoint::spool_before_fsync, "spool.before_fsync", "the commit is in the log, which isn't synced"},
    FaultPlace{FaultPoint::spool_after_commit, "spool.after_commit", "the events are durable, nobody was told"},
    FaultPlace{FaultPoint::spool_after_drain, "spool.after_drain",
               "the broker has the drained events, the spool still holds them"},
    FaultPlace{FaultPoint::process_before_offsets, "process.before_offsets",
               "the records are in the transaction, the offsets are not"},
    FaultPlace{FaultPoint::process_before_commit, "process.before_commit",
               "records and offsets are in the transaction, which is open"},
    FaultPlace{FaultPoint::process_after_commit, "process.after_commit",
               "the transaction is committed, its ids are not published"},
    FaultPlace{FaultPoint::process_after_abort, "process.after_abort",
               "the transaction is aborted, the consumer has not gone back"},
    FaultPlace{FaultPoint::process_revoke, "process.revoke", "partitions are about to be given up"},
    FaultPlace{FaultPoint::sink_before_batch, "sink.before_batch",
               "a batch is collected, its Postgres transaction has not begun"},
    FaultPlace{FaultPoint::sink_before_commit, "sink.before_commit", "offsets and rows are written, not committed"},
    FaultPlace{FaultPoint::sink_after_commit, "sink.after_commit", "they are committed, nothing else has happened"},
    FaultPlace{FaultPoint::sink_revoke, "sink.revoke", "partitions are about to be given up"},
};

constexpr std::string_view to_string(FaultPoint point) { return kFaultPlaces[static_cast<size_t>(point)].name; }

#ifdef WXPIPE_FAULT_POINTS
inline constexpr bool kHasFaultPoints = true;
void reach(FaultPoint point);
#define WXPIPE_FAULT_POINT(point) ::wxpipe::runtime::reach(::wxpipe::runtime::FaultPoint::point)
#else
inline constexpr bool kHasFaultPoints = false;
#define WXPIPE_FAULT_POINT(point) static_cast<void>(::wxpipe::runtime::FaultPoint::point)
#endif

}  // namespace wxpipe::runtime
