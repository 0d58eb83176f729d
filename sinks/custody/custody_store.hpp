// What Postgres knows about custody: marks, and where receipts ended. Reads rows themselves, not counts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/postgres/connection.hpp"
#include "sinks/custody/reconcile.hpp"

namespace wxpipe::sinks {

// One run of one ingest process, by its marks.
struct Boot {
  std::string instance, boot;
  int64_t marked_up_to = 0;
  Timestamp marked_at;             // the last mark
  bool ended = false;              // stopped cleanly
  bool silent = false;             // no mark for a minute
  std::optional<int64_t> spool_events;  // as the last mark said
  int64_t emptied_at_number = 0;        // the last mark that said "the spool is empty"; 0: none did
  Timestamp tail_from;                  // rows of what isn't marked were received after this
};

// Of two boots of one instance, is `a` the earlier one?
bool is_earlier_boot(const std::string& a, const std::string& b);

// Did the instance say, at this mark or later, that its spool is empty? Then nothing that the mark acknowledged waits there.
bool spool_emptied_since(const std::vector<Boot>& boots, const schemas::CustodyMark& mark);

struct MarkGap {
  std::string instance, boot;
  int64_t first = 0, next = 0;  // sequences of which no mark says anything, though marks around it do
  bool operator==(const MarkGap&) const = default;
};

class CustodyStore {
 public:
  explicit CustodyStore(postgres::Connection& connection) : connection_(connection) {}

  // A moment: marks that come later are not part of what is asked. Fixes the question before the topics' ends are looked up, so
  // that everything that was acknowledged by then stands before those ends.
  void fix_moment();

  std::vector<Boot> boots();
  std::vector<MarkGap> gaps();

  // Marks that acknowledge callbacks received in [from, to), in the order of time, a few at a time: `after` remembers where it
  // went on. Empty: that was all.
  struct Place {
    std::string received_from, instance, boot;
    int64_t number = 0;
  };
  std::vector<schemas::CustodyMark> marks(const Wanted& wanted, std::optional<Place>& after);
  // Marks that aren't proven yet and are older than `age`: those first that nobody has looked at in vain.
  std::vector<schemas::CustodyMark> unsettled(std::chrono::seconds age);

  // Looks for all receipts in messages, then for those that are missing in the others.
  void find(MarkedReceipts& receipts);
  // Those that are in messages, of one process, received in a stretch of time.
  std::vector<int64_t> stored_of(const std::string& process, Timestamp from, Timestamp to);
  // Those of the list that are duplicates or dead letters.
  std::vector<std::string> ended_elsewhere(const std::vector<std::string>& receipts);

  // Remembers what a look found: unaccounted receipts by mark; settled: none is missing.
  struct Verdict {
    std::string instance, boot;
    int64_t number = 0, unaccounted = 0;
    bool settled = false;
  };
  void remember(const std::vector<Verdict>& verdicts);
  int64_t unaccounted();

 private:
  std::vector<schemas::CustodyMark> read_marks(const postgres::Rows& rows, size_t column);
  std::string provable() const;

  postgres::Connection& connection_;
  std::string moment_ = "infinity";
};

}  // namespace wxpipe::sinks
