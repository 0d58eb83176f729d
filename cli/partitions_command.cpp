#include "cli/partitions_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>

#include "common/clock.hpp"
#include "common/config/units.hpp"
#include "common/postgres/sqlstate.hpp"
#include "common/result.hpp"
#include "operate/audit_log.hpp"
#include "sinks/autopilot.hpp"
#include "sinks/family_databases.hpp"
#include "sinks/retention/retention.hpp"

namespace wxpipe::cli {
namespace {
using report::counted, report::Column, report::Finding, report::Kind, report::Level, report::Report, report::Row,
    report::Table;
using sinks::PartitionsToMake;

const std::vector<Column> kRange{
    {"table", "table"}, {"name", "partition"}, {"from", "from", Kind::day}, {"to", "to before", Kind::day}};

Row row_of(const postgres::PartitionRange& range) { return {range.table, range.name, range.from, range.to}; }

Table table_of(std::string key, std::string title, const std::vector<postgres::PartitionRange>& ranges) {
  Table table{std::move(key), std::move(title), kRange, {}};
  for (const auto& range : ranges) table.rows.push_back(row_of(range));
  return table;
}

Table table_of(std::string key, std::string title, const std::vector<postgres::StrayRows>& strays) {
  Table table{std::move(key), std::move(title), kRange, {}};
  table.columns.push_back({"rows", "rows", Kind::count});
  for (const auto& stray : strays) {
    table.rows.push_back(row_of(stray.belongs_to));
    table.rows.back().emplace_back(stray.rows);
  }
  return table;
}

class Session {
 public:
  explicit Session(const Program& program)
      : settings_(load_settings(program, config::kForPostgres)),
        connections_(settings_, "wxpipe partitions") {}

  // Of one database.
  PartitionsToMake plan(const sinks::FamilyDatabase& database) {
    return sinks::plan_partitions(connections_.to(database), sinks::partitioned_tables(database), system_clock().now(),
                                  sinks::horizon_of(settings_.sink));
  }
  // Of all.
  PartitionsToMake plan() {
    PartitionsToMake sum;
    for (const auto& database : databases()) {
      auto one = plan(database);
      std::ranges::move(one.create, std::back_inserter(sum.create));
      std::ranges::move(one.stray, std::back_inserter(sum.stray));
      std::ranges::move(one.stay_in_default, std::back_inserter(sum.stay_in_default));
    }
    return sum;
  }
  const std::vector<sinks::FamilyDatabase>& databases() const { return connections_.databases(); }
  postgres::Connection& connection(const sinks::FamilyDatabase& database) { return connections_.to(database); }
  postgres::Connection& main() { return connections_.main(); }
  sinks::RetentionPlace place(const sinks::FamilyDatabase& database) {
    return {database, connections_.to(database), connections_.of<schemas::CustodyMark>(), connections_.main()};
  }
  const config::Settings& settings() const { return settings_; }

