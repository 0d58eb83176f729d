#include "operate/doctor.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <future>
#include <set>
#include <thread>

#include "common/config/units.hpp"
#include "common/http/client.hpp"
#include "common/json/read.hpp"
#include "common/kafka/admin.hpp"
#include "common/kafka/durability.hpp"
#include "common/kafka/partition_reader.hpp"
#include "common/postgres/migrations.hpp"
#include "common/postgres/sqlstate.hpp"
#include "common/result.hpp"
#include "ingest/delivery/spool_folder.hpp"
#include "ingest/delivery/spool_ledger.hpp"
#include "ingest/http/tls.hpp"
#include "operate/configuration.hpp"
#include "operate/dead_letters.hpp"
#include "operate/topics_plan.hpp"
#include "schemas/topics.hpp"
#include "sinks/autopilot.hpp"
#include "sinks/custody/custody_store.hpp"
#include "sinks/family_databases.hpp"

namespace wxpipe::operate {
namespace {
using namespace std::chrono_literals;
using report::counted, report::duration_words, report::Finding, report::Level;
using sinks::FamilyDatabase;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
namespace fs = std::filesystem;

using Findings = std::vector<Finding>;
using Patient = std::shared_ptr<const Examination>;

constexpr uint64_t kLeastFree = 64ULL << 20;
constexpr auto kCertificateSoon = 14 * 24h;
constexpr auto kClockWarning = 2s, kClockError = 60s;
constexpr auto kTransactionStays = 2s;  // open for less is normal
constexpr auto kMarkTooOld = 1h;        // a custody mark that isn't proven by then

struct Check {
  std::string name;
  std::function<Findings(const Examination&)> look;
};

// ---- this machine ----

Findings configuration(const Examination& patient) {
  auto loaded = patient.loaded;
  check_roles(loaded, patient.needs);
  Findings findings;
  for (const auto& error : loaded.errors)
    findings.push_back({Level::misconfigured, error, "Correct the configuration."});
  if (findings.empty() && patient.needs.accounts)
    for (const auto& risk : risks_of(loaded.settings))
      findings.push_back({Level::warning, sentence_of(risk, loaded), "`wxpipe check-config` says more."});
  if (findings.empty()) findings.push_back({Level::fine, "every setting can be used"});
  return findings;
}

Findings disk(const Examination& patient) {
  const auto& spool = patient.loaded.settings.spool;
  auto there = fs::absolute(spool.directory);
  std::error_code unreadable;
  while (there.has_relative_path() && !fs::exists(there, unreadable)) there = there.parent_path();
  const auto space = fs::space(there);
  uint64_t used = 0;
  for (const auto& instance : ingest::spools_in(spool.directory)) {
    const ingest::SpoolFiles files(spool.directory, instance);
    for (const auto& file : {files.file, files.wal})
      if (const auto size = fs::file_size(file, unreadable); !unreadable) used += size;
  }
  return {judge_disk(spool.directory, space.available, used, spool.max_bytes)};
}

Findings spool(const Examination& patient) {
  const auto& settings = patient.loaded.settings;
  const fs::path folder = settings.spool.directory;
  if (!fs::exists(folder)) return {{Level::fine, fmt::format("{} is not there yet; ingest makes it", folder.string())}};
  Findings findings;
  for (const auto& name : ingest::damaged_spools_in(folder))
    findings.push_back({Level::warning, fmt::format("a damaged spool was kept: {}", (folder / name).string()),
                        "It may hold what is missing: docs/operations.md, When something is away. Then move it away."});
  size_t waiting = 0;
  for (const auto& instance : ingest::spools_in(folder)) {
    const ingest::SpoolFiles files(folder, instance);
    const bool owned = ingest::has_owner(files);
    const auto ledger = ingest::SpoolLedger::read(files.ledger);
    waiting += ledger.waiting.size();
    if (!owned && (!ledger.waiting.empty() || !ledger.whole()))
      findings.push_back(
          {Level::warning,
           fmt::format("the spool of {} holds {}, and no process has it", instance,
                       counted(ledger.waiting.size(), "event")),
           "An ingest process on this machine with this [spool] directory delivers it within a minute: start one."});
  }
  if (waiting > 0)
    findings.push_back({Level::note,
                        fmt::format("{} in the spool", counted(waiting, "event") + (waiting == 1 ? " waits" : " wait")),
                        "They are delivered as soon as the broker answers; wxpipe_spool_events should fall."});
  if (findings.empty()) findings.push_back({Level::fine, "nothing waits in the spool"});
  return findings;
}

Timestamp time_of(const ASN1_TIME* at) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(at, &parts) != 1) throw std::runtime_error("a certificate has a time that is none");
  return Timestamp(std::chrono::seconds(::timegm(&parts)));
}

