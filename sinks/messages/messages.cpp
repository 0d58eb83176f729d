#include "sinks/messages/messages.hpp"

#include <array>

#include "common/postgres/copy_rows.hpp"
#include "sinks/ledger.hpp"

namespace wxpipe::sinks {
namespace {
using postgres::ElementType;
using postgres::SqlArray;

constexpr postgres::Statement kInsert{
    "messages_insert",
    "with fresh as (insert into messages (event_id, occurred_at, received_at, normaliser, timeless, platform, account, "
    "tenant, category, type, msg_type, event, change_type, msg_id, identity, subject, sender, recipient, conversation, "
    "content, reply, attributes, body, receipt, trace_id) "
    "select unnest($1::uuid[]), unnest($2::timestamptz[]), unnest($3::timestamptz[]), unnest($4::int4[]), "
    "unnest($5::boolean[]), unnest($6::text[]), unnest($7::text[]), unnest($8::text[]), unnest($9::text[]), "
    "unnest($10::text[]), unnest($11::text[]), unnest($12::text[]), unnest($13::text[]), unnest($14::text[]), "
    "unnest($15::text[]), unnest($16::text[]), unnest($17::text[]), unnest($18::text[]), unnest($19::text[]), "
    "unnest($20::text[]), unnest($21::text[]), unnest($22::jsonb[]), unnest($23::text[]), unnest($24::text[]), "
    "unnest($25::text[]) "
    "on conflict (event_id, occurred_at) do nothing returning account, received_at), " WXPIPE_COUNT_IN_LEDGER(
        "stored", "received_at", "'messages'", "$26") " select count(*) from fresh"};

constexpr int16_t kColumns = 25;
constexpr const char* kCopy =
    "copy messages (event_id, occurred_at, received_at, normaliser, timeless, platform, account, tenant, category, type, "
    "msg_type, event, change_type, msg_id, identity, subject, sender, recipient, conversation, content, reply, attributes, "
    "body, receipt, trace_id) from stdin (format binary)";
// Rows that were there under another receipt are callbacks that the platform sent again: their receipts are kept, so
// that every acknowledged callback can be named. Under the same receipt they are the same record once more.
constexpr postgres::Statement kDuplicates{
    "messages_duplicates",
    "with fresh as (insert into wxpipe.duplicate_receipts (receipt, event_id, account, family, received_at, trace_id) "
    "select distinct on (g.receipt) g.receipt, g.event_id, g.account, 'messages', g.received_at, g.trace_id "
    "from unnest($1::text[], $2::uuid[], $3::timestamptz[], $4::text[], $5::timestamptz[], $6::text[]) "
    "as g(receipt, event_id, occurred_at, account, received_at, trace_id) "
    "join messages m on m.event_id = g.event_id and m.occurred_at = g.occurred_at "
    "where g.receipt is not null and m.receipt is distinct from g.receipt order by g.receipt "
    "on conflict (receipt) do nothing returning account, received_at), " WXPIPE_COUNT_IN_LEDGER(
        "duplicates", "received_at", "'messages'", "$7") " select count(*) from fresh"};

// The same for repeats that `process` met and passed on as receipts. The row they repeat may be a dead letter instead.
constexpr postgres::Statement kRepeats{
    "messages_repeats",
    "with fresh as (insert into wxpipe.duplicate_receipts (receipt, event_id, account, family, stage, received_at, "
    "trace_id) select distinct on (g.receipt) g.receipt, g.event_id, g.account, 'messages', 'process', g.received_at, "
    "g.trace_id from unnest($1::text[], $2::uuid[], $3::timestamptz[], $4::text[], $5::timestamptz[], $6::text[]) "
    "as g(receipt, event_id, occurred_at, account, received_at, trace_id) "
    "left join messages m on m.event_id = g.event_id and m.occurred_at = g.occurred_at "
    "where case when m.event_id is null then not exists (select from dead_letters d where d.event_id = g.event_id "
    "and d.receipt = g.receipt) else m.receipt is distinct from g.receipt end order by g.receipt "
    "on conflict (receipt) do nothing returning account, received_at), " WXPIPE_COUNT_IN_LEDGER(
        "duplicates", "received_at", "'messages'", "$7") " select count(*) from fresh"};
}  // namespace

struct MessagesSink::Columns {
  SqlArray event_id{ElementType::uuid}, occurred_at{ElementType::timestamptz}, received_at{ElementType::timestamptz},
      normaliser{ElementType::int4}, timeless{ElementType::boolean}, platform{ElementType::text},
      account{ElementType::text}, tenant{ElementType::text}, category{ElementType::text}, type{ElementType::text},
      msg_type{ElementType::text}, event{ElementType::text}, change_type{ElementType::text}, msg_id{ElementType::text},
      identity{ElementType::text}, subject{ElementType::text}, sender{ElementType::text}, recipient{ElementType::text},
      conversation{ElementType::text}, content{ElementType::text}, reply{ElementType::text},
      attributes{ElementType::jsonb}, body{ElementType::text}, receipt{ElementType::text}, trace_id{ElementType::text};

