// The facts and their JSON, both ways. schemas/kafka/*.schema.json are the contracts.
#include "schemas/facts.hpp"
#include "schemas/json_fields.hpp"

namespace wxpipe::schemas {
namespace {
// What every fact must have, whoever wrote it.
template <class Fact>
Result<Fact> checked(const Result<void>& read, Fact&& fact) {
  if (!read) return read.error();
  if (fact.origin.event_id == Uuid{} || fact.origin.account.empty() || fact.origin.occurred_at == Timestamp{})
    return Rejection{Reason::unreadable_record, "a fact needs event_id, account and occurred_at"};
  return std::move(fact);
}
}  // namespace

Origin origin_of(const Event& event) {
  return {event.id,          event.platform,    event.account,  event.tenant,  event.subject, event.type,
          event.occurred_at, event.received_at, event.timeless, event.receipt, event.trace_id};
}

void encode(const FollowerChanged& fact, std::string& out) {
  fields::begin(out, kFollowerSchema);
  fields::origin(out, fact.origin);
  fields::text_unless_empty(out, "owner", fact.owner);
  fields::text(out, "change", fact.change);
  fields::text_unless_empty(out, "state", fact.state);
  fields::number(out, "rank", fact.rank);
  fields::text_unless_empty(out, "scene", fact.scene);
  fields::text_unless_empty(out, "channel", fact.channel);
  out += '}';
}

Result<FollowerChanged> decode_follower(std::string_view json) {
  FollowerChanged fact;
  const auto result = fields::read_object(json, kFollowerSchema, {}, [&](uint64_t field, fields::Value value) {
    using fields::read;
    switch (field) {
      case json::key("owner"):
        return read(value, fact.owner);
      case json::key("change"):
        return read(value, fact.change);
      case json::key("state"):
        return read(value, fact.state);
      case json::key("rank"):
        return read(value, fact.rank);
      case json::key("scene"):
        return read(value, fact.scene);
      case json::key("channel"):
        return read(value, fact.channel);
      default:
        return fields::read_origin(field, value, fact.origin).value_or(true);
    }
  });
  return checked(result, std::move(fact));
}

void encode(const LeadActivity& fact, std::string& out) {
  fields::begin(out, kLeadActivitySchema);
  fields::origin(out, fact.origin);
  fields::id(out, "activity_id", fact.activity_id);
  fields::text(out, "rule", fact.rule);
  fields::text(out, "dimension", fact.dimension);
  fields::number(out, "points", fact.points);
  fields::number(out, "daily_cap", fact.daily_cap);
  fields::number(out, "half_life_days", fact.half_life_days);
  fields::text_unless_empty(out, "description", fact.description);
  fields::attributes(out, "profile", fact.profile);
  out += '}';
}

Result<LeadActivity> decode_lead_activity(std::string_view json) {
  LeadActivity fact;
  const auto result = fields::read_object(json, kLeadActivitySchema, {}, [&](uint64_t field, fields::Value value) {
    using fields::read;
    switch (field) {
      case json::key("activity_id"):
        return read(value, fact.activity_id);
      case json::key("rule"):
        return read(value, fact.rule);
      case json::key("dimension"):
        return read(value, fact.dimension);
      case json::key("points"):
        return read(value, fact.points);
      case json::key("daily_cap"):
        return read(value, fact.daily_cap);
      case json::key("half_life_days"):
        return read(value, fact.half_life_days);
      case json::key("description"):
        return read(value, fact.description);
      case json::key("profile"):
        return read(value, fact.profile);
      default:
        return fields::read_origin(field, value, fact.origin).value_or(true);
    }
  });
  return checked(result, std::move(fact));
}

void encode(const LogWritten& fact, std::string& out) {
  fields::begin(out, kLogSchema);
  fields::origin(out, fact.origin);
  fields::id(out, "log_id", fact.log_id);
  fields::text(out, "level", fact.level);
  fields::text(out, "service", fact.service);
  fields::text(out, "module", fact.module);
  fields::text(out, "action", fact.action);
  fields::text(out, "message", fact.message);
  fields::attributes(out, "context", fact.context);
  out += '}';
}

Result<LogWritten> decode_log(std::string_view json) {
  LogWritten fact;
  const auto result = fields::read_object(json, kLogSchema, {}, [&](uint64_t field, fields::Value value) {
    using fields::read;
    switch (field) {
      case json::key("log_id"):
        return read(value, fact.log_id);
      case json::key("level"):
        return read(value, fact.level);
      case json::key("service"):
        return read(value, fact.service);
      case json::key("module"):
        return read(value, fact.module);
      case json::key("action"):
        return read(value, fact.action);
      case json::key("message"):
        return read(value, fact.message);
      case json::key("context"):
        return read(value, fact.context);
      default:
        return fields::read_origin(field, value, fact.origin).value_or(true);
    }
  });
  return checked(result, std::move(fact));
}

DuplicateMet duplicate_of(const Event& event) {
  return {event.id, event.receipt, event.account, event.received_at, event.occurred_at, event.timeless, event.trace_id};
}

void encode(const DuplicateMet& fact, std::string& out) {
  fields::begin(out, kDuplicateSchema);
  fields::id(out, "event_id", fact.event_id);
  fields::text(out, "receipt", fact.receipt);
  fields::text(out, "account", fact.account);
  fields::time(out, "received_at", fact.received_at);
  fields::time(out, "occurred_at", fact.occurred_at);
  if (fact.timeless) out += ",\"timeless\":true";
  fields::text_unless_empty(out, "trace_id", fact.trace_id);
  out += '}';
}

Result<DuplicateMet> decode_duplicate(std::string_view json) {
  DuplicateMet fact;
  const auto result = fields::read_object(json, kDuplicateSchema, {}, [&](uint64_t field, fields::Value value) {
    using fields::read;
    switch (field) {
      case json::key("event_id"):
        return read(value, fact.event_id);
      case json::key("receipt"):
        return read(value, fact.receipt);
      case json::key("account"):
        return read(value, fact.account);
      case json::key("received_at"):
        return read(value, fact.received_at);
      case json::key("occurred_at"):
        return read(value, fact.occurred_at);
      case json::key("timeless"):
        return read(value, fact.timeless);
      case json::key("trace_id"):
        return read(value, fact.trace_id);
      default:
        return true;
    }
  });
  if (!result) return result.error();
  if (fact.event_id == Uuid{} || fact.receipt.empty() || fact.account.empty() || fact.occurred_at == Timestamp{})
    return Rejection{Reason::unreadable_record, "a duplicate needs event_id, receipt, account and occurred_at"};
  return fact;
}

bool is_duplicate(std::string_view json) {
  constexpr std::string_view beginning = "{\"schema\":\"wxpipe.duplicate.v1\"";
  return json.starts_with(beginning);
}

}  // namespace wxpipe::schemas