Findings certificate(const Examination& patient) {
  const auto& settings = patient.loaded.settings.ingest;
  ingest::http::make_tls(settings);  // throws UsageError when the files don't fit each other
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(settings.tls_certificate_file.c_str(), "r"),
                                                             std::fclose);
  Findings findings;
  const auto now = system_clock().now();
  // The file holds the chain; a certificate in the middle ends it as well.
  while (file) {
    const std::unique_ptr<X509, void (*)(X509*)> one(PEM_read_X509(file.get(), nullptr, nullptr, nullptr), X509_free);
    if (!one) break;
    findings.push_back(judge_certificate(settings.tls_certificate_file, time_of(X509_get0_notBefore(one.get())),
                                         time_of(X509_get0_notAfter(one.get())), now));
  }
  // Only the worst one of a chain is told.
  std::stable_sort(findings.begin(), findings.end(), [](const auto& a, const auto& b) { return a.level > b.level; });
  findings.resize(std::min<size_t>(findings.size(), 1));
  return findings;
}

Findings roles(const Examination& patient) {
  Findings findings;
  for (auto endpoint : patient.admin) {
    if (endpoint.host == "0.0.0.0") endpoint.host = "127.0.0.1";
    if (endpoint.host == "::") endpoint.host = "::1";
    const auto address = config::format_endpoint(endpoint);
    try {
      http::Client client(*http::parse_url("http://" + address),
                          {.connect = patient.limit / 2, .request = patient.limit / 2, .most_body_bytes = 1 << 20});
      const auto answer = client.get("/readyz");
      for (auto& finding : judge_readiness(address, answer.body)) findings.push_back(std::move(finding));
    } catch (const http::Error& error) {
      if (patient.must_answer)
        findings.push_back({Level::error, fmt::format("no role answers at {}: {}", address, error.what()),
                            "Is the process running, and is this its [admin] listen?"});
      else
        findings.push_back({Level::note, fmt::format("no role answers at {}", address),
                            "If roles run elsewhere, name their admin addresses: --admin HOST:PORT."});
    }
  }
  return findings;
}

// ---- Kafka ----

config::KafkaSettings quiet(const Examination& patient) {
  auto kafka = patient.loaded.settings.kafka;
  kafka.properties.insert_or_assign("log_level", "0");  // librdkafka's: the finding says it
  return kafka;
}

// A little less than the limit, so that the reason is told by who knows it.
milliseconds patience(const Examination& patient) { return patient.limit * 4 / 5; }

Findings broker(const Examination& patient) {
  const auto kafka = quiet(patient);
  const auto view = kafka::Admin(kafka, patience(patient)).view();
  return {{Level::fine,
           fmt::format("{} at {}", counted(static_cast<uint64_t>(view.brokers), "broker"), kafka.bootstrap_servers)}};
}

Findings topics(const Examination& patient) {
  const auto kafka = quiet(patient);
  kafka::Admin admin(kafka, patience(patient));
  const auto view = admin.view();
  std::vector<std::string> there;
  for (auto& name : schemas::topic_names(kafka.topic_prefix))
    if (view.topics.contains(name)) there.push_back(std::move(name));
  Findings findings;
  for (const auto& action : plan_topics({kafka.topic_prefix, kafka.replication_factor}, view, admin.configs(there))) {
    const bool ours = action.kind != TopicActionKind::refuse;
    std::string what;
    for (const auto& [key, value] : action.config)
      if (action.kind == TopicActionKind::set_config) what += fmt::format("{} should be {}; ", key, value);
    findings.push_back({ours ? Level::error : Level::warning,
                        fmt::format("topic {}: {}{}", action.topic, what, action.why),
                        ours ? "Run `wxpipe topics apply`." : "`wxpipe topics plan` says more."});
  }
  if (findings.empty())
    findings.push_back({Level::fine, fmt::format("all {} are as they should be", counted(there.size(), "topic"))});
  return findings;
}

Findings durability(const Examination& patient) {
  const auto kafka = quiet(patient);
  kafka::Admin admin(kafka, patience(patient));
  Findings findings;
  for (auto& one :
       kafka::weaknesses(admin, schemas::topic_names(kafka.topic_prefix), kafka.durability == kafka::kOneBroker))
    findings.push_back({Level::warning, std::move(one.sentence), std::move(one.remedy)});
  if (findings.empty())
    findings.push_back({Level::fine, "what is acknowledged survives a broker, or one broker is on purpose"});
  return findings;
}