 private:
  config::Settings settings_;
  sinks::FamilyConnections connections_;
};

// The tables of plan and doctor.
std::vector<Table> tables_of(const char* missing, const PartitionsToMake& found) {
  return {table_of(missing, "to create", found.create),
          table_of("stray", "rows to move out of the default partition", found.stray),
          table_of("stay_in_default", "rows of odd times, which stay in the default partition", found.stay_in_default)};
}

void plan(Program& program) {
  const auto found = Session(program).plan();
  const auto todo = counted(found.create.size(), "partition") + " to create";
  conclude(program, {{},
                     tables_of("create", found),
                     {found.create.empty() ? Finding{Level::fine, "nothing to do"}
                                           : Finding{Level::note, todo, "Run `wxpipe partitions apply` to do it."}}});
}

// Each partition is made in a transaction of its own, so this stands behind them.
void remember(postgres::Connection& connection, int64_t made) {
  postgres::Transaction transaction(connection);
  operate::write(transaction, operate::this_operator(),
                 {operate::new_command_id(), "partitions apply", "CREATE", "partitions", "", "", "", made});
  transaction.commit();
}

void apply(Program& program) {
  Session session(program);
  Table made{"partitions", "", kRange, {}};
  made.columns.insert(made.columns.end(), {{"created", "created"}, {"moved", "rows moved into it", Kind::count}});
  try {
    for (const auto& database : session.databases())
      for (const auto& range : session.plan(database).create) {
        const auto outcome = postgres::ensure_partition(session.connection(database), range);
        made.rows.push_back(row_of(range));
        made.rows.back().insert(made.rows.back().end(), {outcome.created, outcome.moved});
      }
  } catch (const postgres::SqlError& error) {  // somebody holds a lock: try again later
    if (classify(error) == postgres::Verdict::retry) throw Unavailable(error.what());
    throw;
  }
  if (!made.rows.empty()) remember(session.main(), std::ssize(made.rows));
  const Finding verdict{Level::fine, made.rows.empty() ? "nothing to do" : "every partition that should exist does"};
  conclude(program, {{}, {std::move(made)}, {verdict}});
}

// Healthy: every partition exists that should, and no row waits in a default partition that could have its own.
void doctor(Program& program) {
  const auto found = Session(program).plan();
  const auto missing = counted(found.create.size(), "partition") + " missing";
  conclude(program, {{{"healthy", "", found.create.empty()}},
                     tables_of("missing", found),
                     {found.create.empty() ? Finding{Level::fine, "partitions are in good order"}
                                           : Finding{Level::error, missing, "Run `wxpipe partitions apply`."}}});
}

struct RetainOptions {
  bool yes = false, accept_doubt = false;
  std::string wait = "10s";
};

Report retention_report(const std::vector<sinks::TablePolicy>& policies, const std::vector<sinks::OldPartition>& old,
                        bool yes) {
  Table partitions{"partitions",
                   "",
                   {{"table", "table"},
                    {"partition", "partition"},
                    {"from", "from", Kind::day},
                    {"to", "to before", Kind::day},
                    {"rows", "rows", Kind::count},
                    {"bytes", "bytes", Kind::count},
                    {"keep", "kept for"},
                    {"outcome", "outcome"},
                    {"why", "why"},
                    {"dump_file", "written to"}},
                   {}};
  size_t refused = 0, dropped = 0;
  for (const auto& one : old) {
    const bool goes = one.kept_because.empty();
    partitions.rows.push_back({one.range.table, one.range.name, one.range.from, one.range.to, one.rows, one.bytes,
                               one.keep,
                               one.dropped ? "dropped"
                               : goes      ? "would be dropped"
                                           : "kept",
                               one.kept_because, one.dump_file});
    (goes ? dropped : refused) += 1;
  }
  Table limits{"limits", "limits", {{"table", "table"}, {"keep", "kept for"}}, {}};
  for (const auto& policy : policies) limits.rows.push_back({policy.table.name, config::format_age(policy.keep)});
  Report report{{{"dry_run", "", !yes}}, {std::move(partitions), std::move(limits)}, {}};
  const auto say = [&](Level level, std::string sentence, std::string remedy = {}) {
    report.findings.push_back({level, std::move(sentence), std::move(remedy)});
  };
  if (policies.empty())
    say(Level::note, "nothing has a limit, so everything is kept for ever", "[retention] keep sets limits.");
  else if (old.empty())
    say(Level::fine, "no partition is older than its limit");
  if (dropped > 0 && yes) say(Level::fine, counted(dropped, "partition") + " dropped");
  if (dropped > 0 && !yes)
    say(Level::note, counted(dropped, "partition") + " would be dropped",
        "Run `wxpipe partitions retain --yes` to do it.");
  if (refused > 0) say(Level::error, counted(refused, "partition") + " can't be dropped yet; the table says why");
  return report;
}

void retain(Program& program, const RetainOptions& options) {
  const auto patience = config::parse_duration(options.wait);
  if (!patience) throw UsageError(fmt::format("--wait: '{}' is not a duration; write 10s or 2m", options.wait));
  Session session(program);
  sinks::Drain drain(session.settings());
  const auto who = operate::this_operator();
  std::vector<sinks::OldPartition> all;
  for (const auto& database : session.databases()) {
    sinks::Retention retention(session.settings(), session.place(database), drain, {who.name, who.address});
    if (options.yes && !retention.alone())
      throw Unavailable("another process drops partitions at this moment; try again later");
    for (auto& one : retention.look(system_clock().now(),
                                    options.accept_doubt ? sinks::Doubt::accept : sinks::Doubt::refuse, *patience)) {
      if (options.yes && one.kept_because.empty()) retention.drop(one);
      all.push_back(std::move(one));
    }
  }
  conclude(program, retention_report(sinks::table_policies(session.settings().retention), all, options.yes));
}

void add_retain(CLI::App& group, Program& program) {
  auto& command = *group.add_subcommand(
      "retain", "Drops partitions that are older than [retention] keep, if all in them is accounted for");
  command.group("Commands");
  add_config_options(command, program);
  add_report_options(command, program, Rows::some);
  const auto options = std::make_shared<RetainOptions>();
  command.add_flag("--yes", options->yes, "Do it. Without it, only say what would be dropped, and what not and why");
  command.add_flag("--accept-doubt", options->accept_doubt,
                   "Also drop what has receipts in doubt in its time: callbacks of a process that was killed");
  command.add_option("--wait", options->wait, "How long process and sinks may take to catch up. Default: 10s")
      ->type_name("DURATION");
  add_examples(command,
               {{"wxpipe partitions retain --config wxpipe.toml", "what is old enough, and may it go?"},
                {"wxpipe partitions retain --yes -c wxpipe.toml", "sinks do the same by themselves every hour"},
                {"wxpipe partitions retain --json -c wxpipe.toml", "for monitoring: exit code 1 if one can't go"}});
  command.callback([&program, options] { retain(program, *options); });
}

void add(CLI::App& group, Program& program, const char* name, const char* meaning, void (*run)(Program&),
         const std::vector<Example>& examples) {
  auto& command = *group.add_subcommand(name, meaning);
  command.group("Commands");
  add_config_options(command, program);
  add_report_options(command, program, Rows::some);
  add_examples(command, examples);
  command.callback([&program, run] { run(program); });
}
}  // namespace

void add_partitions_command(Program& program) {
  auto& group = *program.app.add_subcommand("partitions", "Looks after the partitions of the tables");
  group.group("Set-up");
  group.require_subcommand(1);
  add(group, program, "plan", "What apply would do", plan,
      {{"wxpipe partitions plan --config wxpipe.toml", "which partitions are missing, which rows would move"},
       {"wxpipe partitions plan --ndjson", "a line of JSON for each partition to create"}});
  add(group, program, "apply", "Creates missing partitions and moves rows out of the default ones", apply,
      {{"wxpipe partitions apply --config wxpipe.toml",
        "sinks do the same by themselves at their start and every hour"}});
  add(group, program, "doctor", "Says whether something is wrong (exit code 1)", doctor,
      {{"wxpipe partitions doctor --json", "for monitoring"}});
  add_retain(group, program);
  add_examples(group, {{"wxpipe partitions plan", "what should be there and isn't"},
                       {"wxpipe partitions apply", "make it"},
                       {"wxpipe partitions retain", "what is older than it need be, and would be dropped"},
                       {"wxpipe partitions doctor", "exit code 1 when something is wrong"}});
}

}  // namespace wxpipe::cli
