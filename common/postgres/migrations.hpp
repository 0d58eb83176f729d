// The database's schema: numbered SQL files (schemas/postgres), built into the program, applied once each and in order.
// wxpipe.schema_version remembers which, with a checksum of each.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/postgres/connection.hpp"

namespace wxpipe::postgres {

struct Migration {
  int version;
  std::string_view name;
  std::string_view sql;
};
std::span<const Migration> embedded_migrations();

struct MigrationReport {
  std::vector<std::string> applied;  // now
  std::vector<std::string> already;  // before
  int version = 0;                   // the database's, after
  bool operator==(const MigrationReport&) const = default;
};

// Each file in its own transaction; several processes may do this at once, one waits for the other. Throws UsageError
// when the database knows a version this program doesn't, or a file was changed after it was applied, or a file fails.
MigrationReport migrate(Connection& connection, std::span<const Migration> migrations = embedded_migrations());

// Every role checks this before it uses a table. Throws UsageError, which says what to run, unless the database is
// exactly at this program's version.
void require_schema(Connection& connection, std::span<const Migration> migrations = embedded_migrations());

}  // namespace wxpipe::postgres