  std::array<SqlArray*, 25> in_order() {
    return {&event_id,   &occurred_at, &received_at, &normaliser, &timeless,     &platform,    &account,
            &tenant,     &category,    &type,        &msg_type,   &event,        &change_type, &msg_id,
            &identity,   &subject,     &sender,      &recipient,  &conversation, &content,     &reply,
            &attributes, &body,        &receipt,     &trace_id};
  }

  struct {
    postgres::CopyRows rows;
    StoredByMinute stored;  // COPY returns no rows to count, and needn't: it took all of them
  } copy;

  struct {
    SqlArray receipt{ElementType::text}, event_id{ElementType::uuid}, occurred_at{ElementType::timestamptz},
        account{ElementType::text}, received_at{ElementType::timestamptz}, trace_id{ElementType::text};
    std::array<SqlArray*, 6> in_order() {
      return {&receipt, &event_id, &occurred_at, &account, &received_at, &trace_id};
    }
  } repeats;
};

MessagesSink::MessagesSink() : columns_(std::make_shared<Columns>()) {}

std::span<const std::string_view> MessagesSink::partitioned() const {
  static constexpr std::array<std::string_view, 1> tables{"messages"};
  return tables;
}

Result<void> MessagesSink::add(std::string_view value) {
  const auto keep = [&](auto&& read) -> Result<void> {
    if (!read) return read.error();
    rows_.emplace_back(std::move(*read));
    return {};
  };
  return schemas::is_duplicate(value) ? keep(schemas::decode_duplicate(value)) : keep(schemas::decode_event(value));
}

RowHead MessagesSink::head(size_t row) const {
  if (const auto* repeat = std::get_if<schemas::DuplicateMet>(&rows_[row]))
    return {repeat->event_id, repeat->event_id, repeat->occurred_at, repeat->received_at,
            repeat->timeless, repeat->account,  repeat->receipt,     repeat->trace_id};
  const auto& event = std::get<schemas::Event>(rows_[row]);
  return {event.id,       event.id,      event.occurred_at, event.received_at,
          event.timeless, event.account, event.receipt,     event.trace_id};
}

// Each value to what `next` gives: the arrays one after the other, or always the same row.
template <class Next>
void MessagesSink::put(const schemas::Event& event, Next&& next) {
  next().add_uuid(event.id);
  next().add_time(event.occurred_at);
  next().add_time(event.received_at);
  next().add_int4(event.normaliser);
  next().add_boolean(event.timeless);
  next().add_text(event.platform);
  next().add_text(event.account);
  next().add_text_or_null(event.tenant);
  next().add_text(event.category);
  next().add_text(event.type);
  for (const auto* value :
       {&event.msg_type, &event.event, &event.change_type, &event.msg_id, &event.identity, &event.subject,
        &event.sender, &event.recipient, &event.conversation, &event.content, &event.reply})
    next().add_text_or_null(*value);
  json_.clear();
  schemas::append_json(json_, event.attributes);
  next().add_jsonb(json_);
  next().add_text(event.raw);
  next().add_text_or_null(event.receipt);
  next().add_text_or_null(event.trace_id);
}

void MessagesSink::add_repeat(const schemas::DuplicateMet& repeat) {
  auto& c = columns_->repeats;
  c.receipt.add_text(repeat.receipt);
  c.event_id.add_uuid(repeat.event_id);
  c.occurred_at.add_time(repeat.occurred_at);
  c.account.add_text(repeat.account);
  c.received_at.add_time(repeat.received_at);
  c.trace_id.add_text_or_null(repeat.trace_id);
}

void MessagesSink::fill(size_t first, size_t count) {
  const auto columns = columns_->in_order();
  for (auto* column : columns) column->clear();
  for (auto* column : columns_->repeats.in_order()) column->clear();
  for (size_t i = first; i < first + count; ++i) {
    if (const auto* repeat = std::get_if<schemas::DuplicateMet>(&rows_[i]))
      add_repeat(*repeat);
    else
      put(std::get<schemas::Event>(rows_[i]),
          [&, column = columns.begin()]() mutable -> SqlArray& { return **column++; });
  }
}

void MessagesSink::prepare() {
  if (prepared_ == 0) forget_copy();
  encode(prepared_, rows_.size());
  prepared_ = rows_.size();
}

void MessagesSink::forget_copy() {
  columns_->copy.rows.clear();
  columns_->copy.stored.clear();
}

void MessagesSink::encode(size_t first, size_t end) {
  auto& copy = columns_->copy;
  for (size_t i = first; i < end; ++i)
    if (const auto* event = std::get_if<schemas::Event>(&rows_[i])) {
      copy.rows.begin_row(kColumns);
      put(*event, [&]() -> postgres::CopyRows& { return copy.rows; });
      copy.stored.add(event->received_at, event->account);
    }
}

Written MessagesSink::append(postgres::Transaction& transaction, size_t first, size_t count, std::string_view writer) {
  if (count == rows_.size()) {
    prepare();
  } else {
    forget_copy();
    encode(first, first + count);
  }
  prepared_ = 0;
  auto& copy = columns_->copy;
  const auto messages = static_cast<int64_t>(copy.rows.size());
  if (messages > 0) {
    transaction.copy(kCopy, copy.rows.finish());
    copy.stored.count(transaction, family(), writer);
  }
  for (auto* column : columns_->repeats.in_order()) column->clear();
  for (size_t i = first; i < first + count; ++i)
    if (const auto* repeat = std::get_if<schemas::DuplicateMet>(&rows_[i])) add_repeat(*repeat);
  const auto repeats = write_repeats(transaction, writer);
  return {messages + repeats, {{"messages", messages}, {"duplicate_receipts", repeats}}};
}

Written MessagesSink::write(postgres::Transaction& transaction, size_t first, size_t count, std::string_view writer) {
  fill(first, count);
  const auto messages = write_messages(transaction, writer);
  const auto repeats = write_repeats(transaction, writer);  // behind the rows that they repeat
  return {messages + repeats, {{"messages", messages}, {"duplicate_receipts", repeats}}};
}

int64_t MessagesSink::write_messages(postgres::Transaction& transaction, std::string_view writer) {
  auto& c = *columns_;
  if (c.event_id.size() == 0) return 0;
  postgres::Parameters parameters;
  for (auto* column : c.in_order()) parameters.bytes(column->bytes());
  parameters.text(writer);
  const auto fresh = transaction.execute(kInsert, parameters).integer(0, 0);
  if (fresh < static_cast<int64_t>(c.event_id.size())) {
    postgres::Parameters repeats;
    for (auto* column : {&c.receipt, &c.event_id, &c.occurred_at, &c.account, &c.received_at, &c.trace_id})
      repeats.bytes(column->bytes());
    transaction.execute(kDuplicates, repeats.text(writer));
  }
  return fresh;
}

int64_t MessagesSink::write_repeats(postgres::Transaction& transaction, std::string_view writer) {
  auto& c = columns_->repeats;
  if (c.receipt.size() == 0) return 0;
  postgres::Parameters parameters;
  for (auto* column : c.in_order()) parameters.bytes(column->bytes());
  return transaction.execute(kRepeats, parameters.text(writer)).integer(0, 0);
}

}  // namespace wxpipe::sinks
