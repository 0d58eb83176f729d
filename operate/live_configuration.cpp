#include "operate/live_configuration.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "common/kafka/admin.hpp"
#include "common/result.hpp"
#include "common/telemetry/log.hpp"
#include "operate/accounts.hpp"
#include "operate/configuration.hpp"
#include "schemas/fact_json.hpp"
#include "schemas/facts/log_written.hpp"

namespace wxpipe::operate {
namespace {
using namespace std::chrono_literals;

constexpr auto kBrokerPatience = 1s;
constexpr size_t kMostUnsent = 1'000;  // changes; those beyond are in the log alone
}  // namespace

std::vector<sinks::Copy> records_of(const std::vector<config::Change>& changes, const std::string& instance,
                                    const Operator& who, Timestamp at) {
  std::vector<sinks::Copy> records;
  const auto command = to_string(new_command_id());
  for (const auto& one : changes) {
    schemas::LogWritten log;
    log.log_id = log.origin.event_id = new_command_id();
    log.origin.platform = "wxpipe";
    if (one.kind == "account") log.origin.account = one.name;
    log.origin.event_type = log.action = "configuration.taken";
    log.origin.occurred_at = log.origin.received_at = at;
    log.level = "info";
    log.service = "wxpipe";
    log.module = "configuration";
    log.instance = instance;
    log.message = config::in_words({one});
    log.context = {{"command", command}, {"operator", who.name}, {"address", who.address}, {"instance", instance},
                   {"kind", one.kind},   {"name", one.name},     {"changed", one.what}};
    auto& record = records.emplace_back();
    record.topic = schemas::TopicName::logs;
    record.key = one.name;
    schemas::encode(log, record.value);
    record.timestamp = at;
  }
  return records;
}

LiveConfiguration::LiveConfiguration(std::string path, config::Environment environment, const config::Needs& needs)
    : path_(std::move(path)),
      environment_(std::move(environment)),
      needs_(needs) {
  auto loaded = config::read_settings(path_, environment_, needs_);
  files_ = loaded.files;
  known_ = stamps();
  if (loaded.errors.empty()) telemetry::configure_log(loaded.settings.log.level, loaded.settings.log.format);
  if (loaded.errors.empty() && loaded.settings.accounts_from.postgres && needs_.reference) {
    accounts_ = std::make_unique<AccountsSource>(loaded.settings.postgres.url, loaded.settings.accounts_from.copy_file);
    json_ = accounts_->read();
    add_accounts(loaded, json_, needs_);
  }
  if (!loaded.errors.empty()) throw UsageError(fmt::format("{}", fmt::join(loaded.errors, "\n")));
  settings_ = std::move(loaded.settings);
  good_json_ = json_;
}

std::vector<runtime::FileStamp> LiveConfiguration::stamps() const {
  std::vector<runtime::FileStamp> all;
  for (const auto& file : files_) all.push_back(runtime::stamp_of(file));
  return all;
}

// True once they have stood still from one look to the next: several files are seldom replaced in the same instant, and
// an editor may write one in pieces.
bool LiveConfiguration::files_changed() {
  auto now = stamps();
  if (now == known_) {
    changed_.reset();
    return false;
  }
  if (changed_ == now) return true;
  changed_ = std::move(now);
  return false;
}

std::optional<config::Loaded> LiveConfiguration::look(bool whatever) {
  bool due = files_changed() || whatever;
  if (accounts_)
    if (auto json = accounts_->look(); json && *json != json_) {
      json_ = std::move(*json);
      due = true;
    }
  if (!due) return std::nullopt;
  try {
    return read();
  } catch (const std::exception& error) {  // nothing of it is in use yet
    config::Loaded failed;
    failed.errors.emplace_back(error.what());
    return failed;
  }
}

config::Loaded LiveConfiguration::read() {
  known_ = stamps();  // before they are read: what changes meanwhile is read again
  changed_.reset();
  auto loaded = config::read_settings(path_, environment_, needs_);
  if (files_ != loaded.files) {
    files_ = loaded.files;
    known_ = stamps();
  }
  if (loaded.settings.accounts_from.postgres != settings_.accounts_from.postgres)
    loaded.errors.emplace_back("accounts_from.postgres: can't change while the process runs: restart it");
  if (accounts_ && loaded.errors.empty()) add_accounts(loaded, json_, needs_);
  check_roles(loaded, needs_);
  if (loaded.errors.empty()) good_json_ = json_;
  return loaded;
}

// The log line has it already. Sent with the next look, so many changes in a row are one transaction; while Kafka is
// away, they wait here.
void LiveConfiguration::record(std::vector<config::Change> taken) {
  if (accounts_) accounts_->keep(good_json_);
  if (taken.empty()) return send();
  auto records = records_of(taken, settings_.instance.name, this_operator(), system_clock().now());
  const auto room = kMostUnsent - std::min(kMostUnsent, unsent_.size());
  if (records.size() > room) {
    telemetry::log_warn("configuration_not_recorded",
                        {{"changes", records.size() - room}, {"why", "too many are waiting"}});
    records.resize(room);
  }
  unsent_.insert(unsent_.end(), std::make_move_iterator(records.begin()), std::make_move_iterator(records.end()));
}

void LiveConfiguration::send() {
  if (unsent_.empty()) return;
  std::string why;
  try {
    auto kafka = settings_.kafka;
    kafka.properties.insert_or_assign("log_level", "0");  // librdkafka's: the roles say it
    kafka::Admin(kafka, kBrokerPatience).view();          // quickly, before something waits for long
    sinks::Resender(kafka, fmt::format("{}configuration.{}", kafka.topic_prefix, settings_.instance.name))
        .send(unsent_);
    unsent_.clear();
  } catch (const std::exception& error) {
    why = error.what();
    if (unsent_because_.empty())
      telemetry::log_warn("configuration_not_recorded",
                          {{"changes", unsent_.size()}, {"why", why}, {"do", "nothing: it is tried again"}});
  }
  unsent_because_ = why;
}

void LiveConfiguration::interrupt() {
  if (accounts_) accounts_->interrupt();
}

}  // namespace wxpipe::operate
