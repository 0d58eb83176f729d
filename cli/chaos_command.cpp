#include "cli/chaos_command.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <sstream>

#include "chaos/run.hpp"
#include "common/config/units.hpp"
#include "common/result.hpp"
#include "common/runtime/fault_point.hpp"

namespace wxpipe::cli {
namespace {
namespace fs = std::filesystem;
using chaos::FaultKind;
using chaos::RunPlan;
using chaos::RunReport;

struct Options {
  std::optional<uint64_t> seed;
  int runs = 1;
  double minutes = 2;
  std::string every = "2400ms";
  chaos::Members members;
  std::vector<std::string> without;
  std::string schedule_file, folder, stack;
  bool print_schedule = false, silent = false;
  RunPlan plan;
};

fs::path this_program() { return fs::read_symlink("/proc/self/exe"); }

// wxpipe is build/release/wxpipe, below the source tree that has the servers' scripts.
fs::path find_stack(const std::string& given) {
  if (!given.empty()) {
    if (!fs::exists(given)) throw UsageError(fmt::format("--stack: there is no {}", given));
    return fs::absolute(given);
  }
  for (auto folder = this_program().parent_path(); folder.has_relative_path(); folder = folder.parent_path())
    if (fs::exists(folder / "dev" / "stack")) return folder / "dev" / "stack";
  throw UsageError(
      "chaos starts and kills a Kafka and a Postgres of its own by dev/stack of wxpipe's source tree: say where it is with "
      "--stack");
}

std::vector<FaultKind> unwanted(const std::vector<std::string>& names) {
  std::vector<FaultKind> kinds;
  for (const auto& name : names) {
    const auto kind = chaos::parse_fault_kind(name);
    if (!kind) throw UsageError(fmt::format("--without: '{}' is no fault; --print-schedule shows what there is", name));
    kinds.push_back(*kind);
  }
  // Without fault points a role uses the machine's clock
  if (!runtime::kHasFaultPoints) kinds.push_back(FaultKind::clock_jump);
  return kinds;
}

chaos::Schedule read_schedule(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) throw UsageError(fmt::format("--schedule: {} can't be read", file));
  return chaos::parse_schedule(text.str(), file);
}

std::vector<chaos::Schedule> schedules(const Options& options) {
  if (!options.schedule_file.empty()) return {read_schedule(options.schedule_file)};
  const auto every = config::parse_duration(options.every);
  if (!every || every->count() < 100)
    throw UsageError(fmt::format("--every: '{}' is no duration of 100ms or more; say 2s", options.every));
  const auto length = std::chrono::milliseconds(static_cast<int64_t>(options.minutes * 60'000));
  const chaos::Wishes wishes{*every, unwanted(options.without)};
  std::vector<chaos::Schedule> all;
  const auto first = options.seed.value_or(std::random_device{}() % 1'000'000);
  for (int i = 0; i < options.runs; ++i)
    all.push_back(chaos::make_schedule(first + static_cast<uint64_t>(i), length, options.members, wishes));
  return all;
}

fs::path folder_of(const Options& options, uint64_t seed) {
  const auto name = fmt::format("wxpipe-chaos-{}", seed);
  return fs::absolute(options.folder.empty() ? fs::temp_directory_path() / name : fs::path(options.folder) / name);
}

void run(Program& program, const Options& options) {
  const auto all = schedules(options);
  if (options.print_schedule) {
    for (const auto& schedule : all) fmt::print("{}", to_text(schedule));
    return;
  }
  std::vector<std::pair<RunPlan, RunReport>> runs;
  for (const auto& schedule : all) {
    RunPlan plan = options.plan;
    plan.schedule = schedule;
    plan.program = this_program();
    plan.stack = find_stack(options.stack);
    plan.folder = folder_of(options, schedule.seed);
    plan.progress = !options.silent;
    auto report = chaos::run(plan);
    conclude(program, report_of(plan, report));
    if (all.size() > 1 && program.format == Format::text) fmt::print("\n");
    // A good run's folder is kept only if the user named it.
    if (report.fine() && options.folder.empty()) fs::remove_all(plan.folder);
    runs.emplace_back(std::move(plan), std::move(report));
  }
  if (runs.size() > 1 && program.format == Format::text) conclude(program, chaos::totals_of(runs));
}
}  // namespace

void add_chaos_command(Program& program) {
  auto& command = *program.app.add_subcommand(
      "chaos",
      "Kills, freezes and cuts off everything under load, by a seeded schedule, on a private Kafka and Postgres; then holds the\n"
      "sender's ledger against what is stored. Exit 1 when anything acknowledged was lost, doubled or wrong.");
  command.group("Proof");
  add_report_options(command, program, Rows::none);
  const auto options = std::make_shared<Options>();
  command.add_option("--seed", options->seed, "Which schedule; default: a random one, which is printed")
      ->type_name("N");
  command.add_option("--minutes", options->minutes, "How long the load lasts")
      ->capture_default_str()
      ->check(above_zero());
  command.add_option("--runs", options->runs, "So many runs with consecutive seeds, and their sum")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  command.add_option("--rate", options->plan.rate, "Callbacks a second")->capture_default_str()->check(above_zero());
  command.add_option("--every", options->every, "Between two faults, on average")
      ->type_name("DURATION")
      ->capture_default_str();
  command.add_option("--without", options->without, "Kinds of faults to leave out, such as clock_jump,storm")
      ->delimiter(',')
      ->type_name("KIND,...");
  const auto member = [&](const char* name, int& count) {
    command.add_option(name, count, "Processes of this role")->capture_default_str()->check(CLI::Range(1, 20));
  };
  member("--ingest", options->members.ingest);
  member("--process", options->members.process);
  member("--sink", options->members.sink);
  command.add_option("--schedule", options->schedule_file, "Replays this one, as a failing run left it")
      ->type_name("FILE");
  command.add_flag("--print-schedule", options->print_schedule, "Only says what would happen");
  command
      .add_option("--folder", options->folder,
                  "Keeps logs, ledger and schedule below it; else only of runs that failed")
      ->type_name("DIR");
  command
      .add_option("--stack", options->stack,
                  "dev/stack of wxpipe's source tree; found by itself from build/release/wxpipe")
      ->type_name("FILE");
  command.add_flag("--keep-servers", options->plan.keep_servers, "After a run that failed: to look at what is stored");
  command.add_flag("--quiet", options->silent, "No progress on standard error");
  add_examples(command, {{"wxpipe chaos --seed 7 --minutes 4", "one run; the same seed is the same schedule"},
                         {"wxpipe chaos --seed 7 --print-schedule", "what it does"},
                         {"wxpipe chaos --schedule /tmp/wxpipe-chaos-7/schedule.txt",
                          "again what failed, or what is left of it after cutting lines"},
                         {"wxpipe chaos --seed 1 --runs 5 --minutes 4 --rate 1000", "more than a million callbacks"}});
  command.callback([&program, options] { run(program, *options); });
}

}  // namespace wxpipe::cli
