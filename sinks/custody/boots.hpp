// The runs of ingest processes as their marks tell of them: which were killed, and whose spool was empty when. Pure.
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
  Timestamp tail_from;                  // rows of what isn't marked were received after this
  bool operator==(const Boot&) const = default;
};

// Of two boots of one instance, is `a` the earlier one?
bool is_earlier_boot(const std::string& a, const std::string& b);

// Nobody will say any more what became of its last receipts: it didn't end cleanly, and another boot came after it or
// it has been silent for long.
bool was_killed(const Boot& boot, const std::vector<Boot>& boots);

// Did the instance say, at this mark or later, that its spool is empty? Then nothing that the mark acknowledged waits
// there.
bool spool_emptied_since(const std::vector<Boot>& boots, const schemas::CustodyMark& mark);

// Where an event of this instance that isn't out of its spool waits, for people.
std::string spool_of(const std::vector<Boot>& boots, const std::string& instance);

}  // namespace wxpipe::sinks
