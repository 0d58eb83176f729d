// The SQL of an erasure (erase.cpp): which rows are a person's, and what becomes of rows that are merged from facts.
// Everything here goes by a key or an index.
#pragma once

#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>

#include "operate/fact_rows.hpp"
#include "schemas/facts/directory_changed.hpp"
#include "schemas/facts/send_told.hpp"

namespace wxpipe::operate::erase_sql {

// In changes of what is merged: $1 account, $2 subject, $3 tenants, $4 pseudonym; all of them are used.
inline constexpr std::string_view kAllOfFour = "$3::text[] is not null and $4::text is not null";

// In queries for rows of one person: $1 account, $2 subject, $3 tenants, $4 kinds of the directory, $5 and $6 their
// events (id, time); all of them are used.
inline constexpr std::string_view kAllOfSix =
    "$1::text <> '' and $2::text <> '' and $3::text[] is not null and $4::text[] is not null and $5::uuid[] is not null and "
    "$6::timestamptz[] is not null";

// The person's events, by keys and indexes. Others name the person only inside.
inline constexpr std::string_view kEvents =
    "select event_id, occurred_at from messages where account = $1::text and sender = $2::text "
    "union select event_id, occurred_at from messages where account = $1::text and subject = $2::text and type in "
    "('session.opened', 'session.transferred', 'session.closed') "
    "union select event_id, occurred_at from messages where account = $1::text and (coalesce(conversation, subject, sender) "
    "collate \"C\") = $2::text and (type like 'outgoing.%' or reply is not null) "
    "union select event_id, occurred_at from messages where account = $1::text and (conversation collate \"C\") = $2::text "
    "and conversation is not null "
    "union select event_id, occurred_at from follower_history where account = $1::text and tenant = any($3::text[]) and "
    "subject = $2::text "
    "union select event_id, occurred_at from lead_activities where account = $1::text and subject = $2::text "
    "union select event_id, occurred_at from identity_links where account = $1::text and tenant = any($3::text[]) and subject "
    "= $2::text "
    "union select event_id, occurred_at from directory_history where account = $1::text and kind = any($4::text[]) and id = "
    "$2::text "
    "union select h.event_id, h.occurred_at from directory d cross join lateral (select h.event_id, h.occurred_at from "
    "directory_history h where h.account = d.account and h.kind = d.kind and h.id = d.id and h.part = d.part and h.tenant = "
    "d.tenant offset 0) h where d.account = $1::text and d.part = $2::text and d.part <> ''";

// All kinds of the directory: its key begins with account and kind.
inline constexpr std::array<std::string_view, 9> kKinds{
    "contact", "member", "department", "tag", "member_tag", "group", "tag_holder", "group_member", "authorization"};

// Rows of facts. Keys of table t, by the person's events …
template <class Fact>
std::string by_events(std::string_view condition) {
  return fmt::format(
      "select {} from (select unnest($5::uuid[]) as event_id, unnest($6::timestamptz[]) as occurred_at) e cross join lateral "
      "(select * from {} f where f.event_id = e.event_id and f.occurred_at = e.occurred_at{} offset 0) t where {}",
      key_list<Fact>("t"), Fact::kTable.name, condition, kAllOfSix);
}
// … or by a condition that an index knows.
template <class Fact>
std::string by(std::string_view condition) {
  return fmt::format("select {} from {} t where {} and {}", key_list<Fact>("t"), Fact::kTable.name, condition,
                     kAllOfSix);
}
inline const std::string& directory_by_part() {
  static const auto sql = fmt::format(
      "select {} from directory d cross join lateral (select * from directory_history h where h.account = d.account and h.kind = "
      "d.kind and h.id = d.id and h.part = d.part and h.tenant = d.tenant offset 0) t where d.account = $1::text and d.part = "
      "$2::text and d.part <> '' and {}",
      key_list<schemas::DirectoryChanged>("t"), kAllOfSix);
  return sql;
}

inline const std::string& sends_by_receiver() {
  static const auto sql = fmt::format(
      "select {} from send_records s cross join lateral (select * from receipts r where r.account = s.account and r.sent_as = "
      "s.sent_as and r.kind = s.kind and r.receiver = s.receiver and r.tenant = s.tenant offset 0) t where s.account = $1::text "
      "and s.receiver = $2::text and s.receiver <> '' and {}",
      key_list<schemas::SendTold>("t"), kAllOfSix);
  return sql;
}

// Rows that are merged or computed from facts of one person.
struct Merged {
  std::string_view table, where;
  std::string_view change;  // of the table; empty: the rows are deleted
};
inline constexpr std::string_view kOfThem = "account = $1::text and tenant = any($3::text[]) and subject = $2::text";
inline constexpr std::array kMerged{
    Merged{"followers", kOfThem,
           "subject = $4::text, channel = null, scene = case when scene is not null then 'erased' end"},
    Merged{"wxpipe.lead_daily", kOfThem, "subject = $4::text"},
    Merged{"wxpipe.lead_profiles", kOfThem, ""},
    Merged{
        "leads", kOfThem,
        "subject = $4::text, contact_name = null, contact_phone = null, contact_wechat = null, contact_email = null, "
        "company_name = null, company_industry = null, company_size = null, province = null, city = null, district = null, "
        "utm_source = null, utm_medium = null, utm_campaign = null, utm_content = null, utm_term = null, profile = '{}'"},
    Merged{
        "conversations", "account = $1::text and chat = $2::text",
        "chat = $4::text, last_preview = case when last_preview is not null then 'erased' end, last_sender = case when "
        "last_sender = $2::text then $4::text else last_sender end"},
    Merged{
        "directory",
        "account = $1::text and kind in ('contact', 'member', 'department', 'tag', 'member_tag', 'group', 'tag_holder', "
        "'group_member', 'authorization') and id = $2::text",
        "id = $4::text"},
    Merged{"directory", "account = $1::text and part = $2::text and part <> ''", "part = $4::text"},
    Merged{"send_records", "account = $1::text and receiver = $2::text and receiver <> ''", "receiver = $4::text"},
    Merged{"identity_links", kOfThem, ""},
    Merged{"wxpipe.identity_values",
           "identity_id in (select identity_id from identities where account = $1::text and subject = $2::text)", ""},
    Merged{"wxpipe.identity_verdicts",
           "identity_id in (select identity_id from identities where account = $1::text and subject = $2::text)", ""},
    Merged{"identities", "account = $1::text and subject = $2::text", ""},
};

// Customers whose identities may belong together otherwise when this person is gone.
inline constexpr std::string_view kTouchedCustomers =
    "select distinct o.customer_id::text from identities i cross join lateral (select i.identity_id union select h.identity_id "
    "from wxpipe.identity_values v cross join lateral (select h.identity_id from wxpipe.identity_values h where h.kind = v.kind "
    "and h.value = v.value and h.links limit 22) h where v.identity_id = i.identity_id and v.links) t join identities o on "
    "o.identity_id = t.identity_id where i.account = $1::text and i.subject = $2::text";

// Makes `told` anew from the rows that it was merged from. What other rows told stays, also if these are gone by now.
// $1 … $5: the key; $6: the events that name the person.
inline constexpr std::string_view kTellAgain =
    "update {0} k set told = wxpipe.newest_of(coalesce((select jsonb_object_agg(e.key, e.value) from jsonb_each(k.told) e where "
    "e.key = any($7::text[]) or not (e.value ->> 1)::uuid = any($6::uuid[])), '{{}}'), h.told) from (select "
    "wxpipe.newest(t.told) as told from (select (select coalesce(jsonb_object_agg(e.key, jsonb_build_array(e.sort_key, "
    "f.event_id, e.value)), '{{}}') from ({2}) e) as told from {1} f cross join lateral (select n.at, wxpipe.told_order(n.at, "
    "{3}) as sort_key from (select wxpipe.told_at(f.occurred_at, f.timeless, f.stated_at) as at) n) told where {4}) t) h where "
    "{5}";

inline std::string directory_again() {
  return fmt::format(
      fmt::runtime(kTellAgain), "directory", "directory_history",
      "select each.key, each.value, told.sort_key from jsonb_each(f.told) each", "f.rank",
      "f.account = $1::text and f.kind = $2::text and f.id = $3::text and f.part = $4::text and f.tenant = $5::text",
      "k.account = $1::text and k.kind = $2::text and k.id = $3::text and k.part = $4::text and k.tenant = $5::text");
}
inline std::string sends_again() {
  return fmt::format(
      fmt::runtime(kTellAgain), "send_records", "receipts",
      "select each.key, each.value, told.sort_key from jsonb_each(f.told) each union all select each.key, each.value, case "
      "f.kind when 'task' then told.sort_key else wxpipe.outcome_order(f.attempt, f.rank, told.at) end from "
      "jsonb_each(f.outcome) each",
      "0",
      "f.account = $1::text and f.kind = $2::text and f.sent_as = $3::text and f.receiver = $4::text and f.tenant = $5::text",
      "k.account = $1::text and k.kind = $2::text and k.sent_as = $3::text and k.receiver = $4::text and k.tenant = $5::text");
}

}  // namespace wxpipe::operate::erase_sql
