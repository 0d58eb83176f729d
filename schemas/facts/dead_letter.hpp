// A record that can never succeed, with its original bytes, the reason from a closed list and where it came from
// (docs/guarantees.md law 2). Travels on wxpipe.dead_letters.v1 and is a row of `dead_letters`.
#pragma once

#include "schemas/facts/event.hpp"

namespace wxpipe::schemas {

struct DeadLetter {
  Uuid id;  // deterministic: a retry of the same bytes is the same dead letter
  Timestamp occurred_at, failed_at;
  std::string stage;
  Reason reason{};
  std::string detail, sqlstate, account;
  std::optional<Uuid> event_id;
  std::string topic;
  std::optional<int> partition;
  std::optional<int64_t> offset;
  std::string key, body;
  Attributes context;
  std::string receipt, trace_id;
  bool operator==(const DeadLetter&) const = default;

  static constexpr std::string_view kName = "dead_letter", kTitle = "DeadLetter";
  static constexpr std::array<std::string_view, 1> kSchemas{"wxpipe.dead_letter.v1"};
  static constexpr std::string_view kMeaning = "A record that can never succeed, with its original bytes.";
  static constexpr auto kFields = fields(
      field<&DeadLetter::id>("dead_letter_id", "From where it came from and its bytes: equal on every repetition")
          .required()
          .like("00000000-0000-8d3c-b0a1-44ce0f9d8e21"),
      field<&DeadLetter::event_id>("event_id", "The event's id, where it could be read").optional(),
      field<&DeadLetter::receipt>("receipt", "Custody: receipt of the callback").optional().like("edge-1/01JD4Z8K/43"),
      field<&DeadLetter::occurred_at>("occurred_at",
                                      "The platform's time where it could be read, else when the bytes were received")
          .like("2024-11-20T06:00:33.412907Z"),
      field<&DeadLetter::failed_at>("failed_at", "When it was given up").like("2024-11-20T06:00:33.413001Z"),
      field<&DeadLetter::stage>("stage", "Who gave it up: ingest, process, sink.<family>")
          .required()
          .pattern("^(ingest|process|sink\\\\.[a-z_]+)$")
          .like("ingest"),
      field<&DeadLetter::reason>("reason", "From a closed list, explained in docs/operations.md")
          .required()
          .like("undecryptable"),
      field<&DeadLetter::detail>("detail", "For people")
          .optional()
          .printable()
          .like("padding is not PKCS#7 of block size 32"),
      field<&DeadLetter::sqlstate>("sqlstate", "Postgres's code, where Postgres refused it")
          .optional()
          .pattern("^[0-9A-Z]{5}$"),
      field<&DeadLetter::account>("account", "The account's name in the configuration; null where it could not be read")
          .optional()
          .like("shop"),
      field<&DeadLetter::topic>("topic", "Kafka topic of the record; null at ingest").optional(),
      field<&DeadLetter::partition>("partition", "Kafka partition of the record").optional().at_least(0),
      field<&DeadLetter::offset>("offset", "Kafka offset of the record")
          .optional()
          .at_least(0)
          .as_column("record_offset"),
      field<&DeadLetter::key>("key", "Kafka key of the record; bytes that are no text as \\xNN")
          .optional()
          .printable()
          .as_column("record_key"),
      field<&DeadLetter::body>("body",
                               "The bytes as that stage got them: the HTTP body at ingest, the record's value later")
          .required()
          .base64()
          .like("<xml></xml>"),
      field<&DeadLetter::context>("context", "Signed query, headers and the like; secrets sealed")
          .unless_empty()
          .printable()
          .like("query=timestamp=1732082433&nonce=42&msg_signature=aa"),
      field<&DeadLetter::trace_id>("trace_id", "W3C trace id")
          .optional()
          .pattern(kTraceIdForm)
          .like("4bf92f3577b34da6a3ce929d0e0e4736"));
  static constexpr Table kTable{
      .name = "dead_letters", .key = {"dead_letter_id"}, .ledger = {"dead_letters", "failed_at"}};
};

// Ids. At ingest: from account, tenant (Standard Webhooks: also webhook-id) and body. Later: from the record's place
// and bytes.
Uuid ingest_dead_letter_id(std::string_view account, std::string_view tenant, std::string_view body);
Uuid record_dead_letter_id(std::string_view stage, std::string_view topic, int partition, int64_t offset,
                           std::string_view value);

}  // namespace wxpipe::schemas
