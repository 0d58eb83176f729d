// Reads custody data from Postgres: marks, and where receipts ended. It reads the rows themselves, not counts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/postgres/connection.hpp"
#include "sinks/custody/boots.hpp"
#include "sinks/custody/reconcile.hpp"

namespace wxpipe::sinks {

struct MarkGap {
  std::string instance, boot;
  int64_t first = 0, next = 0;  // sequences without a mark, between other marks
  int64_t before_number = 0;    // of the mark behind the gap
  bool operator==(const MarkGap&) const = default;
};

class CustodyStore {
 public:
  // Changes settings of the connection.
  explicit CustodyStore(postgres::Connection& connection);

  // A moment; later marks are left out. Take it before the topics' ends are read: then everything that was acknowledged
  // until this moment is before those ends.
  void fix_moment();

  std::vector<Boot> boots();
  std::vector<MarkGap> gaps();

  // Marks that acknowledge callbacks received in [from, to), in the order of time, a few at a time. `after` remembers
  // the position. Empty: no more marks.
  struct Place {
    std::string received_from, instance, boot;
    int64_t number = 0;
  };
  std::vector<schemas::CustodyMark> marks(const Wanted& wanted, std::optional<Place>& after);
  // A few marks that are older than `age` and not proven yet; those that were checked longest ago come first.
  std::vector<schemas::CustodyMark> unsettled(std::chrono::seconds age);

  // For each of these marks, whether the table has it.
  std::vector<bool> has(const std::vector<schemas::CustodyMark>& marks);

  // Looks for all receipts in messages, then for the missing ones in the other tables. Leaves out those whose rows
  // retention has dropped.
  void find(MarkedReceipts& receipts);
  // Only the second half: which of the missing ones are duplicates or dead letters.
  void find_ended(MarkedReceipts& receipts);
  // The receipts of these marks' processes that retention has dropped.
  RetiredReceipts retired(const std::vector<schemas::CustodyMark>& marks);

  // Marks of callbacks received in [from, to) that aren't proven, and the receipts of theirs that were found nowhere at
  // the last look.
  struct Unproven {
    int64_t marks = 0, unaccounted = 0;
  };
  Unproven unproven(Timestamp from, Timestamp to);

  // Receipts in messages of one process, received in a range of time.
  std::vector<int64_t> stored_of(const std::string& process, Timestamp from, Timestamp to);
  // The receipts of the list that are duplicates or dead letters.
  std::vector<std::string> ended_elsewhere(const std::vector<std::string>& receipts);

  // Stores that a mark was checked, and the result.
  struct Verdict {
    std::string instance, boot;
    int64_t number = 0;
    std::optional<int64_t> unaccounted;  // none: not known yet, so the earlier result stays
    bool settled = false;                // no receipt is missing
  };
  void remember(const std::vector<Verdict>& verdicts);
  int64_t unaccounted();

 private:
  void find_stored(MarkedReceipts& receipts);
  std::vector<schemas::CustodyMark> read_marks(const postgres::Rows& rows, size_t column);
  std::string provable() const;

  postgres::Connection& connection_;
  std::string moment_ = "infinity";
};

}  // namespace wxpipe::sinks
