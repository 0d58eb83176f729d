#include "cli/partitions_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "common/clock.hpp"
#include "common/postgres/sqlstate.hpp"
#include "common/result.hpp"
#include "sinks/autopilot.hpp"
#include "sinks/family_databases.hpp"

namespace wxpipe::cli {
namespace {
using report::counted, report::Column, report::Finding, report::Kind, report::Level, report::Row, report::Table;
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
  add_examples(group, {{"wxpipe partitions plan", "what should be there and isn't"},
                       {"wxpipe partitions apply", "make it"},
                       {"wxpipe partitions doctor", "exit code 1 when something is wrong"}});
}

}  // namespace wxpipe::cli
