// What Postgres knows about custody: marks, and where receipts ended. Reads rows themselves, not counts.
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
  int64_t first = 0, next = 0;  // sequences of which no mark says anything, though marks around it do
  bool operator==(const MarkGap&) const = default;
};

class CustodyStore {
 public:
  explicit CustodyStore(postgres::Connection& connection) : connection_(connection) {}

  // A moment: marks that come later are not part of what is asked. Fixes the question before the topics' ends are
  // looked up, so that everything that was acknowledged by then stands before those ends.
  void fix_moment();

  std::vector<Boot> boots();
  std::vector<MarkGap> gaps();

  // Marks that acknowledge callbacks received in [from, to), in the order of time, a few at a time: `after` remembers
  // where it went on. Empty: that was all.
  struct Place {
    std::string received_from, instance, boot;
    int64_t number = 0;
  };
  std::vector<schemas::CustodyMark> marks(const Wanted& wanted, std::optional<Place>& after);
  // Marks that aren't proven yet and are older than `age`, a few of them: those first that were looked at longest ago.
  std::vector<schemas::CustodyMark> unsettled(std::chrono::seconds age);

  // Looks for all receipts in messages, then for those that are missing in the others.
  void find(MarkedReceipts& receipts);
  // Those that are in messages, of one process, received in a stretch of time.
  std::vector<int64_t> stored_of(const std::string& process, Timestamp from, Timestamp to);
  // Those of the list that are duplicates or dead letters.
  std::vector<std::string> ended_elsewhere(const std::vector<std::string>& receipts);

  // Remembers that a mark was looked at, and what was found.
  struct Verdict {
    std::string instance, boot;
    int64_t number = 0;
    std::optional<int64_t> unaccounted;  // none: it can't be told yet, and what was found before holds
    bool settled = false;                // none is missing
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
