// Receipts, and marks: with marks, an ingest process says what became of each receipt
// (docs/decisions/0004-custody-marks.md). A mark travels on wxpipe.custody.v1 and is a row of wxpipe.custody_marks. A
// mark never changes, so it can be sent and stored any number of times, in any order.
#pragma once

#include "schemas/fact.hpp"

namespace wxpipe::schemas {

// The parts of "<instance>/<boot>/<sequence>". Views into the text.
struct Receipt {
  std::string_view process;  // "<instance>/<boot>"
  int64_t sequence = 0;      // from 1, without gaps within the process
  bool operator==(const Receipt&) const = default;
};
// Empty when the text has another form.
std::optional<Receipt> parse_receipt(std::string_view text);

// Callbacks that were answered with success: those of one account and minute, made durable in the same way.
struct AcknowledgedCallbacks {
  std::string account;
  Timestamp minute;      // of received_at, UTC
  bool spooled = false;  // true: by the fsynced spool; false: by the broker
  int64_t count = 0;
  bool operator==(const AcknowledgedCallbacks&) const = default;
};
// What became of `length` receipts in a row. 0: void, answered with a failure. Else the index into `acknowledged`,
// plus 1.
struct OutcomeRun {
  uint32_t outcome = 0;
  uint32_t length = 0;
  bool operator==(const OutcomeRun&) const = default;
};
// Their JSON (fact_json.hpp). Runs in base64: a byte or two each.
void append_json(std::string& out, const std::vector<AcknowledgedCallbacks>& list);
void append_json(std::string& out, const std::vector<OutcomeRun>& runs);
bool read_json(std::string_view json, std::vector<AcknowledgedCallbacks>& list);
bool read_json(std::string_view json, std::vector<OutcomeRun>& runs);

struct CustodyMark {
  using Acknowledged = AcknowledgedCallbacks;
  using Run = OutcomeRun;

  std::string instance, boot;
  int64_t number = 1;
  Timestamp marked_at;
  bool last = false;
  int64_t first = 1, next = 1;  // the mark's sequences: [first, next); equal: none
  std::optional<int64_t> spool_events;
  Timestamp received_from, received_to;  // the epoch if nothing was acknowledged
  std::vector<Acknowledged> acknowledged;
  std::vector<Run> outcomes;  // cover [first, next)
  Verbatim verbatim;          // the record it was read from
  bool operator==(const CustodyMark&) const = default;

  static constexpr std::string_view kName = "custody_mark", kTitle = "CustodyMark";
  static constexpr std::array<std::string_view, 1> kSchemas{"wxpipe.custody_mark.v1"};
  static constexpr std::string_view kMeaning =
      "What one ingest process answered to a stretch of its callbacks. Never changes once it is made.";
  static constexpr auto kFields = fields(
      field<&CustodyMark::instance>("instance", "The ingest process's name: the first part of its receipts")
          .required()
          .like("in-1"),
      field<&CustodyMark::boot>("boot", "When it was started: the second part of its receipts")
          .required()
          .pattern("^[^/]+$")
          .like("19ab1f5b2c0"),
      field<&CustodyMark::number>("number", "Of the boot's marks, without gaps").at_least(1).like("2"),
      field<&CustodyMark::marked_at>("marked_at", "When the process made it").like("2025-11-24T08:00:01.000112Z"),
      field<&CustodyMark::last>("last", "A clean stop: nothing of this boot comes after it").unless_empty(),
      field<&CustodyMark::first>("first", "The first sequence it decides; sequences are the third part of receipts")
          .at_least(1)
          .as_column("first_sequence")
          .like("1"),
      field<&CustodyMark::next>("next", "The first sequence that it doesn't decide any more")
          .at_least(1)
          .as_column("next_sequence")
          .like("5"),
      field<&CustodyMark::spool_events>(
          "spool_events",
          "Events that waited in the instance's spool once all of these were decided; null: it has no spool")
          .optional()
          .at_least(0)
          .like("0"),
      field<&CustodyMark::received_from>(
          "received_from",
          "When the earliest of the acknowledged callbacks was received; marked_at where there are none")
          .unless_empty()
          .like("2025-11-24T08:00:00.112907Z"),
      field<&CustodyMark::received_to>("received_to", "When the latest of them was received")
          .unless_empty()
          .like("2025-11-24T08:00:00.998011Z"),
      field<&CustodyMark::acknowledged>("acknowledged", "Callbacks answered with success")
          .no_column()
          .schema(R"({"type":"array","items":{"type":"object","properties":{)"
                  R"("account":{"type":"string","minLength":1},)"
                  R"("minute":{"type":"string","pattern":"^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:00\\.000000Z$",)"
                  R"("description":"In which they were received"},)"
                  R"("path":{"enum":["broker","spool"],"description":"What made them durable"},)"
                  R"("count":{"type":"integer","minimum":1}},)"
                  R"("required":["account","minute","path","count"],"additionalProperties":false}})")
          .like(R"([{"account":"shop","minute":"2025-11-24T08:00:00.000000Z","path":"broker","count":3}])"),
      field<&CustodyMark::outcomes>(
          "outcomes",
          "Runs of receipts from first to next, as numbers of seven bits a byte: outcome * 2, plus 1 when the run's length "
          "less 2 follows. Outcome 0: answered with a failure (void); n: as the n-th of acknowledged")
          .no_column()
          .schema(R"({"type":"string","contentEncoding":"base64"})")
          .like("\"AwEA\""),
      field<&CustodyMark::verbatim>("mark", "The mark as it came: wxpipe.custody_mark.v1 in schemas/kafka")
          .not_in_json());
  static constexpr Table kTable{.name = "wxpipe.custody_marks",
                                .key = {"instance", "boot", "number"},
                                .ledger = {"", "marked_at"},
                                .filled_by_merge = true};
};

// The most receipts in one mark: its encoding must always fit in max.message.bytes.
inline constexpr int64_t kMostReceiptsInMark = 200'000;
inline constexpr size_t kMostAcknowledgedInMark = 8'000;

// From this number on: marks for single receipts of a boot that had died, written by whoever found that its spool had
// lost them (docs/decisions/0016-damaged-spools.md). They are outside of the boot's own numbers, which nobody knows
// then.
inline constexpr int64_t kFirstLateMark = int64_t{1} << 40;
// The number of a mark that says, on behalf of a boot that had died: its spool is empty now.
inline constexpr int64_t kEmptiedMark = 2 * kFirstLateMark;

// Why no process can have written this mark: outcomes that don't cover [first, next), or wrong counts. Empty: it is
// fine.
std::string_view contradiction(const CustodyMark& mark);

}  // namespace wxpipe::schemas
