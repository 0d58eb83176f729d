#include "sinks/custody/custody.hpp"

#include <array>

#include "common/postgres/sql_array.hpp"

namespace wxpipe::sinks {
namespace {
using postgres::ElementType;
using postgres::SqlArray;

// A mark never changes, so a repeat says nothing new, and is not counted again.
constexpr postgres::Statement kInsert{
    "custody_marks_insert",
    "with fresh as (insert into wxpipe.custody_marks (instance, boot, number, first_sequence, next_sequence, "
    "received_from, received_to, marked_at, last, spool_events, mark) "
    "select * from unnest($1::text[], $2::text[], $3::int8[], $4::int8[], $5::int8[], $6::timestamptz[], "
    "$7::timestamptz[], $8::timestamptz[], $9::boolean[], $10::int8[], $11::jsonb[]) "
    "on conflict (instance, boot, number) do nothing returning mark), "
    "counted as (insert into wxpipe.ledger as l (minute, account, family, writer, acknowledged) "
    "select a.minute, a.account, 'custody', $12::text, sum(a.count) from fresh f, "
    "jsonb_to_recordset(f.mark->'acknowledged') as a(account text, minute timestamptz, count bigint) "
    "group by 1, 2 order by 1, 2 on conflict (minute, account, family, writer) do update set "
    "acknowledged = l.acknowledged + excluded.acknowledged, updated_at = now()) select count(*) from fresh"};
}  // namespace

struct CustodySink::Columns {
  SqlArray instance{ElementType::text}, boot{ElementType::text}, number{ElementType::int8}, first{ElementType::int8},
      next{ElementType::int8}, received_from{ElementType::timestamptz}, received_to{ElementType::timestamptz},
      marked_at{ElementType::timestamptz}, last{ElementType::boolean}, spool_events{ElementType::int8},
      mark{ElementType::jsonb};

  std::array<SqlArray*, 11> in_order() {
    return {&instance,    &boot,      &number, &first,        &next, &received_from,
            &received_to, &marked_at, &last,   &spool_events, &mark};
  }
};

CustodySink::CustodySink() : columns_(std::make_shared<Columns>()) {}

Result<void> CustodySink::add(std::string_view value) {
  auto mark = schemas::decode_custody_mark(value);
  if (!mark) return mark.error();
  rows_.push_back({std::move(*mark), std::string(value)});
  return {};
}

RowHead CustodySink::head(size_t row) const {
  const auto& mark = rows_[row].mark;
  return {{}, {}, mark.marked_at, mark.marked_at, false, {}, {}, {}};
}

Written CustodySink::write(postgres::Transaction& transaction, size_t first, size_t count, std::string_view writer) {
  auto& c = *columns_;
  for (auto* column : c.in_order()) column->clear();
  for (size_t i = first; i < first + count; ++i) {
    const auto& [mark, json] = rows_[i];
    c.instance.add_text(mark.instance);
    c.boot.add_text(mark.boot);
    c.number.add_int8(mark.number);
    c.first.add_int8(mark.first);
    c.next.add_int8(mark.next);
    c.received_from.add_time(mark.acknowledged.empty() ? mark.marked_at : mark.received_from);
    c.received_to.add_time(mark.acknowledged.empty() ? mark.marked_at : mark.received_to);
    c.marked_at.add_time(mark.marked_at);
    c.last.add_boolean(mark.last);
    mark.spool_events ? c.spool_events.add_int8(*mark.spool_events) : c.spool_events.add_null();
    c.mark.add_jsonb(json);
  }
  postgres::Parameters parameters;
  for (auto* column : c.in_order()) parameters.bytes(column->bytes());
  const auto fresh = transaction.execute(kInsert, parameters.text(writer)).integer(0, 0);
  return {fresh, {{"custody_marks", fresh}}};
}

}  // namespace wxpipe::sinks
