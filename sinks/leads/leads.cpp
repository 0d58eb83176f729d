#include "sinks/leads/leads.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <stdexcept>
#include <tuple>

#include "common/postgres/copy_rows.hpp"
#include "common/postgres/sql_array.hpp"
#include "sinks/ledger.hpp"

namespace wxpipe::sinks {
namespace {
using postgres::ElementType;
using postgres::SqlArray;

constexpr int16_t kColumns = 18;
#define WXPIPE_ACTIVITY_COLUMNS                                                                                      \
  "(activity_id, event_id, occurred_at, received_at, points, daily_cap, half_life_days, platform, account, tenant, " \
  "subject, event_type, rule, dimension, description, profile, receipt, trace_id)"
constexpr const char* kCopy = "copy lead_activities " WXPIPE_ACTIVITY_COLUMNS " from stdin (format binary)";
// Answers the keys of those that weren't there.
constexpr postgres::Statement kInsert{
    "lead_activities_insert",
    "insert into lead_activities " WXPIPE_ACTIVITY_COLUMNS
    " select unnest($1::uuid[]), unnest($2::uuid[]), unnest($3::timestamptz[]), unnest($4::timestamptz[]), "
    "unnest($5::int4[]), unnest($6::int4[]), unnest($7::int4[]), unnest($8::text[]), unnest($9::text[]), "
    "unnest($10::text[]), unnest($11::text[]), unnest($12::text[]), unnest($13::text[]), unnest($14::text[]), "
    "unnest($15::text[]), unnest($16::jsonb[]), unnest($17::text[]), unnest($18::text[]) "
    "on conflict (activity_id, occurred_at) do nothing "
    "returning activity_id, (extract(epoch from occurred_at) * 1000000)::int8"};
#undef WXPIPE_ACTIVITY_COLUMNS

// What fresh activities add to their lead's day and rule. Greatest and least by bytes, as they are found within a
// batch.
constexpr postgres::Statement kDaily{
    "lead_daily_add",
    "insert into wxpipe.lead_daily as d (account, tenant, subject, day, rule, daily_cap, half_life_days, dimension, "
    "points, activities) "
    "select unnest($1::text[]), unnest($2::text[]), unnest($3::text[]), unnest($4::date[]), unnest($5::text[]), "
    "unnest($6::int4[]), unnest($7::int4[]), unnest($8::text[]), unnest($9::int8[]), unnest($10::int8[]) "
    "on conflict (account, tenant, subject, day, rule, daily_cap, half_life_days) do update set "
    "points = d.points + excluded.points, activities = d.activities + excluded.activities, "
    "dimension = greatest(d.dimension collate \"C\", excluded.dimension), updated_at = now()"};

// The newest word on each field wins, whatever order they come in.
constexpr postgres::Statement kProfiles{
    "lead_profiles_upsert",
    "insert into wxpipe.lead_profiles as p (account, tenant, subject, field, value, occurred_at, activity_id, "
    "trace_id) "
    "select distinct on (account, tenant, subject, field) account, tenant, subject, field, value, occurred_at, "
    "activity_id, trace_id "
    "from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::uuid[], $8::text[]) "
    "as g(account, tenant, subject, field, value, occurred_at, activity_id, trace_id) "
    "order by account, tenant, subject, field, occurred_at desc, activity_id desc, value desc "
    "on conflict (account, tenant, subject, field) do update set value = excluded.value, "
    "occurred_at = excluded.occurred_at, activity_id = excluded.activity_id, trace_id = excluded.trace_id, "
    "updated_at = now() "
    "where (excluded.occurred_at, excluded.activity_id, excluded.value) > (p.occurred_at, p.activity_id, p.value)"};

// The score as of the lead's own last day, from the sums; first and last activity by the same rule as everywhere: the
// earliest and the latest (time, id).
constexpr postgres::Statement kLeads{
    "leads_upsert",
    "insert into leads as l (account, tenant, subject, platform, score, score_details, scored_on, activity_count, "
    "first_activity_at, first_activity_id, last_activity_at, last_activity_id, contact_name, contact_phone, "
    "contact_wechat, contact_email, company_name, company_industry, company_size, province, city, district, "
    "utm_source, utm_medium, utm_campaign, utm_content, utm_term, profile, created_trace_id, updated_trace_id) "
    "select t.account, t.tenant, t.subject, t.platform, scored.score, scored.details, last_day.scored_on, "
    "last_day.activities, t.first_at, t.first_id, t.last_at, t.last_id, known.profile->>'contact_name', "
    "known.profile->>'contact_phone', known.profile->>'contact_wechat', known.profile->>'contact_email', "
    "known.profile->>'company_name', known.profile->>'company_industry', known.profile->>'company_size', "
    "known.profile->>'province', known.profile->>'city', known.profile->>'district', known.profile->>'utm_source', "
    "known.profile->>'utm_medium', known.profile->>'utm_campaign', known.profile->>'utm_content', "
    "known.profile->>'utm_term', known.profile, t.first_trace, t.last_trace "
    "from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::uuid[], $7::text[], "
    "$8::timestamptz[], $9::uuid[], $10::text[]) "
    "as t(account, tenant, subject, platform, first_at, first_id, first_trace, last_at, last_id, last_trace) "
    "cross join lateral (select max(d.day) as scored_on, sum(d.activities) as activities from wxpipe.lead_daily d "
    "where d.account = t.account and d.tenant = t.tenant and d.subject = t.subject) last_day "
    "cross join lateral (select greatest(0, least(100, round(sum(s.points) / 1000000)))::int4 as score, "
    "coalesce(jsonb_object_agg(s.dimension, round(s.points / 1000000, 2)), '{}') as details "
    "from (select d.dimension, sum(wxpipe.faded_points(d.points, d.daily_cap, d.half_life_days, "
    "last_day.scored_on - d.day)) as points from wxpipe.lead_daily d "
    "where d.account = t.account and d.tenant = t.tenant and d.subject = t.subject group by 1) s) scored "
    "cross join lateral (select coalesce(jsonb_object_agg(p.field, p.value), '{}') as profile "
    "from wxpipe.lead_profiles p "
    "where p.account = t.account and p.tenant = t.tenant and p.subject = t.subject) known "
    "on conflict (account, tenant, subject) do update set platform = least(l.platform collate \"C\", excluded.platform), "
    "score = excluded.score, score_details = excluded.score_details, scored_on = excluded.scored_on, "
    "activity_count = excluded.activity_count, "
    "first_activity_at = least(l.first_activity_at, excluded.first_activity_at), "
    "first_activity_id = case when (excluded.first_activity_at, excluded.first_activity_id) < "
    "(l.first_activity_at, l.first_activity_id) then excluded.first_activity_id else l.first_activity_id end, "
    "created_trace_id = case when (excluded.first_activity_at, excluded.first_activity_id) < "
    "(l.first_activity_at, l.first_activity_id) then excluded.created_trace_id else l.created_trace_id end, "
    "last_activity_at = greatest(l.last_activity_at, excluded.last_activity_at), "
    "last_activity_id = case when (excluded.last_activity_at, excluded.last_activity_id) > "
    "(l.last_activity_at, l.last_activity_id) then excluded.last_activity_id else l.last_activity_id end, "
    "updated_trace_id = case when (excluded.last_activity_at, excluded.last_activity_id) > "
    "(l.last_activity_at, l.last_activity_id) then excluded.updated_trace_id else l.updated_trace_id end, "
    "contact_name = excluded.contact_name, contact_phone = excluded.contact_phone, "
    "contact_wechat = excluded.contact_wechat, contact_email = excluded.contact_email, "
    "company_name = excluded.company_name, company_industry = excluded.company_industry, "
    "company_size = excluded.company_size, province = excluded.province, city = excluded.city, "
    "district = excluded.district, utm_source = excluded.utm_source, utm_medium = excluded.utm_medium, "
    "utm_campaign = excluded.utm_campaign, utm_content = excluded.utm_content, utm_term = excluded.utm_term, "
    "profile = excluded.profile, updated_at = now()"};

// Which of the rows were not there before, and each row only once.
class Fresh {
 public:
  explicit Fresh(const postgres::Rows& inserted) {
    for (size_t i = 0; i < inserted.size(); ++i) {
      Uuid id;
      if (!parse_uuid(inserted.text(i, 0), id)) throw std::logic_error("lead_activities: not a uuid");
      keys_.emplace(id, Timestamp(std::chrono::microseconds(inserted.integer(i, 1))));
    }
  }
  bool take(const Uuid& id, Timestamp occurred_at) { return keys_.erase({id, occurred_at}) > 0; }

