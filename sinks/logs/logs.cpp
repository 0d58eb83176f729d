#include "sinks/logs/logs.hpp"

#include <array>

#include "common/postgres/sql_array.hpp"
#include "sinks/ledger.hpp"

namespace wxpipe::sinks {
namespace {
using postgres::ElementType;
using postgres::SqlArray;

constexpr postgres::Statement kInsert{
    "system_logs_insert",
    "with fresh as (insert into system_logs (log_id, event_id, occurred_at, received_at, level, service, module, "
    "action, "
    "message, context, platform, account, tenant, subject, event_type, receipt, trace_id) "
    "select unnest($1::uuid[]), unnest($2::uuid[]), unnest($3::timestamptz[]), unnest($4::timestamptz[]), "
    "unnest($5::text[]), unnest($6::text[]), unnest($7::text[]), unnest($8::text[]), unnest($9::text[]), "
    "unnest($10::jsonb[]), unnest($11::text[]), unnest($12::text[]), unnest($13::text[]), unnest($14::text[]), "
    "unnest($15::text[]), unnest($16::text[]), unnest($17::text[]) "
    "on conflict (log_id, occurred_at) do nothing returning account, received_at), " WXPIPE_COUNT_IN_LEDGER(
        "stored", "received_at", "'logs'", "$18") " select count(*) from fresh"};
}  // namespace

struct LogsSink::Columns {
  SqlArray log_id{ElementType::uuid}, event_id{ElementType::uuid}, occurred_at{ElementType::timestamptz},
      received_at{ElementType::timestamptz}, level{ElementType::text}, service{ElementType::text},
      module{ElementType::text}, action{ElementType::text}, message{ElementType::text}, context{ElementType::jsonb},
      platform{ElementType::text}, account{ElementType::text}, tenant{ElementType::text}, subject{ElementType::text},
      event_type{ElementType::text}, receipt{ElementType::text}, trace_id{ElementType::text};

  std::array<SqlArray*, 17> in_order() {
    return {&log_id,  &event_id, &occurred_at, &received_at, &level,   &service,    &module,  &action,  &message,
            &context, &platform, &account,     &tenant,      &subject, &event_type, &receipt, &trace_id};
  }
};

LogsSink::LogsSink() : columns_(std::make_shared<Columns>()) {}

std::span<const std::string_view> LogsSink::partitioned() const {
  static constexpr std::array<std::string_view, 1> tables{"system_logs"};
  return tables;
}

Result<void> LogsSink::add(std::string_view value) {
  auto fact = schemas::decode_log(value);
  if (!fact) return fact.error();
  rows_.push_back(std::move(*fact));
  return {};
}

RowHead LogsSink::head(size_t row) const {
  const auto& fact = rows_[row];
  const auto& origin = fact.origin;
  return {fact.log_id,     origin.event_id, origin.occurred_at, origin.received_at,
          origin.timeless, origin.account,  origin.receipt,     origin.trace_id};
}

Written LogsSink::write(postgres::Transaction& transaction, size_t first, size_t count, std::string_view writer) {
  auto& c = *columns_;
  for (auto* column : c.in_order()) column->clear();
  for (size_t i = first; i < first + count; ++i) {
    const auto& fact = rows_[i];
    const auto& origin = fact.origin;
    c.log_id.add_uuid(fact.log_id);
    c.event_id.add_uuid(origin.event_id);
    c.occurred_at.add_time(origin.occurred_at);
    c.received_at.add_time(origin.received_at);
    c.level.add_text(fact.level);
    c.service.add_text(fact.service);
    c.module.add_text(fact.module);
    c.action.add_text(fact.action);
    c.message.add_text(fact.message);
    json_.clear();
    schemas::append_json(json_, fact.context);
    c.context.add_jsonb(json_);
    c.platform.add_text(origin.platform);
    c.account.add_text(origin.account);
    c.tenant.add_text_or_null(origin.tenant);
    c.subject.add_text_or_null(origin.subject);
    c.event_type.add_text(origin.event_type);
    c.receipt.add_text_or_null(origin.receipt);
    c.trace_id.add_text_or_null(origin.trace_id);
  }
  postgres::Parameters parameters;
  for (auto* column : c.in_order()) parameters.bytes(column->bytes());
  const auto fresh = transaction.execute(kInsert, parameters.text(writer)).integer(0, 0);
  return {fresh, {{"system_logs", fresh}}};
}

}  // namespace wxpipe::sinks
