#include "cli/check_config_command.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

#include "common/config/checks.hpp"
#include "common/config/settings_print.hpp"
#include "common/crypto/sealer.hpp"
#include "common/kafka/client_config.hpp"
#include "common/kafka/durability.hpp"
#include "common/result.hpp"
#include "ingest/account.hpp"
#include "ingest/delivery/spool.hpp"
#include "ingest/http/server.hpp"
#include "ingest/http/tls.hpp"
#include "schemas/topics.hpp"
#include "sinks/families.hpp"

namespace wxpipe::cli {
namespace {
using report::counted, report::Kind, report::Level, report::Report, report::Table;

constexpr std::chrono::milliseconds kPatience{2'000};  // with the cluster

// What to enter in the platforms' consoles.
Table addresses(const config::Settings& settings) {
  const auto base =
      settings.ingest.public_url.empty() ? std::string("https://<your host>") : settings.ingest.public_url;
  Table table{"addresses",
              "callback addresses to enter at the platforms",
              {{"account", "account"}, {"kind", "kind"}, {"address", "address"}},
              {}};
  for (const auto& account : settings.accounts) {
    const auto kind = ingest::account_kind(account.kind);
    const auto tenant = kind ? ingest::rules(*kind).tenant.in_path : std::string_view();
    table.rows.push_back({account.name, account.kind,
                          fmt::format("{}/callback/{}{}{}{}", base, account.name, tenant.empty() ? "" : "/", tenant,
                                      ingest::query_to_enter(account))});
  }
  return table;
}

// If a secret's lookup failed, it is also missing: one line about it is enough.
bool told_already(const std::vector<std::string>& errors, const std::string& error) {
  const auto key = error.substr(std::min(error.find("accounts."), error.size()));
  const auto name = key.substr(0, key.find(": "));
  return std::any_of(errors.begin(), errors.end(), [&](const std::string& told) {
    return told == error || told.find(name + "_env: ") != std::string::npos ||
           told.find(name + "_file: ") != std::string::npos;
  });
}

// What each role would refuse at its start, beyond what reading the configuration finds.
void check_roles(const config::Loaded& loaded, std::vector<std::string>& errors) {
  const auto& settings = loaded.settings;
  std::vector<std::string> account_errors;
  for (const auto& account : settings.accounts) ingest::make_account(account, account_errors);
  for (const auto& error : account_errors)
    if (!told_already(errors, error)) errors.push_back(error);
  const auto expect = [&](auto&& make) {
    try {
      make();
    } catch (const UsageError& error) {
      std::string text = error.what();
      if (const auto place = loaded.places.find(text.substr(0, text.find(": "))); place != loaded.places.end())
        text = place->second + ": " + text;
      if (std::find(errors.begin(), errors.end(), text) == errors.end()) errors.push_back(std::move(text));
    }
  };
  if (!settings.sealing.key.empty())
    expect([&] { const crypto::Sealer sealer(settings.sealing.key, settings.sealing.previous_keys); });
  if (settings.ingest.tls_certificate_file.empty() == settings.ingest.tls_key_file.empty())
    expect([&] { ingest::http::make_tls(settings.ingest); });
  using kafka::ClientRole;
  for (const auto role :
       {ClientRole::ingest_producer, ClientRole::transactional_producer, ClientRole::processor_consumer,
        ClientRole::sink_consumer, ClientRole::reader, ClientRole::admin})
    expect([&] { kafka::client_config(role, settings.kafka); });
  expect([&] { sinks::chosen_families(settings.sink); });
}

// Not an error: ingest may run on another machine than this one.
std::optional<config::Finding> spool_folder_risk(const std::filesystem::path& folder) {
  if (folder.empty()) return std::nullopt;
  auto there = std::filesystem::absolute(folder);
  std::error_code unreadable;
  while (there.has_relative_path() && !std::filesystem::exists(there, unreadable)) there = there.parent_path();
  const bool is_folder = std::filesystem::is_directory(there, unreadable);
  if (is_folder && ::access(there.c_str(), W_OK | X_OK) == 0) {
    if (!ingest::is_open_to_others(folder)) return std::nullopt;
    return config::Finding{
        "spool.directory",
        fmt::format("{} is open to other users of this machine, and callbacks wait there as they were "
                    "decrypted: chmod 700 {}",
                    folder.string(), folder.string())};
  }
  return config::Finding{
      "spool.directory",
      fmt::format("{} can't be made here, because {} is {}: ingest would not start as this user; make "
                  "the folder for it, or name another",
                  folder.string(), there.string(), is_folder ? "not writable" : "no folder")};
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
  auto environment = config::process_environment();
  if (!program.instance.empty()) environment.variables["WXPIPE_INSTANCE"] = program.instance;
  auto loaded = config::read_settings(program.config_file, environment);
  auto& settings = loaded.settings;
  auto& errors = loaded.errors;
  check_roles(loaded, errors);
  // Risks are only shown for a configuration without errors.
  auto risks = errors.empty() ? config::risks(settings) : std::vector<config::Finding>();
  if (errors.empty())
    for (const auto& account : settings.accounts)
      for (auto& risk : ingest::risks_of(account)) risks.push_back(std::move(risk));
  if (auto risk = spool_folder_risk(settings.spool.directory); risk && errors.empty())
    risks.push_back(std::move(*risk));
  print = print && errors.empty() && program.format == Format::text;
  Table warnings{"warnings", "", {{"key"}, {"text"}}};
  Report report;
  for (const auto& error : errors) report.findings.push_back({Level::misconfigured, error});
  for (const auto& risk : risks) {
    warnings.rows.push_back({risk.key, risk.text});
    const auto place = loaded.places.find(risk.key);
    const auto where = !risk.place.empty()            ? risk.place + ": "
                       : place == loaded.places.end() ? ""
                                                      : place->second + ": ";
    report.findings.push_back({Level::warning, fmt::format("{}{}: {}", where, risk.key, risk.text)});
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
