#include "operate/customers.hpp"

#include <fmt/format.h>

#include "operate/accounts_seen.hpp"
#include "operate/audit_log.hpp"

namespace wxpipe::operate {
namespace {
using postgres::Connection, postgres::Parameters, postgres::Rows, postgres::Transaction;

constexpr std::string_view kIdentity =
    "i.identity_id::text, i.account, i.tenant, i.subject, i.customer_id::text, (extract(epoch from i.first_seen_at) * "
    "1000000)::int8, (extract(epoch from i.last_seen_at) * 1000000)::int8";

Timestamp moment(const Rows& rows, size_t row, size_t column) {
  return Timestamp(std::chrono::microseconds(rows.integer(row, column)));
}

std::vector<Identity> identities_in(const Rows& rows) {
  std::vector<Identity> list;
  for (size_t i = 0; i < rows.size(); ++i)
    list.push_back({rows.text(i, 0), rows.text(i, 1), rows.text(i, 2), rows.text(i, 3), rows.text(i, 4),
                    moment(rows, i, 5), moment(rows, i, 6)});
  return list;
}

// The customers of an identity and of all that hold a value, however they stand now.
constexpr std::string_view kTouched =
    "select array_agg(distinct i.customer_id)::text as ids from (select $1::text::uuid as identity_id union select "
    "h.identity_id from (select h.identity_id from wxpipe.identity_values h where h.kind = $2::text and h.value = $3::text "
    "and h.links limit 22) h) t join identities i using (identity_id)";

std::vector<std::string> split(std::string_view array) {
  std::vector<std::string> list;
  for (std::string item; const char c : array)
    if (c == ',' || c == '}') {
      if (!item.empty()) list.push_back(std::move(item));
      item.clear();
    } else if (c != '{') {
      item += c;
    }
  return list;
}
}  // namespace

std::vector<Identity> find_identities(Connection& connection, std::string_view key, std::string_view account) {
  auto found = identities_in(connection.execute(
      fmt::format(
          "select {} from (select $2::text as account where $2::text <> '' union select s.account from ({}) s where "
          "$2::text = '') a join identities i on i.account = a.account and i.subject = $1::text order by i.account, "
          "i.tenant",
          kIdentity, accounts_in("identities")),
      Parameters().text(key).text(account)));
  if (!found.empty() || key.size() != 36) return found;
  return identities_in(connection.execute(
      fmt::format("select {} from identities i where i.identity_id::text = $1::text and ($2::text = '' or "
                  "i.account = $2::text)",
                  kIdentity),
      Parameters().text(key).text(account)));
}

Customer customer_of(Connection& connection, const std::string& customer_id) {
  Customer customer;
  customer.id = customer_id;
  const auto id = [&] { return Parameters().text(customer_id); };
  const auto row = connection.execute(
      "select coalesce(name, ''), coalesce(phone, '') from customers where customer_id = $1::text::uuid", id());
  if (!row.empty()) {
    customer.name = row.text(0, 0);
    customer.phone = row.text(0, 1);
  }
  customer.identities = identities_in(connection.execute(
      fmt::format(
          "select {} from identities i where i.customer_id = $1::text::uuid order by i.first_seen_at, i.identity_id",
          kIdentity),
      id()));
  const auto values = connection.execute(
      "select i.account, i.subject, v.kind, v.value, coalesce(v.verdict, ''), v.links, case when v.links then (select count(*) "
      "from (select from wxpipe.identity_values h where h.kind = v.kind and h.value = v.value and h.links limit 21) h) else 0 "
      "end, v.evidence, v.first_event_id::text, v.last_event_id::text, (extract(epoch from v.first_told_at) * 1000000)::int8, "
      "(extract(epoch from v.last_told_at) * 1000000)::int8 from identities i join wxpipe.identity_values v using (identity_id) "
      "where i.customer_id = $1::text::uuid order by v.links desc, v.kind, v.value, i.account, i.subject limit 1000",
      id());
  for (size_t i = 0; i < values.size(); ++i)
    customer.values.push_back({values.text(i, 0), values.text(i, 1), values.text(i, 2), values.text(i, 3),
                               values.text(i, 4), values.text(i, 5) == "t", values.integer(i, 6), values.integer(i, 7),
                               values.text(i, 8), values.text(i, 9), moment(values, i, 10), moment(values, i, 11)});
  // Somebody else holds the same value, one of the two only as a hint.
  const auto hints = connection.execute(
      "select distinct v.kind, v.value, o.account, o.subject, o.customer_id::text from identities i join "
      "wxpipe.identity_values v using (identity_id) cross join lateral (select h.identity_id from wxpipe.identity_values h "
      "where h.kind = v.kind and h.value = v.value and not h.links and h.kind in ('phone', 'email', 'wechat', 'wxid') limit 20) "
      "h join identities o on o.identity_id = h.identity_id where i.customer_id = $1::text::uuid and v.kind in ('phone', "
      "'email', 'wechat', 'wxid') and o.customer_id <> i.customer_id union select distinct v.kind, v.value, o.account, "
      "o.subject, o.customer_id::text from identities i join wxpipe.identity_values v using (identity_id) cross join lateral "
      "(select h.identity_id from wxpipe.identity_values h where h.kind = v.kind and h.value = v.value and h.links limit 20) h "
      "join identities o on o.identity_id = h.identity_id where i.customer_id = $1::text::uuid and v.kind in ('phone', 'email', "
      "'wechat', 'wxid') and o.customer_id <> i.customer_id order by 1, 2, 3, 4 limit 100",
      id());
  for (size_t i = 0; i < hints.size(); ++i)
    customer.hints.push_back(
        {hints.text(i, 0), hints.text(i, 1), hints.text(i, 2), hints.text(i, 3), hints.text(i, 4)});
  return customer;
}

Judged judge(Connection& connection, const Judgement& judgement, bool write) {
  const auto& identity = judgement.identity;
  const auto key = [&] { return Parameters().text(identity.id).text(judgement.kind).text(judgement.value); };
  Judged judged;
  const auto command = new_command_id();
  Transaction transaction(connection);
  transaction.execute("select wxpipe.lock_customers()");
  const auto touched = transaction.execute(std::string(kTouched), key()).text(0, 0);
  transaction.execute(
      "insert into wxpipe.identity_verdicts (identity_id, kind, value, verdict, command_id) values ($1::text::uuid, $2::text, "
      "$3::text, $4::text, $5::text::uuid) on conflict (identity_id, kind, value) do update set verdict = excluded.verdict, "
      "command_id = excluded.command_id, updated_at = now()",
      key().text(judgement.verdict).text(to_string(command)));
  judged.told =
      transaction
          .execute(
              "update wxpipe.identity_values set verdict = nullif($4::text, 'open'), updated_at = now() where "
              "identity_id = $1::text::uuid and kind = $2::text and value = $3::text",
              key().text(judgement.verdict))
          .affected() > 0;
  // Before and after: a value that links anew has other holders.
  const auto also = transaction.execute(std::string(kTouched), key()).text(0, 0);
  const auto all =
      transaction
          .execute("select array(select unnest($1::text::uuid[]) union select unnest($2::text::uuid[]))::text",
                   Parameters().text(touched).text(also))
          .text(0, 0);
  judged.before = split(all);
  transaction.execute("select wxpipe.rebuild_customers($1::text::uuid[])", Parameters().text(all));
  judged.after =
      split(transaction
                .execute("select array(select distinct i.customer_id from (select $1::text::uuid as identity_id union "
                         "select h.identity_id from (select h.identity_id from wxpipe.identity_values h where h.kind = "
                         "$2::text and h.value = $3::text limit 22) h) t join identities i using (identity_id))::text",
                         key())
                .text(0, 0));
  if (!write) return judged;
  operate::write(transaction, this_operator(),
                 {command, "customers judge", "UPDATE", "identities", identity.id,
                  fmt::format("{}={} {}", judgement.kind, judgement.value, judgement.verdict), judgement.why, 1});
  transaction.commit();
  return judged;
}

}  // namespace wxpipe::operate
