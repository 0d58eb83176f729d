// A connection that is made when it is needed and dropped when it has failed. One thread uses it; any thread may
// interrupt it, so a stop needn't wait for a server that doesn't answer.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "common/postgres/connection.hpp"
#include "sinks/family_databases.hpp"

namespace wxpipe::sinks {

class Database {
 public:
  Database(FamilyDatabase where, std::string application_name, postgres::Purpose purpose)
      : where_(std::move(where)),
        application_name_(std::move(application_name)),
        purpose_(purpose) {}

  const FamilyDatabase& where() const { return where_; }

  // Connects, and checks that the schema has this program's version. Throws Unavailable or UsageError (run `wxpipe
  // migrate`).
  postgres::Connection& connection() {
    if (connection_) return *connection_;
    auto fresh = open(where_, application_name_, purpose_);
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
  const FamilyDatabase where_;
  const std::string application_name_;
  const postgres::Purpose purpose_;
  std::mutex mutex_;  // guards the pointer against interrupt
  std::unique_ptr<postgres::Connection> connection_;
};

}  // namespace wxpipe::sinks