// A transaction that stays open hides everything behind it from readers of committed records.
Findings transactions(const Examination& patient) {
  const auto kafka = quiet(patient);
  const auto view = kafka::Admin(kafka, patience(patient)).view();
  std::vector<kafka::Partition> partitions;
  for (const auto& topic : schemas::topic_names(kafka.topic_prefix))
    if (const auto found = view.topics.find(topic); found != view.topics.end())
      for (int i = 0; i < found->second.partitions; ++i) partitions.push_back({topic, i});
  kafka::PartitionReader log(kafka);
  const auto stays = std::min<milliseconds>(kTransactionStays, patient.limit / 3);
  const auto before = log.stable_ends(partitions, patience(patient) / 2);
  std::this_thread::sleep_for(stays);
  const auto now = log.stable_ends(partitions, patience(patient) / 2);
  const auto ends = log.ends(partitions, patience(patient) / 2);
  std::vector<std::string> stuck;
  for (size_t i = 0; i < partitions.size(); ++i)
    if (before.at(i).offset == now.at(i).offset && now.at(i).offset < ends.at(i).offset)
      stuck.push_back(fmt::format("{} partition {}", partitions[i].topic, partitions[i].number));
  if (stuck.empty()) return {{Level::fine, "no transaction stays open"}};
  return {
      {Level::warning,
       fmt::format("a transaction has been open for {} or more: {}{}", duration_words(stays), stuck.front(),
                   stuck.size() == 1 ? "" : fmt::format(" and {} more", counted(stuck.size() - 1, "partition"))),
       "A killed process leaves one; the broker ends it within ten seconds. If it stays, look at `process` there."}};
}

// ---- Postgres ----

std::unique_ptr<postgres::Connection> connect(const Examination& patient, const FamilyDatabase& database) {
  auto connection = sinks::connect(database, "wxpipe doctor");
  connection->execute(fmt::format("set statement_timeout = {}", patience(patient).count()));
  return connection;
}

Findings postgres_server(const Examination& patient, const FamilyDatabase& database) {
  const auto connection = connect(patient, database);
  const auto rows = connection->execute(
      "select current_setting('server_version'), pg_is_in_recovery(), current_setting('server_encoding')");
  if (rows.text(0, 1) == "t")
    return {{Level::error, "this Postgres is a standby: nothing can be written there",
             fmt::format("Let {} name the primary, or several hosts with target_session_attrs=read-write.",
                         database.setting)}};
  if (rows.text(0, 2) != "UTF8")
    return {{Level::error, fmt::format("the database's encoding is {}, not UTF8", rows.text(0, 2)),
             "Make a database with encoding UTF8."}};
  return {{Level::fine, fmt::format("Postgres {}", rows.text(0, 0))}};
}

Findings clock(const Examination& patient, const FamilyDatabase& database) {
  const auto connection = connect(patient, database);
  std::optional<Finding> best;
  microseconds shortest = 1h;
  // The shortest of a few questions is the most exact one.
  for (int i = 0; i < 3; ++i) {
    const auto asked = system_clock().now();
    const auto began = steady_clock::now();
    const auto there =
        connection->execute("select (extract(epoch from clock_timestamp()) * 1000000)::int8").integer(0, 0);
    const auto took = std::chrono::duration_cast<microseconds>(steady_clock::now() - began);
    if (took >= shortest) continue;
    shortest = took;
    best = judge_clock(asked + took / 2 - Timestamp(microseconds(there)), took);
  }
  return {best.value()};
}

Findings schema(const Examination& patient, const FamilyDatabase& database) {
  const auto connection = connect(patient, database);
  try {
    postgres::require_schema(*connection);
  } catch (const UsageError& error) {
    return {{Level::error, error.what(), "Run `wxpipe migrate`."}};
  }
  return {{Level::fine, "as this version of wxpipe needs it"}};
}

