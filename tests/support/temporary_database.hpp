// A test's own empty database on the stack's server. It is dropped at the end, and open connections to it are closed.
// So everything that uses it should be gone first.
#pragma once

#include <memory>
#include <string>

#include "common/config/settings.hpp"
#include "common/postgres/connection.hpp"

namespace wxpipe::support {

enum class Schema { none, current };

class TemporaryDatabase {
 public:
  // Schema::current: already migrated. Throws Unavailable without a server, so call WXPIPE_NEEDS_STACK() first.
  explicit TemporaryDatabase(Schema schema = Schema::current);
  ~TemporaryDatabase();
  TemporaryDatabase(const TemporaryDatabase&) = delete;
  TemporaryDatabase& operator=(const TemporaryDatabase&) = delete;

  const std::string& name() const { return name_; }
  const Secret& url() const { return url_; }
  config::PostgresSettings settings() const;
  // A new connection for the test's own queries.
  std::unique_ptr<postgres::Connection> connect() const;
  // Runs one statement on a new connection.
  postgres::Rows query(const std::string& sql) const;

 private:
  std::string name_;
  Secret url_;
};

// The URL with another database in its path; its parameters stay.
std::string with_database(const std::string& url, const std::string& database);

}  // namespace wxpipe::support
