// Compares marks with the rows that were found: which receipts are missing (docs/decisions/0004-custody-marks.md).
// Pure; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/clock.hpp"
#include "schemas/facts/custody_mark.hpp"
#include "sinks/custody/retired_receipts.hpp"

namespace wxpipe::sinks {

// The limits of the question. Minutes are those in which callbacks were received; `to` is exclusive.
struct Wanted {
  std::optional<Timestamp> from, to;
  std::string account;  // empty: all
  bool includes(const schemas::CustodyMark::Acknowledged& acknowledged) const;
};

// acknowledged = stored + duplicates + dead_letters + in_flight + unaccounted
struct Tally {
  int64_t acknowledged = 0, stored = 0, duplicates = 0, dead_letters = 0, in_flight = 0, unaccounted = 0;
  Tally& operator+=(const Tally& other);
  bool operator==(const Tally&) const = default;
};
using AccountMinute = std::pair<std::string, Timestamp>;
using Tallies = std::map<AccountMinute, Tally>;

enum class Found { stored, duplicate, dead_letter };

struct MissingReceipt {
  std::string receipt, account;
  Timestamp minute;
  bool spooled = false;  // acknowledged by the spool
  size_t mark = 0;       // index of its mark
  bool operator==(const MissingReceipt&) const = default;
};

class MarkedReceipts {
 public:
  MarkedReceipts(std::vector<schemas::CustodyMark> marks, const Wanted& wanted);

  const std::vector<schemas::CustodyMark>& marks() const { return marks_; }

  // Other receipts are ignored. A receipt that is found in several places counts for the first one.
  void found(std::string_view receipt, Found where);
  // These are left out: retention has dropped their rows.
  void leave_out(const RetiredReceipts& retired);

  // Acknowledged, wanted, and not found so far; in the order of marks and sequences.
  std::vector<MissingReceipt> missing() const;
  // Adds what was acknowledged and where it was found. The caller decides whether missing ones are in flight.
  void count(Tallies& tallies) const;
  int64_t voided() const { return voided_; }
  int64_t left_out() const;  // of those that are wanted

 private:
  enum class State : uint8_t { missing, stored, duplicate, dead_letter, left_out };
  struct Stretch {
    int64_t first, next;
    size_t at;  // of its first receipt in states_ and outcomes_
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  template <class Visit>
  void each_wanted(Visit&& visit) const;

  const std::vector<schemas::CustodyMark> marks_;
  const Wanted wanted_;
  std::unordered_map<std::string, std::vector<Stretch>, Hash, std::equal_to<>> stretches_;  // by process, in order
  std::vector<State> states_;
  int64_t voided_ = 0;
};

// The receipts after a boot's last mark that are known from rows.
class Tail {
 public:
  explicit Tail(int64_t marked_up_to) : marked_up_to_(marked_up_to) {}
  void found(int64_t sequence);
  // Sequences between the last mark and the highest found one that were not found.
  std::vector<int64_t> open() const;

 private:
  int64_t marked_up_to_;
  std::vector<int64_t> found_;
};

}  // namespace wxpipe::sinks
