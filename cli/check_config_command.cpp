#include "cli/check_config_command.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <memory>

#include "common/config/settings_print.hpp"
#include "common/kafka/durability.hpp"
#include "common/result.hpp"
#include "ingest/account.hpp"
#include "operate/accounts_source.hpp"
#include "operate/configuration.hpp"
#include "schemas/topics.hpp"

namespace wxpipe::cli {
namespace {
using report::counted, report::Kind, report::Level, report::Report, report::Table;

constexpr std::chrono::milliseconds kPatience{2'000};  // with the cluster

// What to enter in the platforms' consoles.
Table addresses(const config::Settings& settings) {
  Table table{"addresses",
              "callback addresses to enter at the platforms",
              {{"account", "account"}, {"kind", "kind"}, {"address", "address"}},
              {}};
  for (const auto& account : settings.accounts)
    table.rows.push_back({account.name, account.kind, ingest::address_to_enter(account, settings.ingest.public_url)});
  return table;
}

// How safe what the topics hold is, if the cluster answers soon.
std::vector<report::Finding> durability(config::KafkaSettings kafka) {
  kafka.properties.insert_or_assign("log_level", "0");  // librdkafka's: the finding says it
  try {
    kafka::Admin admin(kafka, kPatience);
    const auto names = schemas::topic_names(kafka.topic_prefix);
    std::vector<report::Finding> findings;
    for (auto& one : kafka::weaknesses(admin, names, kafka.durability == kafka::kOneBroker))
      findings.push_back({Level::warning, std::move(one.sentence), std::move(one.remedy)});
    return findings;
  } catch (const std::exception& error) {
    return {{Level::note, fmt::format("nobody knows how durable the topics are: {}", error.what()),
             "Ask again where the cluster can be reached, or `wxpipe topics plan`."}};
  }
}

void check(Program& program, bool print) {
  auto loaded = operate::read_configuration(program.config_file, environment_of(program), config::kEverything);
  auto& settings = loaded.settings;
  auto& errors = loaded.errors;
  operate::check_roles(loaded);
  // Risks are only shown for a configuration without errors.
  const auto risks = errors.empty() ? operate::risks_of(settings) : std::vector<config::Finding>();
  print = print && errors.empty() && program.format == Format::text;
  Table warnings{"warnings", "", {{"key"}, {"text"}}};
  Report report;
  for (const auto& error : errors) report.findings.push_back({Level::misconfigured, error});
  for (const auto& risk : risks) {
    warnings.rows.push_back({risk.key, risk.text});
    report.findings.push_back({Level::warning, operate::sentence_of(risk, loaded)});
  }
  const auto source = program.config_file.empty() ? "defaults and environment" : program.config_file;
  if (!errors.empty())
    report.facts.push_back({"", source, {}, Kind::text, counted(errors.size(), "error")});
  else if (!print)
    report.findings.push_back(
        {Level::fine, fmt::format("{}: {}", source, counted(settings.accounts.size(), "account"))});
  if (errors.empty() && !print)
    for (auto& finding : durability(settings.kafka)) report.findings.push_back(std::move(finding));
  report.facts.push_back({"accounts", "", settings.accounts.size()});
  report.tables = {errors.empty() && !print ? addresses(settings) : Table{"addresses", ""},
                   report::list("errors", "", errors), std::move(warnings)};
  conclude(program, report);
  if (print) fmt::print("{}", config::print_settings(settings));
}
}  // namespace

void add_check_config_command(Program& program) {
  auto& command =
      *program.app.add_subcommand("check-config", "Checks a configuration and says what to enter at the platforms");
  command.group("Set-up");
  add_config_options(command, program);
  add_report_options(command, program, Rows::some);
  const auto print = std::make_shared<bool>(false);
  command.add_flag("--print", *print, "Show every setting as it will be used, secrets as ***");
  add_examples(command,
               {{"wxpipe check-config --config wxpipe.toml", "errors with line and fix, then the callback addresses"},
                {"wxpipe check-config --config wxpipe.toml --print", "every setting with its meaning and value"},
                {"wxpipe check-config --ndjson", "a line of JSON for each account and its address"}});
  command.callback([&program, print] { check(program, *print); });
}

}  // namespace wxpipe::cli
