// The configuration of a role that runs: its files and, if they stand there, the accounts in Postgres. Looked at every
// two seconds; a change is read, checked as at a start, and recorded in system_logs and audit_logs by way of Kafka. One
// thread, but for interrupt.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/config/environment.hpp"
#include "common/runtime/file_stamp.hpp"
#include "common/runtime/reload.hpp"
#include "operate/accounts_source.hpp"
#include "operate/audit_log.hpp"
#include "sinks/custody/resender.hpp"

namespace wxpipe::operate {

// A fact for each change: a row of system_logs, and by sinks/logs/logs.sql one of audit_logs. All have the same time
// and command. Pure but for ids.
std::vector<sinks::Copy> records_of(const std::vector<config::Change>& changes, const std::string& instance,
                                    const Operator& who, Timestamp at);

class LiveConfiguration : public runtime::ConfigurationSource {
 public:
  // Sets up the log. Throws UsageError with everything that is wrong, and Unavailable if the accounts can't be had.
  LiveConfiguration(std::string path, config::Environment environment, const config::Needs& needs);

  // As it was read at the start.
  const config::Settings& settings() const { return settings_; }

  // To be called before the first look, if records go to another broker than the configuration's.
  void send_records_to(config::KafkaSettings kafka) { settings_.kafka = std::move(kafka); }

  std::optional<config::Loaded> look(bool whatever) override;
  void record(std::vector<config::Change> taken) override;
  void interrupt() override;

 private:
  std::vector<runtime::FileStamp> stamps() const;
  bool files_changed();
  config::Loaded read();
  void send();

  const std::string path_;
  const config::Environment environment_;
  const config::Needs needs_;
  config::Settings settings_;
  std::unique_ptr<AccountsSource> accounts_;  // null: they stand in the file
  std::string json_, good_json_;              // the accounts as they were last read; as they last were without errors
  std::vector<std::string> files_;
  std::vector<runtime::FileStamp> known_;  // of the files that were read last, good or bad
  std::optional<std::vector<runtime::FileStamp>> changed_;
  std::vector<sinks::Copy> unsent_;
  std::string unsent_because_;
};

}  // namespace wxpipe::operate
