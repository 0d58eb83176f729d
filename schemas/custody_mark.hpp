// Receipts, and the marks by which an ingest process says what became of each (docs/decisions/0004-custody-marks.md).
// A mark travels on wxpipe.custody.v1 and is a row of wxpipe.custody_marks. It never changes once it is made, so it can
// be sent and stored any number of times, in any order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.hpp"
#include "common/result.hpp"

namespace wxpipe::schemas {

// "<instance>/<boot>/<sequence>", taken apart. Views into the text.
struct Receipt {
  std::string_view process;  // "<instance>/<boot>"
  int64_t sequence = 0;      // from 1, dense within the process
  bool operator==(const Receipt&) const = default;
};
// Nothing when it isn't of that form.
std::optional<Receipt> parse_receipt(std::string_view text);

struct CustodyMark {
  // Callbacks that were answered with success, those of one account and minute that were made durable in one way.
  struct Acknowledged {
    std::string account;
    Timestamp minute;      // of received_at, UTC
    bool spooled = false;  // by the fsynced spool; else by the broker
    int64_t count = 0;
    bool operator==(const Acknowledged&) const = default;
  };
  // What became of `length` receipts in a row. 0: void, answered with a failure; else one more than the index into
  // `acknowledged`.
  struct Run {
    uint32_t outcome = 0;
    uint32_t length = 0;
    bool operator==(const Run&) const = default;
  };

  std::string instance, boot;
  int64_t number = 1;  // of the boot's marks, without gaps
  Timestamp marked_at;
  bool last = false;            // a clean stop: nothing of this boot comes after it
  int64_t first = 1, next = 1;  // the sequences it decides: [first, next); none where equal
  // Events that waited in the instance's spool once all of these were decided; none: it has no spool.
  std::optional<int64_t> spool_events;
  Timestamp received_from, received_to;  // the earliest and latest of the acknowledged; the epoch where there are none
  std::vector<Acknowledged> acknowledged;
  std::vector<Run> outcomes;  // cover [first, next)

  bool operator==(const CustodyMark&) const = default;
};
inline constexpr std::string_view kCustodyMarkSchema = "wxpipe.custody_mark.v1";

// The most in one mark: an encoded one must fit max.message.bytes whatever it holds.
inline constexpr int64_t kMostReceiptsInMark = 200'000;
inline constexpr size_t kMostAcknowledgedInMark = 8'000;

// Appends.
void encode(const CustodyMark& mark, std::string& out);
// Rejects what contradicts itself: outcomes that don't cover the stretch, counts that aren't theirs.
Result<CustodyMark> decode_custody_mark(std::string_view json);

}  // namespace wxpipe::schemas