 private:
  std::set<std::pair<Uuid, Timestamp>> keys_;
};
}  // namespace

struct LeadsSink::Columns {
  SqlArray activity_id{ElementType::uuid}, event_id{ElementType::uuid}, occurred_at{ElementType::timestamptz},
      received_at{ElementType::timestamptz}, points{ElementType::int4}, daily_cap{ElementType::int4},
      half_life_days{ElementType::int4}, platform{ElementType::text}, account{ElementType::text},
      tenant{ElementType::text}, subject{ElementType::text}, event_type{ElementType::text}, rule{ElementType::text},
      dimension{ElementType::text}, description{ElementType::text}, profile{ElementType::jsonb},
      receipt{ElementType::text}, trace_id{ElementType::text};
  std::array<SqlArray*, kColumns> in_order() {
    return {&activity_id,    &event_id,  &occurred_at, &received_at, &points,  &daily_cap,
            &half_life_days, &platform,  &account,     &tenant,      &subject, &event_type,
            &rule,           &dimension, &description, &profile,     &receipt, &trace_id};
  }

  struct {
    SqlArray account{ElementType::text}, tenant{ElementType::text}, subject{ElementType::text}, day{ElementType::date},
        rule{ElementType::text}, daily_cap{ElementType::int4}, half_life_days{ElementType::int4},
        dimension{ElementType::text}, points{ElementType::int8}, activities{ElementType::int8};
    std::array<SqlArray*, 10> in_order() {
      return {&account, &tenant, &subject, &day, &rule, &daily_cap, &half_life_days, &dimension, &points, &activities};
    }
  } daily;

