#include "operate/configuration.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "common/config/nearest.hpp"
#include "common/crypto/sealer.hpp"
#include "common/kafka/client_config.hpp"
#include "common/result.hpp"
#include "ingest/account.hpp"
#include "ingest/delivery/spool_files.hpp"
#include "ingest/http/tls.hpp"
#include "ingest/known_types.hpp"
#include "ingest/senders/sender.hpp"
#include "processors/glob.hpp"
#include "sinks/families.hpp"
#include "sinks/family_databases.hpp"
#include "sinks/retention/policy.hpp"

namespace wxpipe::operate {
namespace {
// If a secret's lookup failed, or no key opens it, it is also missing: one line about it is enough.
bool told_already(const std::vector<std::string>& errors, const std::string& error) {
  const auto key = error.substr(std::min(error.find("accounts."), error.size()));
  const auto name = key.substr(0, key.find(": "));
  return std::any_of(errors.begin(), errors.end(), [&](const std::string& told) {
    return told == error || told.find(name + "_env: ") != std::string::npos ||
           told.find(name + "_file: ") != std::string::npos ||
           told.find(name + ": no sealing key opens it") != std::string::npos;
  });
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
// Types that no event ever has: what waits for one never comes about, and nobody says so. A type may also be one that
// an account's sender declares.
std::vector<config::Finding> misspelt_types(const config::Settings& settings) {
  std::vector<ingest::senders::Complaint> told_elsewhere;
  std::vector<std::string> declared;
  for (const auto& account : settings.accounts)
    if (ingest::senders::is_declared(account))
      for (const auto& [word, type] : ingest::senders::make_sender(account, told_elsewhere).types)
        declared.push_back(type);
  auto known = ingest::known_types();
  known.insert(known.end(), declared.begin(), declared.end());
  const auto is_there = [&](std::string_view pattern) {
    return pattern.starts_with("unknown.") || std::ranges::any_of(known, [&](std::string_view type) {
             return processors::matches(pattern, type) || (type.ends_with('.') && pattern.starts_with(type));
           });
  };
  std::vector<config::Finding> findings;
  const auto look = [&](const std::string& key, const std::string& type, const std::string& place) {
    if (!type.empty() && !is_there(type))
      findings.push_back({key,
                          fmt::format("no event has the type \"{}\"; the nearest that exists is \"{}\" "
                                      "(docs/event-types.md)",
                                      type, config::nearest(type, known)),
                          place});
  };
  for (const auto& account : settings.accounts)
    for (const auto& reply : account.replies)
      if (reply.on != "keyword") look(fmt::format("accounts.{}.replies.on", account.name), reply.on, account.where);
  for (const auto& rule : settings.score.rules)
    for (const auto& type : rule.types) look(fmt::format("score.rules.{}.types", rule.name), type, rule.stands_at);
  return findings;
}
}  // namespace

void check_roles(config::Loaded& loaded, const config::Needs& needs) {
  const auto& settings = loaded.settings;
  auto& errors = loaded.errors;
  std::vector<std::string> account_errors;
  if (needs.accounts)
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
  if (needs.accounts && settings.ingest.tls_certificate_file.empty() == settings.ingest.tls_key_file.empty())
    expect([&] { ingest::http::make_tls(settings.ingest); });
  using kafka::ClientRole;
  for (const auto role :
       {ClientRole::ingest_producer, ClientRole::transactional_producer, ClientRole::processor_consumer,
        ClientRole::sink_consumer, ClientRole::patient_sink_consumer, ClientRole::reader, ClientRole::admin})
    expect([&] { kafka::client_config(role, settings.kafka); });
  expect([&] { sinks::chosen_families(settings.sink); });
  expect([&] { sinks::table_policies(settings.retention); });
  expect([&] { sinks::family_databases(settings); });
}

std::vector<config::Finding> risks_of(const config::Settings& settings) {
  auto risks = config::risks(settings);
  for (const auto& account : settings.accounts)
    for (auto& risk : ingest::risks_of(account)) risks.push_back(std::move(risk));
  for (auto& risk : misspelt_types(settings)) risks.push_back(std::move(risk));
  if (auto risk = spool_folder_risk(settings.spool.directory)) risks.push_back(std::move(*risk));
  return risks;
}

std::string sentence_of(const config::Finding& risk, const config::Loaded& loaded) {
  const auto place = loaded.places.find(risk.key);
  const auto where = !risk.place.empty() ? risk.place + ": " : place == loaded.places.end() ? "" : place->second + ": ";
  return fmt::format("{}{}: {}", where, risk.key, risk.text);
}

}  // namespace wxpipe::operate
