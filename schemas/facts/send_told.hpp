// SendTold: something was told of what we send: the message itself, a receipt, a receiver of a mass sending, or how a
// mass sending goes on. A row of receipts. `send_records` is merged from these rows. What became of a message goes only
// forward: the greatest (attempt, rank, told_at, event_id) holds. Of other fields the newest value holds.
#pragma once

#include "schemas/facts/origin.hpp"

namespace wxpipe::schemas {

struct SendTold {
  Origin origin;
  std::string kind, sent_as, receiver, status;
  int attempt = 0, rank = 0;
  AttributeTree outcome, told;
  bool operator==(const SendTold&) const = default;

  static constexpr std::string_view kName = "send", kTitle = "SendTold";
  static constexpr std::array<std::string_view, 1> kSchemas{"wxpipe.send.v1"};
  static constexpr std::string_view kMeaning =
      "Something was told of what we send: the message itself, a receipt, a receiver or the state of a mass sending.";
  static constexpr auto kFields = fields(
      origin_fields<&SendTold::origin>({.subject = "Whom the event is about", .newest_wins = true}),
      field<&SendTold::kind>("kind",
                             "What was sent: message (to one chat or person), mass (a mass sending of the platform), "
                             "publish, task (a mass sending of an instance), receiver (one of a task's)")
          .required()
          .words("message mass publish task receiver")
          .like("message"),
      field<&SendTold::sent_as>("sent_as",
                                "The id it was sent under: MsgID, publish_id, the sender's message_uuid; of a task and "
                                "its receivers task_uuid")
          .required()
          .like("200163836"),
      field<&SendTold::receiver>("receiver", "Of a receiver the person or group chat; else empty").unless_empty(),
      field<&SendTold::status>("status",
                               "What this says became of it: pending, sending, sent, failed, delivered, read, "
                               "skipped; of a task pending, running, paused, finished, failed, cancelled")
          .optional()
          .words("pending sending sent failed delivered read skipped running paused finished cancelled")
          .like("delivered"),
      field<&SendTold::attempt>("attempt", "Which attempt, from 0: a later one counts more than any earlier one")
          .at_least(0)
          .like("0"),
      field<&SendTold::rank>("rank", "How far it got within an attempt: pending 10 … read 60. 0: it says nothing of it")
          .at_least(0)
          .like("50"),
      field<&SendTold::outcome>("outcome", "What comes with the status: error_code, error_message, the platform's word")
          .unless_empty()
          .like("word=success"),
      field<&SendTold::told>("told", "The other fields: receiver, template_id, counts, names")
          .unless_empty()
          .like("receiver=oABCD1234567890abcdefghijklmn"));
  static constexpr Table kTable{.name = "receipts",
                                .key = {"event_id", "kind", "sent_as", "receiver", "occurred_at"},
                                .partitioning = {By::month}};
  static constexpr std::array kMergedTables{Table{.name = "send_records",
                                                  .key = {"account", "kind", "sent_as", "receiver", "tenant"},
                                                  .partitioning = {By::hash, "account", 8}}};
};

}  // namespace wxpipe::schemas