Findings partitions(const Examination& patient, const FamilyDatabase& database) {
  const auto connection = connect(patient, database);
  const auto found = sinks::plan_partitions(*connection, sinks::partitioned_tables(database), system_clock().now(),
                                            sinks::horizon_of(patient.loaded.settings.sink));
  Findings findings;
  if (!found.create.empty())
    findings.push_back(
        {Level::error,
         fmt::format("{} missing, {} first", counted(found.create.size(), "partition"), found.create.front().name),
         "Sinks make them every hour. Run `wxpipe partitions apply` to have them now."});
  const auto rows_of = [](const std::vector<postgres::StrayRows>& strays) {
    int64_t rows = 0;
    for (const auto& stray : strays) rows += stray.rows;
    return static_cast<uint64_t>(rows);
  };
  if (!found.stray.empty())
    findings.push_back({Level::warning, counted(rows_of(found.stray), "row") + " in default partitions",
                        "Run `wxpipe partitions apply`: it moves them to where they belong."});
  if (!found.stay_in_default.empty())
    findings.push_back({Level::note,
                        counted(rows_of(found.stay_in_default), "row") + " of odd times in default partitions",
                        "They may stay there."});
  if (findings.empty()) findings.push_back({Level::fine, "all are there, and nothing lies in a default partition"});
  return findings;
}

Findings permissions(const Examination& patient, const FamilyDatabase& database) {
  const auto connection = connect(patient, database);
  // Tables of the schemas that wxpipe's migrations write to; views and foreign tables of others are left out.
  const auto rows = connection->execute(
      "select t.name, string_agg(p.what, ', ' order by p.what) filter (where not has_table_privilege(t.oid, p.what)),"
      " bool_and(pg_has_role(t.relowner, 'usage') or t.relkind <> 'p')"
      " from (select c.oid, c.relowner, c.relkind, n.nspname || '.' || c.relname as name from pg_class c"
      "  join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p') and not c.relispartition"
      "  and (n.nspname = 'wxpipe' or (n.nspname = 'public' and c.relname in ('messages', 'followers', 'leads',"
      "   'lead_activities', 'system_logs', 'dead_letters', 'audit_logs')))) t"
      " cross join (values ('select'), ('insert'), ('update'), ('delete')) p(what) group by t.name order by t.name");
  Findings findings;
  std::vector<std::string> not_ours;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!rows.is_null(i, 1))
      findings.push_back({Level::error, fmt::format("this user may not {} {}", rows.text(i, 1), rows.text(i, 0)),
                          fmt::format("grant select, insert, update, delete on {} to the user of {};", rows.text(i, 0),
                                      database.setting)});
    if (rows.text(i, 2) == "f") not_ours.push_back(rows.text(i, 0));
  }
  if (!not_ours.empty())
    findings.push_back({Level::error,
                        fmt::format("this user doesn't own {}, so it can't make partitions", fmt::join(not_ours, ", ")),
                        "Let the sinks' user be the one that ran `wxpipe migrate`, or a member of its role."});
  if (findings.empty()) findings.push_back({Level::fine, "the tables can be read, written and given partitions"});
  return findings;
}

Findings custody(const Examination& patient, const FamilyDatabase& database) {
  const auto connection = connect(patient, database);
  const auto unaccounted = sinks::CustodyStore(*connection).unaccounted();
  const auto old =
      connection
          ->execute(fmt::format(
              "select count(*) from wxpipe.custody_marks where settled_at is null and received_to < now() - interval '{} s'",
              std::chrono::seconds(kMarkTooOld).count()))
          .integer(0, 0);
  Findings findings;
  if (unaccounted > 0)
    findings.push_back(
        {Level::error,
         fmt::format("{} acknowledged and found nowhere", counted(static_cast<uint64_t>(unaccounted), "callback")),
         "`wxpipe audit --repair` names each and says whether it can be sent again."});
  if (old > 0)
    findings.push_back(
        {Level::warning,
         fmt::format("{} older than an hour not proven yet", counted(static_cast<uint64_t>(old), "custody mark")),
         "Is a sink with the family custody running, and have process and the sinks caught up (`wxpipe lag`)?"});
  if (findings.empty()) findings.push_back({Level::fine, "everything that was acknowledged is accounted for"});
  return findings;
}

Findings dead_letters(const Examination& patient, const FamilyDatabase& database) {
  const auto connection = connect(patient, database);
  std::vector<std::string> reasons;
  int64_t total = 0;
  for (const auto& [reason, count] : count_letters(*connection, LetterFilter{}, "reason")) {
    reasons.push_back(fmt::format("{} {}", reason, report::grouped(static_cast<uint64_t>(count))));
    total += count;
  }
  if (total == 0) return {{Level::fine, "no dead letter is open"}};
  return {{Level::warning,
           fmt::format("{} open: {}", counted(static_cast<uint64_t>(total), "dead letter"), fmt::join(reasons, ", ")),
           "`wxpipe explain REASON` says what to correct; then `wxpipe dlq retry`, or `wxpipe dlq drop --why …`."}};
}