  struct {
    SqlArray account{ElementType::text}, tenant{ElementType::text}, subject{ElementType::text},
        field{ElementType::text}, value{ElementType::text}, occurred_at{ElementType::timestamptz},
        activity_id{ElementType::uuid}, trace_id{ElementType::text};
    std::array<SqlArray*, 8> in_order() {
      return {&account, &tenant, &subject, &field, &value, &occurred_at, &activity_id, &trace_id};
    }
  } told;

  struct {
    SqlArray account{ElementType::text}, tenant{ElementType::text}, subject{ElementType::text},
        platform{ElementType::text}, first_at{ElementType::timestamptz}, first_id{ElementType::uuid},
        first_trace{ElementType::text}, last_at{ElementType::timestamptz}, last_id{ElementType::uuid},
        last_trace{ElementType::text};
    std::array<SqlArray*, 10> in_order() {
      return {&account,  &tenant,      &subject, &platform, &first_at,
              &first_id, &first_trace, &last_at, &last_id,  &last_trace};
    }
  } leads;
};

namespace {
using Activity = schemas::LeadActivity;

auto lead_of(const Activity& fact) { return std::tie(fact.origin.account, fact.origin.tenant, fact.origin.subject); }
auto day_of(const Activity& fact) { return std::chrono::floor<std::chrono::days>(fact.origin.occurred_at); }
auto sum_of(const Activity& fact) {
  return std::tuple(lead_of(fact), day_of(fact), std::tie(fact.rule, fact.daily_cap, fact.half_life_days));
}
auto time_of(const Activity& fact) { return std::tie(fact.origin.occurred_at, fact.activity_id); }

template <class Columns>
postgres::Parameters parameters_of(Columns& columns) {
  postgres::Parameters parameters;
  for (auto* column : columns.in_order()) parameters.bytes(column->bytes());
  return parameters;
}
template <class Columns>
void clear_all(Columns& columns) {
  for (auto* column : columns.in_order()) column->clear();
}
}  // namespace

LeadsSink::LeadsSink() : columns_(std::make_shared<Columns>()) {}

std::span<const std::string_view> LeadsSink::partitioned() const {
  static constexpr std::array<std::string_view, 1> tables{"lead_activities"};
  return tables;
}

Result<void> LeadsSink::add(std::string_view value) {
  auto fact = schemas::decode_lead_activity(value);
  if (!fact) return fact.error();
  rows_.push_back(std::move(*fact));
  return {};
}

RowHead LeadsSink::head(size_t row) const {
  const auto& fact = rows_[row];
  const auto& origin = fact.origin;
  return {fact.activity_id, origin.event_id, origin.occurred_at, origin.received_at,
          origin.timeless,  origin.account,  origin.receipt,     origin.trace_id};
}

// Each value to what `next` gives: the arrays one after the other, or always the same row.
template <class Next>
void LeadsSink::put(const Activity& fact, Next&& next) {
  const auto& origin = fact.origin;
  next().add_uuid(fact.activity_id);
  next().add_uuid(origin.event_id);
  next().add_time(origin.occurred_at);
  next().add_time(origin.received_at);
  next().add_int4(fact.points);
  next().add_int4(fact.daily_cap);
  next().add_int4(fact.half_life_days);
  next().add_text(origin.platform);
  next().add_text(origin.account);
  next().add_text(origin.tenant);
  next().add_text(origin.subject);
  next().add_text(origin.event_type);
  next().add_text(fact.rule);
  next().add_text(fact.dimension);
  next().add_text_or_null(fact.description);
  if (fact.profile.empty()) {
    next().add_null();
  } else {
    json_.clear();
    schemas::append_json(json_, fact.profile);
    next().add_jsonb(json_);
  }
  next().add_text_or_null(origin.receipt);
  next().add_text_or_null(origin.trace_id);
}

Written LeadsSink::append(postgres::Transaction& transaction, size_t first, size_t count, std::string_view writer) {
  postgres::CopyRows copy;  // not kept: megabytes, three times a second at most
  for (size_t i = first; i < first + count; ++i) {
    copy.begin_row(kColumns);
    put(rows_[i], [&]() -> postgres::CopyRows& { return copy; });
  }
  transaction.copy(kCopy, copy.finish());
  std::vector<const Activity*> fresh;
  for (size_t i = first; i < first + count; ++i) fresh.push_back(&rows_[i]);
  return sum_up(transaction, std::move(fresh), writer);
}

Written LeadsSink::write(postgres::Transaction& transaction, size_t first, size_t count, std::string_view writer) {
  auto& c = *columns_;
  clear_all(c);
  for (size_t i = first; i < first + count; ++i)
    put(rows_[i], [column = c.in_order(), next = size_t{0}]() mutable -> SqlArray& { return *column[next++]; });
  Fresh inserted(transaction.execute(kInsert, parameters_of(c)));
  std::vector<const Activity*> fresh;
  for (size_t i = first; i < first + count; ++i)
    if (inserted.take(rows_[i].activity_id, rows_[i].origin.occurred_at)) fresh.push_back(&rows_[i]);
  return sum_up(transaction, std::move(fresh), writer);
}

// Sums and leads in the order of their keys, so that two writers never wait for each other crosswise.
Written LeadsSink::sum_up(postgres::Transaction& transaction, std::vector<const Activity*> fresh,
                          std::string_view writer) {
  if (fresh.empty()) return {0, {{"lead_activities", 0}, {"leads", 0}}};
  StoredByMinute stored;
  for (const auto* fact : fresh) stored.add(fact->origin.received_at, fact->origin.account);
  stored.count(transaction, family(), writer);
  write_profiles(transaction, fresh);
  std::sort(fresh.begin(), fresh.end(), [](const auto* a, const auto* b) { return sum_of(*a) < sum_of(*b); });
  add_to_days(transaction, fresh);
  const auto leads = write_leads(transaction, fresh);
  const auto activities = static_cast<int64_t>(fresh.size());
  return {activities, {{"lead_activities", activities}, {"leads", leads}}};
}

void LeadsSink::write_profiles(postgres::Transaction& transaction, std::span<const Activity* const> fresh) {
  auto& told = columns_->told;
  clear_all(told);
  for (const auto* fact : fresh) {
    for (const auto& [field, value] : fact->profile) {
      if (value.empty()) continue;  // saying nothing doesn't unsay what was told
      told.account.add_text(fact->origin.account);
      told.tenant.add_text(fact->origin.tenant);
      told.subject.add_text(fact->origin.subject);
      told.field.add_text(field);
      told.value.add_text(value);
      told.occurred_at.add_time(fact->origin.occurred_at);
      told.activity_id.add_uuid(fact->activity_id);
      told.trace_id.add_text_or_null(fact->origin.trace_id);
    }
  }
  if (told.field.size() > 0) transaction.execute(kProfiles, parameters_of(told));
}

void LeadsSink::add_to_days(postgres::Transaction& transaction, std::span<const Activity* const> sorted) {
  auto& daily = columns_->daily;
  clear_all(daily);
  for (size_t i = 0; i < sorted.size();) {
    const auto& fact = *sorted[i];
    const auto key = sum_of(fact);
    std::string_view dimension;
    int64_t points = 0, activities = 0;
    for (; i < sorted.size() && sum_of(*sorted[i]) == key; ++i) {
      dimension = std::max(dimension, std::string_view(sorted[i]->dimension));
      points += sorted[i]->points;
      ++activities;
    }
    daily.account.add_text(fact.origin.account);
    daily.tenant.add_text(fact.origin.tenant);
    daily.subject.add_text(fact.origin.subject);
    daily.day.add_date(day_of(fact));
    daily.rule.add_text(fact.rule);
    daily.daily_cap.add_int4(fact.daily_cap);
    daily.half_life_days.add_int4(fact.half_life_days);
    daily.dimension.add_text(dimension);
    daily.points.add_int8(points);
    daily.activities.add_int8(activities);
  }
  transaction.execute(kDaily, parameters_of(daily));
}

int64_t LeadsSink::write_leads(postgres::Transaction& transaction, std::span<const Activity* const> sorted) {
  auto& leads = columns_->leads;
  clear_all(leads);
  for (size_t i = 0; i < sorted.size();) {
    const auto *first = sorted[i], *last = first;
    const auto key = lead_of(*first);
    std::string_view platform = first->origin.platform;
    for (; i < sorted.size() && lead_of(*sorted[i]) == key; ++i) {
      if (time_of(*sorted[i]) < time_of(*first)) first = sorted[i];
      if (time_of(*sorted[i]) > time_of(*last)) last = sorted[i];
      platform = std::min(platform, std::string_view(sorted[i]->origin.platform));
    }
    leads.account.add_text(first->origin.account);
    leads.tenant.add_text(first->origin.tenant);
    leads.subject.add_text(first->origin.subject);
    leads.platform.add_text(platform);
    leads.first_at.add_time(first->origin.occurred_at);
    leads.first_id.add_uuid(first->activity_id);
    leads.first_trace.add_text_or_null(first->origin.trace_id);
    leads.last_at.add_time(last->origin.occurred_at);
    leads.last_id.add_uuid(last->activity_id);
    leads.last_trace.add_text_or_null(last->origin.trace_id);
  }
  return static_cast<int64_t>(transaction.execute(kLeads, parameters_of(leads)).affected());
}

}  // namespace wxpipe::sinks
