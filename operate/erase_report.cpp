#include "operate/erase_report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <set>

#include "common/kafka/admin.hpp"
#include "common/result.hpp"
#include "operate/accounts_seen.hpp"
#include "operate/customers.hpp"
#include "operate/side_schema.hpp"
#include "schemas/topics.hpp"
#include "sinks/family_databases.hpp"

namespace wxpipe::operate {
namespace {
using postgres::Connection, postgres::Parameters;

// In a table, or by an erasure that was interrupted.
bool is_known(Connection& connection, const Known& one, const std::string& key) {
  const auto hash = sinks::subject_hash(key, one.subject);
  return !connection
              .execute(
                  "select 1 where exists (select from identities where account = $1::text and subject = $2::text) or exists "
                  "(select from messages where account = $1::text and sender = $2::text) or exists (select from leads where "
                  "account = $1::text and tenant = '' and subject = $2::text) or exists (select from followers where "
                  "account = $1::text and tenant = '' and subject = $2::text) or exists (select from directory where account "
                  "= $1::text and kind = 'contact' and id = $2::text) or exists (select from directory where account = "
                  "$1::text and part = $2::text and part <> '') or exists (select from conversations where account = "
                  "$1::text and chat = $2::text) or exists (select from wxpipe.erasures where subject_hash = $3::text and account = $1::text "
                  "and counts is null)",
                  Parameters().text(one.account).text(one.subject).text(hash))
              .empty();
}

std::vector<Known> people_of(Connection& connection, const EraseRequest& request) {
  std::set<Known> people;
  if (!request.customer.empty()) {
    Uuid id;
    if (!parse_uuid(request.customer, id))
      throw UsageError(fmt::format("--customer: '{}' is no customer's id", request.customer));
    std::set<std::string> customers{to_string(id)};
    // Perhaps it had this id before.
    for (const auto& one : find_identities(connection, to_string(id), "")) customers.insert(one.customer_id);
    for (const auto& customer : customers)
      for (const auto& one : customer_of(connection, customer).identities) people.insert({one.account, one.subject});
  } else if (!request.account.empty()) {
    people.insert({request.account, request.subject});
  } else {
    const auto key = sinks::erasure_key(connection);
    for (const auto& account : accounts_seen(connection))
      if (is_known(connection, {account, request.subject}, key)) people.insert({account, request.subject});
  }
  return {people.begin(), people.end()};
}

// Others who are the same customer.
std::vector<Identity> linked_with(Connection& connection, const std::vector<Known>& people) {
  std::vector<Identity> linked;
  std::set<std::string> customers, identities;
  for (const auto& one : people)
    for (const auto& identity : find_identities(connection, one.subject, one.account))
      if (identity.subject == one.subject && customers.insert(identity.customer_id).second)
        for (const auto& other : customer_of(connection, identity.customer_id).identities)
          if (std::ranges::find(people, Known{other.account, other.subject}) == people.end() &&
              identities.insert(other.id).second)
            linked.push_back(other);
  return linked;
}

// Until when a topic holds what it has now. Kept for ever: none.
struct Held {
  std::string topic;
  std::optional<Timestamp> until;
};
std::vector<Held> held_by_kafka(const config::Settings& settings, Timestamp now) {
  std::vector<Held> held;
  const auto names = schemas::topic_names(settings.kafka.topic_prefix);
  kafka::Admin admin(settings.kafka);
  const auto view = admin.view();
  std::vector<std::string> there;
  for (const auto& name : names)
    if (view.topics.contains(name)) there.push_back(name);
  if (there.empty()) return held;
  for (const auto& [name, config] : admin.configs(there)) {
    const auto found = config.find("retention.ms");
    if (found == config.end()) continue;
    const auto kept = std::stoll(found->second.value);
    held.push_back({name, kept < 0 ? std::nullopt : std::optional(now + std::chrono::milliseconds(kept))});
  }
  return held;
}

// By name; and those of an older version, which know of no erasures.
struct Sides {
  std::vector<std::string> names, old;
};
Sides side_schemas_of(Connection& connection) {
  Sides sides;
  const auto rows = connection.execute(
      "select n.nspname, to_regclass(quote_ident(n.nspname || '_wxpipe') || '.erasures') is null from pg_namespace n where "
      "obj_description(n.oid, 'pg_namespace') like 'A side schema of wxpipe replay%' order by 1");
  for (size_t i = 0; i < rows.size(); ++i)
    (rows.text(i, 1) == "t" ? sides.old : sides.names).push_back(rows.text(i, 0));
  return sides;
}

// Those of all databases, each once.
void add(Sides& sides, const Sides& more) {
  for (auto [to, from] : {std::pair(&sides.names, &more.names), std::pair(&sides.old, &more.old)})
    for (const auto& name : *from)
      if (std::ranges::find(*to, name) == to->end()) to->push_back(name);
}

void check_reason(const EraseRequest& request, const std::vector<Known>& people) {
  if (request.reason.empty()) throw UsageError("--reason: say why, for wxpipe.erasures and audit_logs");
  for (const auto& one : people)
    if (request.reason.find(one.subject) != std::string::npos)
      throw UsageError("--reason: it is kept, so it must not name the person; a ticket's number is fine");
}
}  // namespace

report::Report run_erase(const config::Settings& settings, const EraseRequest& request,
                         const std::function<void(const std::vector<Known>&)>& begins) {
  using report::Kind, report::Level;
  sinks::FamilyConnections databases(settings, "wxpipe erase");
  const auto all = databases.all();  // one that is away is known before anything is done
  auto& connection = databases.of<schemas::Event>();
  const auto people = people_of(connection, request);
  report::Table whom{"people", "erased", {{"account", "account"}, {"subject", "as"}}, {}};
  for (const auto& one : people) whom.rows.push_back({one.account, one.subject});
  if (people.empty())
    return {
        .tables = {std::move(whom)},
        .findings = {
            {Level::error, "nobody is known by that name",
             "With --account an id is erased that no table has, too: then nothing that still comes brings it. Or an "
             "erasure that was interrupted goes on."}}};
  if (request.yes) check_reason(request, people);
  report::Table linked{
      "linked", "the same customer", {{"account", "account"}, {"subject", "as"}, {"customer_id", "customer"}}, {}};
  const auto others = linked_with(connection, people);
  for (const auto& one : others) linked.rows.push_back({one.account, one.subject, one.customer_id});

  Done done;
  ErasedRows elsewhere;
  const auto add_up = [](ErasedRows& sum, const ErasedRows& rows) {
    for (const auto& [table, count] : rows.tables) sum.tables[table] += count;
  };
  const auto in_others = [&](const auto& act) {
    for (auto* other : all)
      if (other != &connection) add_up(elsewhere, act(*other));
  };
  Sides sides;
  for (auto* each : all) add(sides, side_schemas_of(*each));
  if (request.yes) {
    share_erasures(all);
    begins(people);
    done = erase(connection, people, request.reason, {}, [&](const std::vector<Decided>& decided) {
      in_others([&](Connection& other) { return erase(other, people, request.reason, decided).rows; });
    });
    for (const auto& database : databases.databases())
      for (const auto& name : side_schemas_of(databases.to(database)).names)
        erase(*sinks::connect(database, "wxpipe erase", postgres::Purpose::administration, named_side_schema(name)),
              people, request.reason, done.decided);
  } else {
    done.rows = count_of(connection, people);
    in_others([&](Connection& other) { return count_of(other, people); });
  }
  add_up(done.rows, elsewhere);

  report::Table tables{"tables", "rows", {{"table", "table"}, {"rows", "rows", Kind::count}}, {}};
  for (const auto& [table, rows] : done.rows.tables) tables.rows.push_back({table, rows});
  report::Table topics{"topics", "Kafka holds it until", {{"topic", "topic"}, {"until", "until", Kind::time}}, {}};
  std::vector<report::Finding> findings;
  try {
    for (const auto& one : held_by_kafka(settings, done.rows.until))
      topics.rows.push_back({one.topic, one.until ? report::Value(*one.until) : report::Value("for ever")});
  } catch (const Unavailable& error) {
    findings.push_back(
        {Level::warning, fmt::format("Kafka doesn't say how long its topics hold it: {}", error.what())});
  }
  if (!linked.rows.empty())
    findings.push_back({Level::warning,
                        fmt::format("{} {} left behind: the same customer", linked.rows.size(),
                                    linked.rows.size() == 1 ? "identity is" : "identities are"),
                        fmt::format("All of them: --customer {}", others.front().customer_id)});
  if (!sides.old.empty())
    findings.push_back(
        {Level::warning,
         fmt::format("side schemas of an older version are left as they are: {}", fmt::join(sides.old, ", ")),
         "Drop them."});
  findings.push_back(
      {Level::note,
       "Kafka's topics, spools of ingest, backups and files of replays can't be erased: they hold what they "
       "have until it is older than they keep it",
       "Sinks and replays into tables take the person out of it. Restored backups need the command again."});
  findings.push_back(
      request.yes ? report::Finding{Level::fine, "erased"}
                  : report::Finding{Level::note, "nothing was changed", "Say it again with --yes and --reason."});
  return {.facts = {{"written", "", request.yes}, {"until", "received until", done.rows.until, Kind::time}},
          .tables = {std::move(tables), std::move(whom), std::move(linked), std::move(topics),
                     report::list("side_schemas", "side schemas too", sides.names)},
          .findings = std::move(findings)};
}

}  // namespace wxpipe::operate
