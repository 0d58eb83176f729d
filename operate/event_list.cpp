#include "operate/event_list.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/postgres/sql_array.hpp"
#include "common/result.hpp"
#include "common/uuid.hpp"
#include "operate/accounts_seen.hpp"
#include "operate/trace_report.hpp"

namespace wxpipe::operate {
namespace {
using postgres::Connection, postgres::Parameters, postgres::Rows;
using report::Level, report::Report;

constexpr int64_t kLook = 20'000;  // rows of one question, of all accounts together
constexpr std::string_view kLast = "ffffffff-ffff-ffff-ffff-ffffffffffff";

Timestamp moment(const Rows& rows, size_t row, size_t column) {
  return Timestamp(std::chrono::microseconds(rows.integer(row, column)));
}

// A row's place in the order: occurred_at, then event_id.
struct Place {
  std::string at, id;
};
Place place_of(const EventQuestion& question) {
  if (question.after.empty()) return {question.to ? to_iso8601(*question.to) : "infinity", std::string(kLast)};
  const auto bar = std::min(question.after.find('|'), question.after.size());
  Place place{question.after.substr(0, bar), question.after.substr(std::min(bar + 1, question.after.size()))};
  Timestamp at;
  Uuid id;
  if (!parse_iso8601(place.at, at) || !parse_uuid(place.id, id))
    throw UsageError(fmt::format("after: '{}' is no place; take `next` of the page before", question.after));
  return place;
}

std::string cursor(Timestamp at, std::string_view id) { return fmt::format("{}|{}", to_iso8601(at), id); }

// An account's rows by its index, from the place on backwards; which of them fit; and the place up to which all
// accounts were looked through.
constexpr std::string_view kSql = R"(
with looked as materialized (
  select a.account, m.* from unnest($1::text[]) a(account) cross join lateral (
    select event_id, occurred_at, received_at, type, coalesce(subject, '') as subject, coalesce(left(content, {}), '') as summary,
      ($5::text = '' or type = $5::text or ($6::text <> '' and starts_with(type, $6::text)))
        and ($7::text = '' or position(lower($7::text) in lower(coalesce(content, ''))) > 0) as fits
    from messages
    where account = a.account and occurred_at <= $2::text::timestamptz
      and (occurred_at, event_id) < ($2::text::timestamptz, $3::text::uuid) and occurred_at >= $4::text::timestamptz
      and {} order by occurred_at desc, event_id desc limit $9::int8) m),
edge as (
  select occurred_at, event_id from (
    select occurred_at, event_id, count(*) over (partition by account) as rows,
      row_number() over (partition by account order by occurred_at, event_id) as place from looked) c
  where rows = $9::int8 and place = 1 order by occurred_at desc, event_id desc limit 1)
select (select count(*) from looked), (extract(epoch from e.occurred_at) * 1000000)::int8, e.event_id, r.event_id,
  (extract(epoch from r.occurred_at) * 1000000)::int8, (extract(epoch from r.received_at) * 1000000)::int8, r.account, r.type,
  r.subject, r.summary
from (select 1) one left join edge e on true left join lateral (
  select * from looked l where fits and (e.occurred_at is null or (l.occurred_at, l.event_id) >= (e.occurred_at, e.event_id))
  order by l.occurred_at desc, l.event_id desc limit $10::int8) r on true
order by r.occurred_at desc nulls last, r.event_id desc)";
}  // namespace

EventList list_events(Connection& connection, const EventQuestion& question) {
  const auto place = place_of(question);
  postgres::SqlArray accounts(postgres::ElementType::text);
  if (!question.account.empty()) {
    accounts.add_text(question.account);
  } else {
    for (const auto& account : accounts_seen(connection)) accounts.add_text(account);
  }
  const bool filtered = !question.type.empty() || !question.text.empty();
  const auto most = static_cast<int64_t>(question.limit);
  const auto each = filtered ? std::max<int64_t>(most + 1, kLook / std::max(1, accounts.size())) : most + 1;
  const auto family = question.type.ends_with('*') ? question.type.substr(0, question.type.size() - 1) : std::string();
  const bool any_type = question.type == "*";
  const auto from = question.from ? to_iso8601(*question.from) : std::string("-infinity");
  const auto sql = fmt::format(fmt::runtime(kSql), question.summary,
                               question.person.empty() ? "$8::text is not null" : "sender = $8::text");
  const auto rows = connection.execute(sql, Parameters()
                                                .bytes(accounts.bytes())
                                                .text(place.at)
                                                .text(place.id)
                                                .text(from)
                                                .text(any_type ? std::string_view() : question.type)
                                                .text(family)
                                                .text(question.text)
                                                .text(question.person)
                                                .int8(each)
                                                .int8(most + 1));
  EventList list;
  list.looked_at = rows.integer(0, 0);
  for (size_t i = 0; i < rows.size() && !rows.is_null(i, 3); ++i)
    list.matches.push_back({Match::Kind::message, rows.text(i, 3), moment(rows, i, 4), moment(rows, i, 5),
                            rows.text(i, 6), rows.text(i, 7), rows.text(i, 8), rows.text(i, 9)});
  if (list.matches.size() > question.limit) {
    list.matches.resize(question.limit);
    list.next = cursor(list.matches.back().occurred_at, list.matches.back().id);
    list.back_to = list.matches.back().occurred_at;
  } else if (!rows.is_null(0, 1)) {
    list.next = cursor(moment(rows, 0, 1), rows.text(0, 2));
    list.back_to = moment(rows, 0, 1);
  }
  return list;
}

Report report_of(const EventList& list) {
  Report report{.facts = {{"next", "", list.next.empty() ? report::Value() : report::Value(list.next)},
                          {"looked_at", "", list.looked_at},
                          {"back_to", "", list.back_to}},
                .tables = {matches_table(list.matches)}};
  if (list.matches.empty() && !list.next.empty())
    report.findings.push_back({Level::note,
                               fmt::format("none of the newest {} fits; older ones weren't looked at",
                                           report::counted(static_cast<uint64_t>(list.looked_at), "event")),
                               "Go on with the next page, or narrow it: a time range, one account, one person."});
  else if (list.matches.empty())
    report.findings.push_back({Level::note, "no event fits", "Is the time range right? Times are UTC."});
  return report;
}

}  // namespace wxpipe::operate
