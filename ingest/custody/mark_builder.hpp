// From decisions in any order to custody marks in the order of receipts (docs/decisions/0004-custody-marks.md). Pure;
// one thread. What is decided ahead of an open receipt waits for it, so that every mark covers a stretch without gaps.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "ingest/custody/decisions.hpp"
#include "schemas/facts/custody_mark.hpp"

namespace wxpipe::ingest {

class MarkBuilder {
 public:
  MarkBuilder(std::string instance, std::string boot) : instance_(std::move(instance)), boot_(std::move(boot)) {}

  void add(std::span<const Decision> decisions);
  // What is still open up to this sequence will not be answered any more.
  void void_open(int64_t up_to);

  // The next mark, if there is something to say: receipts that were decided, the boot's beginning, a spool that became
  // empty or is so no more, the end. It counts as said: the caller sees to it that it arrives, as it is.
  std::optional<schemas::CustodyMark> next(Timestamp now, std::optional<int64_t> spool_events, bool ending);

 private:
  struct Slot {
    bool decided = false;
    Decision decision;
  };
  using Kind = std::tuple<const std::string*, Timestamp, bool>;  // as a thread names it: account, minute, spooled
  struct KindHash {
    size_t operator()(const Kind& kind) const {
      const auto& [account, minute, spooled] = kind;
      return std::hash<const void*>{}(account) ^ static_cast<size_t>(minute.time_since_epoch().count() * 2 + spooled);
    }
  };
  struct Page {
    int64_t receipts = 0;
    Timestamp received_from = Timestamp::max(), received_to = Timestamp::min();
    std::vector<schemas::CustodyMark::Acknowledged> acknowledged;
    std::vector<schemas::CustodyMark::Run> outcomes;
    // Twice: threads have names of their own, and comparing those costs a tenth of comparing texts.
    std::unordered_map<Kind, uint32_t, KindHash> outcome_of_kind;
    std::map<std::tuple<std::string, Timestamp, bool>, uint32_t> outcome_of;
  };

  void absorb();
  void append(const Decision& decision);
  static uint32_t outcome_in(Page& page, const Kind& kind);

  const std::string instance_, boot_;
  int64_t next_open_ = 1;   // the first sequence that isn't decided
  std::deque<Slot> ahead_;  // from next_open_ on
  int64_t next_marked_ = 1;
  std::deque<Page> pages_;  // the last one grows
  int64_t number_ = 0;
  std::optional<int64_t> spool_events_;  // as the last mark said
  bool ended_ = false;
};

}  // namespace wxpipe::ingest
