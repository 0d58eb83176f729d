// An empty database of its own on the stack's server, dropped at the end together with whoever is still connected to
// it. Everything that uses it should be gone before; what isn't finds its connection closed.
#pragma once

#include <memory>
#include <string>

#include "common/config/settings.hpp"
#include "common/postgres/connection.hpp"

namespace wxpipe::support {

enum class Schema { none, current };

class TemporaryDatabase {
 public:
  // Schema::current: migrated already. Throws Unavailable without a server: WXPIPE_NEEDS_STACK() comes first.
  explicit TemporaryDatabase(Schema schema = Schema::current);
  ~TemporaryDatabase();
  TemporaryDatabase(const TemporaryDatabase&) = delete;
  TemporaryDatabase& operator=(const TemporaryDatabase&) = delete;

  const std::string& name() const { return name_; }
  const Secret& url() const { return url_; }
  config::PostgresSettings settings() const;
  // A new connection, for the test's own questions.
  std::unique_ptr<postgres::Connection> connect() const;
  // One statement on a connection of its own.
  postgres::Rows query(const std::string& sql) const;

 private:
  std::string name_;
  Secret url_;
};

// The URL with another database in its path; parameters behind it stay.
std::string with_database(const std::string& url, const std::string& database);

}  // namespace wxpipe::support