// Settings that contradict each other are the configuration's finding; the main database is looked at all the same.
std::vector<FamilyDatabase> databases_of(const config::Settings& settings) {
  try {
    return sinks::family_databases(settings);
  } catch (const UsageError&) {
    auto main_only = settings;
    main_only.postgres.families.clear();
    return sinks::family_databases(main_only);
  }
}

// ---- running them ----

Checked look(const Check& check, const Examination& patient) {
  Checked checked{.name = check.name, .findings = {}};
  const auto began = steady_clock::now();
  try {
    checked.findings = check.look(patient);
  } catch (const Unavailable& error) {
    checked.end = Checked::End::server_away;
    checked.findings = {{Level::error, error.what(), "Is the server running, and is its address right?"}};
  } catch (const UsageError& error) {
    checked.findings = {{Level::misconfigured, error.what(), "Correct the configuration."}};
  } catch (const postgres::SqlError& error) {
    const bool slow = error.sqlstate() == "57014";
    checked.findings = {{slow ? Level::warning : Level::error,
                         slow ? std::string("Postgres took too long to answer") : std::string(error.what()),
                         slow ? "Look again with a higher --limit." : "`schema` and `permissions` may say why."}};
  } catch (const std::exception& error) {
    checked.findings = {{Level::error, error.what(), ""}};
  }
  checked.took = std::chrono::duration_cast<microseconds>(steady_clock::now() - began);
  return checked;
}

std::vector<Checked> look_at_once(const std::vector<Check>& checks, const Patient& patient) {
  std::vector<std::future<Checked>> running;
  for (const auto& check : checks) {
    std::packaged_task<Checked()> task([check, patient] { return look(check, *patient); });
    running.push_back(task.get_future());
    std::thread(std::move(task)).detach();  // a client library's call can't be interrupted; we stop waiting for it
  }
  const auto deadline = steady_clock::now() + patient->limit;
  std::vector<Checked> done;
  for (size_t i = 0; i < checks.size(); ++i) {
    if (running[i].wait_until(deadline) == std::future_status::ready)
      done.push_back(running[i].get());
    else
      done.push_back({checks[i].name,
                      {{Level::error, fmt::format("no answer within {}", duration_words(patient->limit)),
                        "Is the server overloaded? Look again with a higher --limit."}},
                      patient->limit,
                      Checked::End::out_of_time});
  }
  return done;
}
}  // namespace

std::vector<Checked> examine(const Patient& patient) {
  const auto& settings = patient->loaded.settings;
  std::vector<Check> first{{"configuration", configuration}, {"kafka", broker}};
  const auto databases = patient->needs.postgres ? databases_of(settings) : std::vector<FamilyDatabase>();
  // "postgres", "postgres logs": what the findings of a database of its own begin with.
  const auto named = [](const char* what, const FamilyDatabase& database) {
    return database.is_main() ? std::string(what) : fmt::format("{} {}", what, database.name);
  };
  const auto of = [](const FamilyDatabase& database, Findings (*look)(const Examination&, const FamilyDatabase&)) {
    return [database, look](const Examination& one) { return look(one, database); };
  };
  for (const auto& database : databases) first.push_back({named("postgres", database), of(database, postgres_server)});
  if (patient->needs.accounts && !settings.spool.directory.empty()) {
    first.push_back({"disk", disk});
    first.push_back({"spool", spool});
  }
  if (patient->needs.accounts && !settings.ingest.tls_certificate_file.empty())
    first.push_back({"certificate", certificate});
  if (!patient->admin.empty()) first.push_back({"roles", roles});
  auto all = look_at_once(first, patient);

  const auto there = [&](std::string_view name) {
    return std::any_of(all.begin(), all.end(),
                       [&](const auto& one) { return one.name == name && one.end == Checked::End::looked; });
  };
  const std::vector<Check> of_kafka{{"topics", topics}, {"durability", durability}, {"transactions", transactions}};
  std::vector<Check> second;
  std::vector<Checked> skipped;
  const auto add = [&](const std::vector<Check>& checks, bool reached, const char* server) {
    for (const auto& check : checks)
      if (reached)
        second.push_back(check);
      else
        skipped.push_back({check.name,
                           {{Level::note, fmt::format("not looked at, because {} doesn't answer", server)}},
                           0us,
                           Checked::End::skipped});
  };
  add(of_kafka, there("kafka"), "Kafka");
  for (const auto& database : databases) {
    std::vector<Check> checks{{named("clock", database), of(database, clock)},
                              {named("schema", database), of(database, schema)},
                              {named("partitions", database), of(database, partitions)},
                              {named("permissions", database), of(database, permissions)}};
    if (database.has(schemas::family_of<schemas::CustodyMark>()))
      checks.push_back({named("custody", database), of(database, custody)});
    checks.push_back({named("dead letters", database), of(database, dead_letters)});
    add(checks, there(named("postgres", database)), database.is_main() ? "Postgres" : database.setting.c_str());
  }
  for (auto& one : look_at_once(second, patient)) all.push_back(std::move(one));
  for (auto& one : skipped) all.push_back(std::move(one));
  return all;
}

