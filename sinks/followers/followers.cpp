#include "sinks/followers/followers.hpp"

#include <array>

#include "common/postgres/sql_array.hpp"
#include "sinks/ledger.hpp"

namespace wxpipe::sinks {
namespace {
using postgres::ElementType;
using postgres::SqlArray;

constexpr postgres::Statement kHistory{
    "follower_history_insert",
    "with fresh as (insert into follower_history (account, tenant, subject, owner, event_id, change, occurred_at, "
    "received_at, rank, platform, event_type, state, scene, channel, receipt, trace_id) "
    "select unnest($1::text[]), unnest($2::text[]), unnest($3::text[]), unnest($4::text[]), unnest($5::uuid[]), "
    "unnest($6::text[]), unnest($7::timestamptz[]), unnest($8::timestamptz[]), unnest($9::int4[]), "
    "unnest($10::text[]), unnest($11::text[]), unnest($12::text[]), unnest($13::text[]), unnest($14::text[]), "
    "unnest($15::text[]), unnest($16::text[]) on conflict (account, tenant, subject, owner, event_id, change) do "
    "nothing "
    "returning account, received_at), " WXPIPE_COUNT_IN_LEDGER("stored", "received_at", "'followers'",
                                                               "$17") " select count(*) from fresh"};

// A follower is a function of its history, so that order and repetition can't matter. Ordered by key: two writers that
// meet (one of them a zombie that the offset will refuse) lock in the same order. Where no change was added, nothing
// is rewritten.
constexpr postgres::Statement kFollowers{
    "followers_upsert",
    "insert into followers as f (account, tenant, subject, owner, platform, state, change, changed_at, rank, "
    "change_event_id, subscribed_at, unsubscribed_at, scene, channel, first_seen_at, last_seen_at, change_count, "
    "created_trace_id, updated_trace_id) "
    "select t.account, t.tenant, t.subject, t.owner, whole.platform, newest.state, newest.change, newest.occurred_at, "
    "newest.rank, newest.event_id, whole.subscribed_at, whole.unsubscribed_at, source.scene, source.channel, "
    "whole.first_seen_at, whole.last_seen_at, whole.change_count, whole.created_trace_id, whole.updated_trace_id "
    "from (select distinct * from unnest($1::text[], $2::text[], $3::text[], $4::text[]) "
    "as k(account, tenant, subject, owner)) t "
    "cross join lateral (select min(h.platform) as platform, count(*) as change_count, "
    "min(h.occurred_at) as first_seen_at, max(h.occurred_at) as last_seen_at, "
    "max(h.occurred_at) filter (where h.state = 'following') as subscribed_at, "
    "max(h.occurred_at) filter (where h.state = 'left') as unsubscribed_at, "
    "(array_agg(h.trace_id order by h.occurred_at, h.event_id, h.change))[1] as created_trace_id, "
    "(array_agg(h.trace_id order by h.occurred_at desc, h.event_id desc, h.change desc))[1] as updated_trace_id "
    "from follower_history h "
    "where h.account = t.account and h.tenant = t.tenant and h.subject = t.subject and h.owner = t.owner) whole "
    "left join lateral (select h.state, h.change, h.occurred_at, h.rank, h.event_id from follower_history h "
    "where h.account = t.account and h.tenant = t.tenant and h.subject = t.subject and h.owner = t.owner "
    "and h.state is not null "
    "order by h.occurred_at desc, h.rank desc, h.event_id desc, h.change desc limit 1) newest on true "
    "left join lateral (select h.scene, h.channel from follower_history h "
    "where h.account = t.account and h.tenant = t.tenant and h.subject = t.subject and h.owner = t.owner "
    "and h.scene is not null "
    "order by h.occurred_at desc, h.rank desc, h.event_id desc, h.change desc limit 1) source on true "
    "order by 1, 2, 3, 4 "
    "on conflict (account, tenant, subject, owner) do update set platform = excluded.platform, state = excluded.state, "
    "change = excluded.change, changed_at = excluded.changed_at, rank = excluded.rank, "
    "change_event_id = excluded.change_event_id, subscribed_at = excluded.subscribed_at, "
    "unsubscribed_at = excluded.unsubscribed_at, scene = excluded.scene, channel = excluded.channel, "
    "first_seen_at = excluded.first_seen_at, last_seen_at = excluded.last_seen_at, "
    "change_count = excluded.change_count, created_trace_id = excluded.created_trace_id, "
    "updated_trace_id = excluded.updated_trace_id, updated_at = now() "
    "where f.change_count is distinct from excluded.change_count"};
}  // namespace

struct FollowersSink::Columns {
  SqlArray account{ElementType::text}, tenant{ElementType::text}, subject{ElementType::text}, owner{ElementType::text},
      event_id{ElementType::uuid}, change{ElementType::text}, occurred_at{ElementType::timestamptz},
      received_at{ElementType::timestamptz}, rank{ElementType::int4}, platform{ElementType::text},
      event_type{ElementType::text}, state{ElementType::text}, scene{ElementType::text}, channel{ElementType::text},
      receipt{ElementType::text}, trace_id{ElementType::text};

  std::array<SqlArray*, 16> in_order() {
    return {&account, &tenant,   &subject,    &owner, &event_id, &change,  &occurred_at, &received_at,
            &rank,    &platform, &event_type, &state, &scene,    &channel, &receipt,     &trace_id};
  }
};

FollowersSink::FollowersSink() : columns_(std::make_shared<Columns>()) {}

Result<void> FollowersSink::add(std::string_view value) {
  auto fact = schemas::decode_follower(value);
  if (!fact) return fact.error();
  rows_.push_back(std::move(*fact));
  return {};
}

RowHead FollowersSink::head(size_t row) const {
  const auto& origin = rows_[row].origin;
  return {origin.event_id, origin.event_id, origin.occurred_at, origin.received_at,
          origin.timeless, origin.account,  origin.receipt,     origin.trace_id};
}

Written FollowersSink::write(postgres::Transaction& transaction, size_t first, size_t count, std::string_view writer) {
  auto& c = *columns_;
  for (auto* column : c.in_order()) column->clear();
  for (size_t i = first; i < first + count; ++i) {
    const auto& fact = rows_[i];
    const auto& origin = fact.origin;
    c.account.add_text(origin.account);
    c.tenant.add_text(origin.tenant);
    c.subject.add_text(origin.subject);
    c.owner.add_text(fact.owner);
    c.event_id.add_uuid(origin.event_id);
    c.change.add_text(fact.change);
    c.occurred_at.add_time(origin.occurred_at);
    c.received_at.add_time(origin.received_at);
    c.rank.add_int4(fact.rank);
    c.platform.add_text(origin.platform);
    c.event_type.add_text(origin.event_type);
    c.state.add_text_or_null(fact.state);
    c.scene.add_text_or_null(fact.scene);
    c.channel.add_text_or_null(fact.channel);
    c.receipt.add_text_or_null(origin.receipt);
    c.trace_id.add_text_or_null(origin.trace_id);
  }
  postgres::Parameters changes;
  for (auto* column : c.in_order()) changes.bytes(column->bytes());
  const auto fresh = transaction.execute(kHistory, changes.text(writer)).integer(0, 0);

  postgres::Parameters keys;
  for (auto* column : {&c.account, &c.tenant, &c.subject, &c.owner}) keys.bytes(column->bytes());
  const auto followers = static_cast<int64_t>(transaction.execute(kFollowers, keys).affected());
  return {fresh, {{"follower_history", fresh}, {"followers", followers}}};
}

}  // namespace wxpipe::sinks
