// DuplicateMet: the event came before, within the dedupe window. The first delivery has the row, and this receipt ends
// here, for custody. It travels on messages.v1 after the event it repeats, with the same key. It is a row of
// wxpipe.duplicate_receipts if its receipt differs from the event's row.
#pragma once

#include "schemas/facts/event.hpp"

namespace wxpipe::schemas {

struct DuplicateMet {
  Uuid event_id;
  std::string receipt;  // of this delivery
  std::string account;
  Timestamp received_at, occurred_at;
  bool timeless = false;
  std::string trace_id;
  bool operator==(const DuplicateMet&) const = default;

  static constexpr std::string_view kName = "duplicate", kTitle = "DuplicateMet";
  static constexpr std::array<std::string_view, 1> kSchemas{"wxpipe.duplicate.v1"};
  static constexpr std::string_view kMeaning =
      "A delivery of an event that process had taken before: its receipt ends here. Stands behind the message it repeats, "
      "under the same key.";
  static constexpr auto kFields = fields(
      field<&DuplicateMet::event_id>("event_id", "The event (or dead letter) that it repeats")
          .required()
          .like("01934f2a-7e48-8c4e-9b1f-5a0c7d21e3b4"),
      field<&DuplicateMet::receipt>("receipt", "instance/boot/sequence, given when the callback was acknowledged")
          .required()
          .like("edge-2/01JD4Z8M/7"),
      field<&DuplicateMet::account>("account", "The account's name in the configuration").required().like("shop"),
      field<&DuplicateMet::received_at>("received_at", "When this repetition was received")
          .like("2024-11-20T06:00:38.518204Z"),
      field<&DuplicateMet::occurred_at>("occurred_at",
                                        "The platform's time: that of the message it repeats, unless timeless")
          .required()
          .for_merge()
          .like("2024-11-20T06:00:33.000000Z"),
      field<&DuplicateMet::timeless>("timeless",
                                     "The platform gives no time: occurred_at is when this delivery was received")
          .unless_empty()
          .no_column(),
      field<&DuplicateMet::trace_id>("trace_id", "W3C trace id of this repetition")
          .optional()
          .pattern(kTraceIdForm)
          .like("4bf92f3577b34da6a3ce929d0e0e4736"));
  static constexpr Table kTable{.name = "wxpipe.duplicate_receipts", .key = {"receipt"}, .filled_by_merge = true};
};
DuplicateMet duplicate_of(const Event& event);

}  // namespace wxpipe::schemas
