// The runs (boots) of ingest processes, according to their marks: which were killed, and when their spools were empty.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "schemas/facts/custody_mark.hpp"

namespace wxpipe::sinks {

struct Boot {
  std::string instance, boot;
  int64_t marked_up_to = 0;
  Timestamp marked_at;                  // the last mark
  bool ended = false;                   // stopped cleanly
  bool silent = false;                  // no mark for a minute
  std::optional<int64_t> spool_events;  // as the last mark said
  int64_t emptied_at_number = 0;        // the last mark that said "the spool is empty"; 0: none did
  Timestamp tail_from;                  // rows of receipts without a mark were received after this
  bool operator==(const Boot&) const = default;
};

// Whether `a` is the earlier one of two boots of one instance.
bool is_earlier_boot(const std::string& a, const std::string& b);

// The boot was killed, so no mark will come for its last receipts: it didn't end cleanly, and another boot came after
// it or it has been silent for long.
bool was_killed(const Boot& boot, const std::vector<Boot>& boots);

// Whether the instance said, in this mark or later, that its spool is empty. Then no receipt of the mark waits in the
// spool.
bool spool_emptied_since(const std::vector<Boot>& boots, const schemas::CustodyMark& mark);

// Names the spool of this instance, where an event may still wait; for people.
std::string spool_of(const std::vector<Boot>& boots, const std::string& instance);

}  // namespace wxpipe::sinks
