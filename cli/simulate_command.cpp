#include "cli/simulate_command.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <memory>

#include "common/config/units.hpp"
#include "common/result.hpp"
#include "common/runtime/stop_signals.hpp"
#include "simulate/simulation.hpp"

namespace wxpipe::cli {
namespace {
using simulate::SimulationOptions;

constexpr config::Needs kAccountsOnly{.sealing = false, .postgres = false, .console = false};
constexpr double kRate = 100;      // if no rate is given
constexpr uint64_t kCount = 1000;  // if neither count nor duration is given

// The options as typed; they are parsed when the command runs.
struct Options {
  SimulationOptions simulation;
  std::vector<std::string> accounts;
  std::string duration, patience = "5s", retry_spacing = "5s", wait, body_bytes;
  std::string resend, resend_changed, poison, strangers;
  uint64_t count = 0;
  size_t connections = 0;
  bool silent = false, day = false;
};

// 5%, or 0.05.
double share(const char* option, const std::string& text) {
  if (text.empty()) return 0;
  double value = -1;
  const bool percent = text.ends_with('%');
  const char* const end = text.data() + text.size() - (percent ? 1 : 0);
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (percent) value /= 100;
  if (error != std::errc() || stop != end || !(value >= 0 && value <= 1))
    throw UsageError(fmt::format("--{}: '{}' is no share; say 5% or 0.05", option, text));
  return value;
}

std::chrono::milliseconds duration(const char* option, const std::string& text) {
  const auto value = config::parse_duration(text);
  if (!value) throw UsageError(fmt::format("--{}: '{}' is no duration; say 500ms, 30s or 10m", option, text));
  return *value;
}

std::vector<config::AccountSettings> chosen(std::vector<config::AccountSettings> accounts,
                                            const std::vector<std::string>& names) {
  if (names.empty()) return accounts;
  std::vector<config::AccountSettings> out;
  for (const auto& name : names) {
    const auto found =
        std::find_if(accounts.begin(), accounts.end(), [&](const auto& each) { return each.name == name; });
    if (found != accounts.end()) {
      out.push_back(*found);
      continue;
    }
    std::string there;
    for (const auto& each : accounts) there += (there.empty() ? "" : ", ") + each.name;
    throw UsageError(fmt::format("--accounts: no account is called '{}'; there are: {}", name, there));
  }
  return out;
}

SimulationOptions understood(const Options& given, const config::Settings& settings) {
  SimulationOptions options = given.simulation;
  if (options.url.empty()) options.url = simulate::default_url(settings.ingest);
  auto& content = options.content;
  if (given.day) {
    const auto day = simulate::a_day();
    content.subjects = day.subjects;
    content.resend = day.resend;
    content.resend_late = day.resend_late;
    content.poison = day.poison;
    content.long_ago = day.long_ago;
  } else {
    content.resend = share("resend", given.resend);
    content.resend_changed = share("resend-changed", given.resend_changed);
    content.poison = share("poison", given.poison);
  }
  content.strangers = share("strangers", given.strangers);
  if (!given.body_bytes.empty()) {
    const auto size = config::parse_size(given.body_bytes);
    if (!size) throw UsageError(fmt::format("--body-bytes: '{}' is no size; say 1KiB", given.body_bytes));
    content.body_bytes = *size;
  }
  auto& sending = options.sending;
  sending.seed = content.seed;
  sending.patience = duration("patience", given.patience);
  sending.retry_spacing = duration("retry-spacing", given.retry_spacing);
  if (!given.duration.empty()) sending.duration = duration("duration", given.duration);
  if (given.count > 0) sending.count = given.count;
  if (!sending.count && options.prepared > 0) sending.count = options.prepared;
  if (!sending.count && !sending.duration) sending.count = kCount;
  if (given.connections > 0) sending.connections = given.connections;
  // With --connections but no rate: as fast as the server answers.
  if (sending.rate == 0 && given.connections == 0) sending.rate = kRate;
  if (!given.wait.empty()) options.wait = duration("wait", given.wait);
  options.progress = !given.silent;
  return options;
}

void run(Program& program, const Options& given) {
  const auto settings = load_settings(program, kAccountsOnly);
  const auto options = understood(given, settings);
  simulate::Simulation simulation(chosen(settings.accounts, given.accounts), options);
  const auto found = [&] {
    const runtime::StopSignals stopper([&] { simulation.stop(); });  // ends the run early, with its report
    return simulation.run();
  }();
  conclude(program, simulate::report_of(found));
}
}  // namespace

void add_simulate_command(Program& program) {
  auto& command = *program.app.add_subcommand("simulate",
                                              "Plays the platforms against the configured accounts: signs, encrypts, "
                                              "sends, waits five seconds, tries three times.\n"
                                              "Exit 1 when anything was never acknowledged, or a stranger was.");
  command.group("Proof");
  add_config_options(command, program);
  add_report_options(command, program, Rows::none);
  const auto options = std::make_shared<Options>();
  auto& simulation = options->simulation;
  command.add_option("--url", simulation.url, "Where the callbacks go; default: [ingest] listen, on this machine")
      ->type_name("URL");
  command.add_flag("--insecure", simulation.insecure, "https: take any certificate");
  command.add_option("--wait", options->wait, "How long to wait for somebody to listen there")->type_name("DURATION");

  const auto what = "What is said";
  command.add_option("--accounts", options->accounts, "Only these, by name")
      ->delimiter(',')
      ->type_name("NAME,...")
      ->group(what);
  command.add_option("--types", simulation.content.types, "Only what becomes these types; message.* is a family")
      ->delimiter(',')
      ->type_name("TYPE,...")
      ->group(what);
  command.add_option("--subjects", simulation.content.subjects, "Followers or customers of each account")
      ->capture_default_str()
      ->check(above_zero())
      ->group(what);
  command.add_option("--seed", simulation.content.seed, "Other people, other words")
      ->capture_default_str()
      ->group(what);
  command.add_option("--resend", options->resend, "Share that is sent again although acknowledged")
      ->type_name("SHARE")
      ->group(what);
  command
      .add_option("--resend-changed", options->resend_changed,
                  "Share of those that have other bytes under the same identity")
      ->type_name("SHARE")
      ->group(what);
  command.add_option("--poison", options->poison, "Share that is authentic but unreadable: for the dead letters")
      ->type_name("SHARE")
      ->group(what);
  command.add_option("--strangers", options->strangers, "Share that isn't authentic: must be refused")
      ->type_name("SHARE")
      ->group(what);
  command
      .add_flag(
          "--day", options->day,
          "Traffic as on a day: 20,000 people an account, some not seen for years, repeats (late ones too), poison")
      ->excludes("--subjects", "--resend", "--resend-changed", "--poison")
      ->group(what);
  command.add_option("--body-bytes", options->body_bytes, "Fill shorter bodies up to this size")
      ->type_name("SIZE")
      ->group(what);

  const auto how = "How it is sent";
  command
      .add_option("--rate", simulation.sending.rate,
                  "Callbacks a second, whatever the server does; latencies count from the plan")
      ->type_name("N")
      ->check(above_zero())
      ->group(how);
  command.add_flag("--poisson", simulation.sending.poisson, "With --rate: random arrivals instead of even ones")
      ->group(how);
  command
      .add_option("--connections", options->connections,
                  "Keep-alive connections; without --rate, each sends as soon as it has its answer")
      ->type_name("N")
      ->check(CLI::Range(1, 50'000))
      ->group(how);
  command.add_option("--count", options->count, "How many callbacks")->type_name("N")->check(above_zero())->group(how);
  command.add_option("--duration", options->duration, "How long")->type_name("DURATION")->group(how);
  command
      .add_option("--prepared", simulation.prepared, "Callbacks that are signed and encrypted before the clock starts")
      ->type_name("N")
      ->group(how);
  command.add_option("--attempts", simulation.sending.attempts, "Attempts in all")
      ->capture_default_str()
      ->check(CLI::Range(1, 100))
      ->group(how);
  command.add_option("--patience", options->patience, "How long an answer is waited for")
      ->type_name("DURATION")
      ->capture_default_str()
      ->group(how);
  command.add_option("--retry-spacing", options->retry_spacing, "From one attempt's beginning to the next one's")
      ->type_name("DURATION")
      ->capture_default_str()
      ->group(how);

  command
      .add_option("--ledger", simulation.ledger,
                  "Writes what was sent and whether it was acknowledged, a line of JSON each")
      ->type_name("FILE");
  command.add_flag(
      "--progress,!--no-progress", [options](int64_t wanted) { options->silent = wanted < 0; },
      "How far it is, on standard error (the default)");
  add_examples(
      command,
      {{"wxpipe simulate -c wxpipe.toml", "a thousand callbacks of every account, 100 a second"},
       {"wxpipe simulate -c wxpipe.toml --rate 500 --duration 1m --resend 5% --resend-changed 1% --ledger sent.jsonl",
        "as platforms do when answers get lost; keeps the sender's truth"},
       {"wxpipe simulate -c wxpipe.toml --connections 64 --prepared 100000 --types message.text --body-bytes 1KiB",
        "as fast as 64 connections go"},
       {"wxpipe simulate -c wxpipe.toml --accounts shop --poison 1% --strangers 1%",
        "one account, with callbacks that nobody can read or that aren't the platform's"}});
  command.callback([&program, options] { run(program, *options); });
}

}  // namespace wxpipe::cli
