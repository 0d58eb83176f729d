#include "cli/doctor_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "common/config/nearest.hpp"
#include "common/config/units.hpp"
#include "common/result.hpp"
#include "common/telemetry/log.hpp"
#include "operate/accounts_source.hpp"
#include "operate/callback_probe.hpp"
#include "operate/configuration.hpp"
#include "operate/doctor.hpp"
#include "operate/doctor_report.hpp"

namespace wxpipe::cli {
namespace {
using operate::Checked;

struct Options {
  std::string role = "run", limit = "5s";
  std::vector<std::string> admin;
  std::string account, url;
};

std::chrono::milliseconds limit_of(const Options& options) {
  const auto limit = config::parse_duration(options.limit);
  if (!limit || limit->count() < 100)
    throw UsageError(fmt::format("--limit: '{}' is no duration of 100ms or more; write 5s", options.limit));
  return *limit;
}

// The configuration with its errors: doctor tells them, and looks at the rest.
config::Loaded load(const Program& program, const config::Needs& needs) {
  const auto environment = environment_of(program);
  config::Loaded loaded;
  try {
    loaded = operate::read_configuration(program.config_file, environment, needs);
  } catch (const Unavailable&) {  // the accounts stand in Postgres: the look at it says what is wrong
    loaded = config::read_settings(program.config_file, environment, needs);
  }
  telemetry::configure_log(loaded.settings.log.level, loaded.settings.log.format);
  return loaded;
}

void examine(Program& program, const Options& options) {
  const auto needs = options.role == "ingest"    ? config::kForIngest
                     : options.role == "process" ? config::kForProcess
                     : options.role == "sink"    ? config::kForSink
                                                 : config::kEverything;
  const auto patient = std::make_shared<operate::Examination>();
  patient->needs = needs;
  patient->loaded = load(program, needs);
  patient->limit = limit_of(options);
  for (const auto& text : options.admin) {
    const auto endpoint = config::parse_endpoint(text);
    if (!endpoint || endpoint->port == 0)
      throw UsageError(fmt::format("--admin: '{}' is no address; write 127.0.0.1:9464", text));
    patient->admin.push_back(*endpoint);
  }
  patient->must_answer = !patient->admin.empty();
  const auto& listen = patient->loaded.settings.admin.listen;
  if (patient->admin.empty() && listen.port != 0) patient->admin.push_back(listen);

  const auto checks = operate::examine(patient);
  conclude(program, operate::report_of(checks));
  const auto late = [](const Checked& check) { return check.end == Checked::End::out_of_time; };
  const auto away = [&](const Checked& check) {
    const bool reaches_a_server = check.name == "kafka" || check.name == "postgres";
    return check.end == Checked::End::server_away || (late(check) && reaches_a_server);
  };
  if (std::ranges::any_of(checks, away)) program.exit_code = std::max<int>(program.exit_code, kServerAway);
  if (std::ranges::any_of(checks, late))
    std::quick_exit(program.exit_code);  // a look that can't be interrupted still runs
}

void call_back(Program& program, const Options& options) {
  // Only this account and the address need to be right.
  const auto loaded = load(program, config::kForIngest);
  const auto& settings = loaded.settings;
  const auto found = std::find_if(settings.accounts.begin(), settings.accounts.end(),
                                  [&](const auto& one) { return one.name == options.account; });
  if (found == settings.accounts.end()) {
    std::vector<std::string_view> names;
    for (const auto& one : settings.accounts) names.push_back(one.name);
    if (names.empty())
      throw UsageError(loaded.errors.empty() ? "the configuration has no accounts" : loaded.errors.front());
    throw UsageError(fmt::format("there is no account '{}'; the nearest is '{}'", options.account,
                                 config::nearest(options.account, names)));
  }
  std::vector<std::string> errors;
  const auto account = ingest::make_account(*found, errors);
  if (!errors.empty()) throw UsageError(fmt::format("{}", fmt::join(errors, "\n")));
  const auto base = options.url.empty() ? settings.ingest.public_url : options.url;
  if (base.empty()) throw UsageError("which address? Set [ingest] public_url, or say --url https://hooks.example.com");

  const auto probe = operate::probe_callback(account, base, limit_of(options));
  conclude(program, operate::report_of(probe, operate::is_verified(account)));
}
}  // namespace

void add_doctor_command(Program& program) {
  auto& command =
      *program.app.add_subcommand("doctor", "Looks at everything that can be wrong, and says what to do about it");
  command.group("Operation");
  command.require_subcommand(0, 1);
  add_config_options(command, program);
  add_report_options(command, program, Rows::some);
  const auto options = std::make_shared<Options>();
  command
      .add_option("--role", options->role,
                  "What this machine runs: run, ingest, process or sink. It decides which secrets and servers are "
                  "needed. Default: run")
      ->check(CLI::IsMember({"run", "ingest", "process", "sink"}))
      ->type_name("ROLE");
  command
      .add_option("--admin", options->admin,
                  "Where a role answers /readyz; may be given several times. Default: [admin] listen")
      ->type_name("HOST:PORT");
  command.add_option("--limit", options->limit, "Time for each look. Default: 5s")->type_name("DURATION");
  add_examples(command,
               {{"wxpipe doctor -c wxpipe.toml", "everything"},
                {"wxpipe doctor --role sink --admin sink-1:9464 --admin sink-2:9464 -c wxpipe.toml",
                 "on a machine without the accounts' secrets, with two roles elsewhere"},
                {"wxpipe doctor --json -c wxpipe.toml | jq -r '.findings[] | select(.level == \"error\") | .text'",
                 "only what is wrong"},
                {"wxpipe doctor callback shop -c wxpipe.toml", "can the platform's console verify the address?"}});
  auto& callback = *command.add_subcommand(
      "callback", "Plays a console's verification of an account's address, with the account's own keys");
  callback.group("Commands");
  add_config_options(callback, program);
  add_report_options(callback, program, Rows::some);
  callback.add_option("account", options->account, "Its name in the configuration")->required()->type_name("NAME");
  callback
      .add_option(
          "--url", options->url,
          "The address as the platform reaches it, with or without /callback/NAME. Default: [ingest] public_url")
      ->type_name("URL");
  callback.add_option("--limit", options->limit, "Time for each station. Default: 5s")->type_name("DURATION");
  add_examples(callback, {{"wxpipe doctor callback shop -c wxpipe.toml", "at [ingest] public_url"},
                          {"wxpipe doctor callback shop --url http://127.0.0.1:8080 -c wxpipe.toml",
                           "without what lies between: is it ingest or the proxy?"}});
  callback.callback([&program, options] { call_back(program, *options); });
  command.callback([&program, &command, options] {
    if (command.get_subcommands().empty()) examine(program, *options);
  });
}

}  // namespace wxpipe::cli
