#include "cli/partitions_command.hpp"

#include <fmt/format.h>

#include "common/clock.hpp"
#include "common/json/write.hpp"
#include "common/postgres/migrations.hpp"
#include "common/postgres/sqlstate.hpp"
#include "common/result.hpp"
#include "sinks/autopilot.hpp"

namespace wxpipe::cli {
namespace {
using sinks::PartitionsToMake;

std::string day(Timestamp at) { return to_iso8601(at).substr(0, 10); }

std::string json_of(const postgres::PartitionRange& range) {
  std::string out = "{\"table\":";
  json::append_string(out, range.table);
  out += ",\"name\":";
  json::append_string(out, range.name);
  return out + fmt::format(",\"from\":\"{}\",\"to\":\"{}\"", to_iso8601(range.from), to_iso8601(range.to));
}

template <class Items, class Each>
std::string json_list(const Items& items, Each&& each) {
  std::string out = "[";
  for (const auto& item : items) {
    if (out.size() > 1) out += ',';
    out += each(item);
  }
  return out + "]";
}

std::string json_of(const postgres::StrayRows& stray) {
  return json_of(stray.belongs_to) + fmt::format(",\"rows\":{}}}", stray.rows);
}

class Session {
 public:
  explicit Session(const Program& program)
      : settings_(load_settings(program, config::kForPostgres)),
        connection_(settings_.postgres.url, "wxpipe partitions", postgres::Purpose::administration) {
    postgres::require_schema(connection_);
  }
  PartitionsToMake plan() {
    return sinks::plan_partitions(connection_, system_clock().now(), sinks::horizon_of(settings_.sink));
  }
  postgres::Connection& connection() { return connection_; }

 private:
  config::Settings settings_;
  postgres::Connection connection_;
};

void plan(Program& program) {
  Session session(program);
  const auto found = session.plan();
  if (program.json) {
    fmt::print("{{\"create\":{},\"stray\":{},\"stay_in_default\":{}}}\n",
               json_list(found.create, [](const auto& range) { return json_of(range) + "}"; }),
               json_list(found.stray, [](const auto& stray) { return json_of(stray); }),
               json_list(found.stay_in_default, [](const auto& stray) { return json_of(stray); }));
    return;
  }
  for (const auto& range : found.create)
    fmt::print("create {:<28} {} .. {}\n", range.name, day(range.from), day(range.to));
  for (const auto& stray : found.stray)
    fmt::print("move   {:<28} {} rows from {}_default\n", stray.belongs_to.name, stray.rows, stray.belongs_to.table);
  for (const auto& stray : found.stay_in_default)
    fmt::print("leave  {:<28} {} rows of an odd time stay in {}_default\n", stray.belongs_to.name, stray.rows,
               stray.belongs_to.table);
  fmt::print("{}\n", found.create.empty() ? "nothing to do" : "run `wxpipe partitions apply` to do it");
}

void apply(Program& program) {
  Session session(program);
  struct Made {
    postgres::PartitionRange range;
    postgres::MadePartition outcome;
  };
  std::vector<Made> made;
  try {
    for (const auto& range : session.plan().create)
      made.push_back({range, postgres::ensure_partition(session.connection(), range)});
  } catch (const postgres::SqlError& error) {  // somebody's lock: try again later
    if (classify(error) == postgres::Verdict::retry) throw Unavailable(error.what());
    throw;
  }
  if (program.json) {
    fmt::print("{{\"partitions\":{}}}\n", json_list(made, [](const Made& one) {
                 return json_of(one.range) +
                        fmt::format(",\"created\":{},\"moved\":{}}}", one.outcome.created, one.outcome.moved);
               }));
    return;
  }
  for (const auto& [range, outcome] : made)
    fmt::print("{} {}{}\n", outcome.created ? "created" : "found  ", range.name,
               outcome.moved > 0 ? fmt::format(", moved {} rows into it", outcome.moved) : std::string());
  if (made.empty()) fmt::print("nothing to do\n");
}

// Healthy: everything that should exist does, and no row waits in a default partition that could have its own.
void doctor(Program& program) {
  Session session(program);
  const auto found = session.plan();
  const bool healthy = found.create.empty();
  program.exit_code = healthy ? 0 : 1;
  if (program.json) {
    fmt::print("{{\"healthy\":{},\"missing\":{},\"stray\":{},\"stay_in_default\":{}}}\n", healthy,
               json_list(found.create, [](const auto& range) { return json_of(range) + "}"; }),
               json_list(found.stray, [](const auto& stray) { return json_of(stray); }),
               json_list(found.stay_in_default, [](const auto& stray) { return json_of(stray); }));
    return;
  }
  for (const auto& range : found.create) fmt::print("missing: {}\n", range.name);
  for (const auto& stray : found.stray)
    fmt::print("stray: {} rows of {} are in {}_default\n", stray.rows, stray.belongs_to.name, stray.belongs_to.table);
  for (const auto& stray : found.stay_in_default)
    fmt::print("odd times: {} rows of {} stay in {}_default, which is fine\n", stray.rows, stray.belongs_to.name,
               stray.belongs_to.table);
  fmt::print("{}\n", healthy ? "partitions are in good order" : "run `wxpipe partitions apply`");
}

void add(CLI::App& group, Program& program, const char* name, const char* meaning, void (*run)(Program&),
         const std::vector<Example>& examples) {
  auto& command = *group.add_subcommand(name, meaning);
  command.group("Commands");
  add_config_options(command, program);
  add_json_option(command, program);
  add_examples(command, examples);
  command.callback([&program, run] { run(program); });
}
}  // namespace

void add_partitions_command(Program& program) {
  auto& group = *program.app.add_subcommand("partitions", "Looks after the partitions of the tables");
  group.group("Set-up");
  group.require_subcommand(1);
  add(group, program, "plan", "What apply would do", plan,
      {{"wxpipe partitions plan --config wxpipe.toml", "which partitions are missing, which rows would move"}});
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