Finding judge_clock(microseconds ahead, microseconds took) {
  const auto least = std::chrono::abs(ahead) - took / 2;  // for sure
  if (least < kClockWarning) return {Level::fine, "agrees with Postgres's"};
  return {least < kClockError ? Level::warning : Level::error,
          fmt::format("this machine's clock is {} {} Postgres's", duration_words(std::chrono::abs(ahead)),
                      ahead > 0us ? "ahead of" : "behind"),
          "Let both follow a time server (chrony, systemd-timesyncd): signed times more than minutes off are refused."};
}

Finding judge_certificate(const std::string& file, Timestamp from, Timestamp to, Timestamp now) {
  const auto on = to_iso8601(to).substr(0, 10);
  const char* renew = "Renew it; ingest reads the new files by itself.";
  if (to <= now) return {Level::error, fmt::format("{} expired on {}", file, on), renew};
  if (from > now)
    return {Level::error, fmt::format("{} is not valid before {}", file, to_iso8601(from)),
            "Is this machine's clock right?"};
  const auto days = std::chrono::duration_cast<std::chrono::hours>(to - now).count() / 24;
  if (to - now < kCertificateSoon)
    return {Level::warning,
            fmt::format("{} expires in {}, on {}", file, counted(static_cast<uint64_t>(days), "day"), on), renew};
  return {Level::fine, fmt::format("{} is valid until {}", file, on)};
}

Finding judge_disk(const std::string& folder, uint64_t free, uint64_t used, uint64_t most) {
  const auto mib = [](uint64_t bytes) { return fmt::format("{} MiB", report::grouped(bytes >> 20)); };
  if (free < kLeastFree)
    return {Level::error, fmt::format("the disk of {} has {} left", folder, mib(free)),
            "Make room: without it callbacks are answered with 503 while the broker is away."};
  const auto may_grow = most > used ? most - used : 0;
  if (free < may_grow)
    return {Level::warning,
            fmt::format("the disk of {} has {} left, and the spool may grow by {}", folder, mib(free), mib(may_grow)),
            "Make room, or lower [spool] max_bytes."};
  return {Level::fine, fmt::format("{} left for the spool", mib(free))};
}

std::vector<Finding> judge_readiness(const std::string& address, std::string_view json) {
  std::vector<Finding> findings;
  try {
    auto document = json::thread_reader().iterate(json);
    bool any = false;
    for (auto part : document["parts"].get_object()) {
      any = true;
      const std::string_view name = part.unescaped_key();
      auto state = part.value().get_object();
      if (bool(state["ready"])) continue;
      findings.push_back({Level::error,
                          fmt::format("{}: {} is not ready: {}", address, name, std::string_view(state["reason"])),
                          "Its newest warn and error lines say more; `wxpipe explain WORD` explains them."});
    }
    if (!any) throw simdjson::simdjson_error(simdjson::NO_SUCH_FIELD);
    simdjson::ondemand::array remarks;
    if (document["findings"].get_array().get(remarks) == simdjson::SUCCESS)
      for (auto remark : remarks) {
        auto fields = remark.get_object();
        const std::string_view text = fields["text"], remedy = fields["remedy"];
        findings.push_back({Level::warning, fmt::format("{}: {}", address, text), std::string(remedy)});
      }
  } catch (const simdjson::simdjson_error&) {
    return {{Level::error, fmt::format("what answers at {} is no role of wxpipe", address),
             "Name the [admin] listen of the roles: --admin HOST:PORT."}};
  }
  if (findings.empty()) findings.push_back({Level::fine, fmt::format("{} is ready", address)});
  return findings;
}

}  // namespace wxpipe::operate
