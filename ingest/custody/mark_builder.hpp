// Takes decisions in any order and gives custody marks in the order of receipts (docs/decisions/0004-custody-marks.md).
// A decision waits until all earlier receipts are decided, so every mark covers a range without gaps. Pure; one thread.
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
  // Receipts up to this sequence that are still open will get no answer any more.
  void void_open(int64_t up_to);

  // The next mark, if there is something to say: decided receipts, the start of the boot, a spool that became empty or
  // no longer is, the end. It then counts as written: the caller must make it durable, unchanged.
  std::optional<schemas::CustodyMark> next(Timestamp now, std::optional<int64_t> spool_events, bool ending);

 private:
  struct Slot {
    bool decided = false;
    Decision decision;
  };
  using Kind = std::tuple<const std::string*, Timestamp, bool>;  // one thread's key: account, minute, spooled
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
    // Two maps: each thread has its own name pointers, and comparing pointers costs a tenth of comparing texts.
    std::unordered_map<Kind, uint32_t, KindHash> outcome_of_kind;
    std::map<std::tuple<std::string, Timestamp, bool>, uint32_t> outcome_of;
  };

  void absorb();
  void append(const Decision& decision);
  static uint32_t outcome_in(Page& page, const Kind& kind);

  const std::string instance_, boot_;
  int64_t next_open_ = 1;   // the first undecided sequence
  std::deque<Slot> ahead_;  // receipts from next_open_ on
  int64_t next_marked_ = 1;
  std::deque<Page> pages_;  // only the last one still grows
  int64_t number_ = 0;
  std::optional<int64_t> spool_events_;  // as the last mark said it
  bool ended_ = false;
};

}  // namespace wxpipe::ingest
