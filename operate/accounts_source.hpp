// Where accounts come from when they stand in Postgres: the table, and while Postgres is away the last good copy on
// disk. The copy is what the table said, secrets sealed; only its owner may read it. One thread, but for interrupt.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "common/config/environment.hpp"
#include "common/config/settings_file.hpp"
#include "common/postgres/connection.hpp"

namespace wxpipe::operate {

class AccountsSource {
 public:
  AccountsSource(Secret postgres_url, std::string copy_file);

  // For a start: from Postgres, or else from the copy. Throws Unavailable if neither has them, UsageError if the schema
  // has no such table.
  std::string read();
  // While running. Nothing: Postgres is away, or the table can't be read; the log says it once.
  std::optional<std::string> look();
  // Good ones, for the copy. A copy that can't be written is a log line: the accounts are in use anyway.
  void keep(const std::string& json);

  // From another thread: a look that is waiting for Postgres ends.
  void interrupt();

 private:
  std::string ask();
  std::string read_copy(const std::string& why) const;
  void say_hindrance(const std::string& why);

  const Secret url_;
  const std::string copy_file_;
  std::mutex mutex_;  // guards the pointer against interrupt
  std::unique_ptr<postgres::Connection> connection_;
  std::string kept_, hindrance_;
  bool copy_hindered_ = false;
};

// For commands: the configuration as its roles have it, wherever its accounts stand. Mistakes are in the errors; throws
// Unavailable if the accounts can't be had.
config::Loaded read_configuration(const std::string& path, const config::Environment& environment,
                                  const config::Needs& needs);

}  // namespace wxpipe::operate
