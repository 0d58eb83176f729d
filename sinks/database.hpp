// A connection that is made when it is needed and dropped when it has failed. One thread uses it; any thread may
// interrupt it, so a stop needn't wait for a server that doesn't answer.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "common/postgres/connection.hpp"
#include "common/postgres/migrations.hpp"

namespace wxpipe::sinks {

class Database {
 public:
  Database(const Secret& url, std::string application_name, postgres::Purpose purpose)
      : url_(url),
        application_name_(std::move(application_name)),
        purpose_(purpose) {}

  // Connects, and checks that the schema has this program's version. Throws Unavailable or UsageError (run `wxpipe
  // migrate`).
  postgres::Connection& connection() {
    if (connection_) return *connection_;
    auto fresh = std::make_unique<postgres::Connection>(url_, application_name_, purpose_);
    postgres::require_schema(*fresh);
    const std::lock_guard lock(mutex_);
    connection_ = std::move(fresh);
    return *connection_;
  }
  void disconnect() {
    const std::lock_guard lock(mutex_);
    connection_.reset();
  }
  // From any thread: the running statement ends with Unavailable.
  void interrupt() {
    const std::lock_guard lock(mutex_);
    if (connection_) connection_->interrupt();
  }

 private:
  const Secret& url_;
  const std::string application_name_;
  const postgres::Purpose purpose_;
  std::mutex mutex_;  // guards the pointer against interrupt
  std::unique_ptr<postgres::Connection> connection_;
};

}  // namespace wxpipe::sinks
