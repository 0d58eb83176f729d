#include "sinks/dead_letters/dead_letters.hpp"

#include <array>

#include "common/postgres/sql_array.hpp"
#include "sinks/ledger.hpp"

namespace wxpipe::sinks {
namespace {
using postgres::ElementType;
using postgres::SqlArray;

constexpr postgres::Statement kInsert{
    "dead_letters_insert",
    "with fresh as (insert into dead_letters (dead_letter_id, occurred_at, failed_at, stage, reason, detail, sqlstate, "
    "account, event_id, topic, partition, record_offset, record_key, body, context, receipt, trace_id) "
    "select unnest($1::uuid[]), unnest($2::timestamptz[]), unnest($3::timestamptz[]), unnest($4::text[]), "
    "unnest($5::text[]), unnest($6::text[]), unnest($7::text[]), unnest($8::text[]), unnest($9::uuid[]), "
    "unnest($10::text[]), unnest($11::int4[]), unnest($12::int8[]), unnest($13::text[]), unnest($14::bytea[]), "
    "unnest($15::jsonb[]), unnest($16::text[]), unnest($17::text[]) "
    "on conflict (dead_letter_id) do nothing returning account, failed_at), " WXPIPE_COUNT_IN_LEDGER(
        "dead_letters", "failed_at", "$18::text", "$19") " select count(*) from fresh"};

// As for messages: another receipt of the same dead letter is kept by name.
constexpr postgres::Statement kDuplicates{
    "dead_letters_duplicates",
    "with fresh as (insert into wxpipe.duplicate_receipts (receipt, event_id, account, family, received_at, trace_id) "
    "select distinct on (g.receipt) g.receipt, g.id, coalesce(g.account, ''), 'dead_letters', g.failed_at, g.trace_id "
    "from unnest($1::text[], $2::uuid[], $3::text[], $4::timestamptz[], $5::text[]) "
    "as g(receipt, id, account, failed_at, trace_id) "
    "join dead_letters d on d.dead_letter_id = g.id "
    "where g.receipt is not null and d.receipt is distinct from g.receipt order by g.receipt "
    "on conflict (receipt) do nothing returning account, received_at), " WXPIPE_COUNT_IN_LEDGER(
        "duplicates", "received_at", "$6::text", "$7") " select count(*) from fresh"};
}  // namespace

struct DeadLetterTable::Columns {
  SqlArray id{ElementType::uuid}, occurred_at{ElementType::timestamptz}, failed_at{ElementType::timestamptz},
      stage{ElementType::text}, reason{ElementType::text}, detail{ElementType::text}, sqlstate{ElementType::text},
      account{ElementType::text}, event_id{ElementType::uuid}, topic{ElementType::text}, partition{ElementType::int4},
      record_offset{ElementType::int8}, record_key{ElementType::text}, body{ElementType::bytea},
      context{ElementType::jsonb}, receipt{ElementType::text}, trace_id{ElementType::text};

  std::array<SqlArray*, 17> in_order() {
    return {&id,    &occurred_at, &failed_at,     &stage,      &reason, &detail,  &sqlstate, &account, &event_id,
            &topic, &partition,   &record_offset, &record_key, &body,   &context, &receipt,  &trace_id};
  }
};

DeadLetterTable::DeadLetterTable() : columns_(std::make_shared<Columns>()) {}

int64_t DeadLetterTable::insert(postgres::Transaction& transaction, std::span<const schemas::DeadLetter> letters,
                                std::string_view family, std::string_view writer) {
  auto& c = *columns_;
  for (auto* column : c.in_order()) column->clear();
  std::string json;
  for (const auto& letter : letters) {
    c.id.add_uuid(letter.id);
    c.occurred_at.add_time(letter.occurred_at);
    c.failed_at.add_time(letter.failed_at);
    c.stage.add_text(letter.stage);
    c.reason.add_text(to_string(letter.reason));
    c.detail.add_text_or_null(letter.detail);
    c.sqlstate.add_text_or_null(letter.sqlstate);
    c.account.add_text_or_null(letter.account);
    letter.event_id ? c.event_id.add_uuid(*letter.event_id) : c.event_id.add_null();
    c.topic.add_text_or_null(letter.topic);
    letter.partition ? c.partition.add_int4(*letter.partition) : c.partition.add_null();
    letter.offset ? c.record_offset.add_int8(*letter.offset) : c.record_offset.add_null();
    c.record_key.add_text_or_null(letter.key);
    c.body.add_bytes(letter.body);
    json.clear();
    schemas::append_json(json, letter.context);
    c.context.add_jsonb(json);
    c.receipt.add_text_or_null(letter.receipt);
    c.trace_id.add_text_or_null(letter.trace_id);
  }
  postgres::Parameters parameters;
  for (auto* column : c.in_order()) parameters.bytes(column->bytes());
  const auto fresh = transaction.execute(kInsert, parameters.text(family).text(writer)).integer(0, 0);
  if (fresh < static_cast<int64_t>(letters.size())) {
    postgres::Parameters repeats;
    for (auto* column : {&c.receipt, &c.id, &c.account, &c.failed_at, &c.trace_id}) repeats.bytes(column->bytes());
    transaction.execute(kDuplicates, repeats.text(family).text(writer));
  }
  return fresh;
}

Result<void> DeadLettersSink::add(std::string_view value) {
  auto letter = schemas::decode_dead_letter(value);
  if (!letter) return letter.error();
  rows_.push_back(std::move(*letter));
  return {};
}

RowHead DeadLettersSink::head(size_t row) const {
  const auto& letter = rows_[row];
  return {letter.id,
          letter.event_id.value_or(Uuid{}),
          letter.occurred_at,
          letter.failed_at,
          false,
          letter.account,
          letter.receipt,
          letter.trace_id};
}

Written DeadLettersSink::write(postgres::Transaction& transaction, size_t first, size_t count,
                               std::string_view writer) {
  const auto fresh = table_.insert(transaction, std::span(rows_).subspan(first, count), family(), writer);
  return {fresh, {{"dead_letters", fresh}}};
}

}  // namespace wxpipe::sinks
