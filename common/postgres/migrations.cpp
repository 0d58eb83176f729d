#include "common/postgres/migrations.hpp"

#include <fmt/format.h>

#include <charconv>
#include <stdexcept>

#include "common/crypto/digest.hpp"
#include "common/postgres/embedded_sql.hpp"
#include "common/postgres/sqlstate.hpp"
#include "common/result.hpp"

namespace wxpipe::postgres {
namespace {
struct Applied {
  int version;
  std::string name, checksum;
};

std::string checksum(const Migration& migration) {
  std::string hex;
  for (const auto byte : crypto::sha256({&migration.sql, 1})) fmt::format_to(std::back_inserter(hex), "{:02x}", byte);
  return hex;
}

bool has_schema(Connection& connection) {
  return !connection.execute("select to_regclass('wxpipe.schema_version')").is_null(0, 0);
}

std::vector<Applied> applied_versions(Connection& connection) {
  const auto rows = connection.execute("select version, name, checksum from wxpipe.schema_version order by version");
  std::vector<Applied> applied;
  for (size_t i = 0; i < rows.size(); ++i)
    applied.push_back({static_cast<int>(rows.integer(i, 0)), rows.text(i, 1), rows.text(i, 2)});
  return applied;
}

// Throws unless the applied migrations are the first ones of this program's list.
void require_known(const std::vector<Applied>& applied, std::span<const Migration> migrations) {
  for (size_t i = 0; i < applied.size(); ++i) {
    if (i >= migrations.size())
      throw UsageError(fmt::format(
          "the database's schema is at version {} ({}), this program knows {}: a newer wxpipe was here; run that "
          "version (or a newer one) against this database",
          applied.back().version, applied.back().name, migrations.empty() ? 0 : migrations.back().version));
    if (applied[i].version != migrations[i].version)
      throw UsageError(fmt::format(
          "the database has schema version {} ({}) where this program has {} ({}): they are of different builds; use "
          "the program that made this database, or a new database",
          applied[i].version, applied[i].name, migrations[i].version, migrations[i].name));
    if (applied[i].checksum != checksum(migrations[i]))
      throw UsageError(fmt::format(
          "{} was changed after it was applied to this database: put the file back as it was and make the change in a "
          "new numbered file",
          migrations[i].name));
  }
}

void apply(Connection& connection, const Migration& migration) {
  try {
    Transaction transaction(connection);
    transaction.execute(std::string(migration.sql));
    const auto sum = checksum(migration);
    transaction.execute(
        "insert into wxpipe.schema_version (version, name, checksum) values ($1::int, $2::text, $3::text)",
        Parameters().int4(migration.version).text(migration.name).text(sum));
    transaction.commit();
  } catch (const SqlError& error) {
    const auto why = fmt::format("{}: {}", migration.name, error.what());
    if (classify(error) == Verdict::retry) throw Unavailable(why);
    if (error.sqlstate() == "42P07")
      throw UsageError(why + ": a table of that name is there already; give wxpipe a database of its own");
    throw UsageError(why);
  }
}

// A second migration waits here until the first is done. The lock is also released when the connection ends.
class MigrationLock {
 public:
  explicit MigrationLock(Connection& connection) : connection_(connection) {
    connection_.execute("set lock_timeout = 0");
    connection_.execute(fmt::format("select pg_advisory_lock({})", kKey));
  }
  ~MigrationLock() {
    try {
      connection_.execute(fmt::format("select pg_advisory_unlock({})", kKey));
    } catch (const std::exception&) {  // the connection is gone, and the lock with it
    }
  }
  MigrationLock(const MigrationLock&) = delete;
  MigrationLock& operator=(const MigrationLock&) = delete;

 private:
  static constexpr int64_t kKey = 0x777870697065;  // "wxpipe"
  Connection& connection_;
};
}  // namespace

std::span<const Migration> embedded_migrations() {
  static const auto all = [] {
    std::vector<Migration> migrations;
    for (const auto& file : embedded_schema_files()) {
      int version = 0;
      const auto* const end = file.name.data() + 4;
      if (std::from_chars(file.name.data(), end, version).ptr != end || file.name[4] != '_')
        throw std::logic_error(fmt::format("schemas/postgres/{}: wanted a name like 0007_what_it_does.sql", file.name));
      migrations.push_back({version, file.name, file.sql});
    }
    return migrations;
  }();
  return all;
}

MigrationReport migrate(Connection& connection, std::span<const Migration> migrations) {
  const MigrationLock lock(connection);
  if (!has_schema(connection))
    connection.execute(
        "create schema if not exists wxpipe;"
        "comment on schema wxpipe is 'wxpipe''s own tables; the business''s are in public';"
        "create table wxpipe.schema_version (version integer primary key, name text not null, checksum text not null, "
        "created_at timestamptz(6) not null default now(), updated_at timestamptz(6) not null default now());"
        "comment on table wxpipe.schema_version is 'The numbered SQL files that wxpipe migrate has applied';"
        "comment on column wxpipe.schema_version.version is 'Number in front of the file''s name';"
        "comment on column wxpipe.schema_version.name is 'The file''s name';"
        "comment on column wxpipe.schema_version.checksum is 'SHA-256 of the file as it was applied';"
        "comment on column wxpipe.schema_version.created_at is 'When it was applied';"
        "comment on column wxpipe.schema_version.updated_at is 'When the row was changed; never'");
  const auto applied = applied_versions(connection);
  require_known(applied, migrations);

  MigrationReport report;
  for (const auto& [version, name, sum] : applied) {
    report.already.push_back(name);
    report.version = version;
  }
  for (const auto& migration : migrations.subspan(applied.size())) {
    apply(connection, migration);
    report.applied.emplace_back(migration.name);
    report.version = migration.version;
  }
  return report;
}

void require_schema(Connection& connection, std::span<const Migration> migrations) {
  if (!has_schema(connection))
    throw UsageError("the database has no wxpipe schema: run `wxpipe migrate` with the same configuration");
  const auto applied = applied_versions(connection);
  require_known(applied, migrations);
  if (applied.size() < migrations.size())
    throw UsageError(
        fmt::format("the database's schema is at version {}, this program needs {}: run `wxpipe migrate` with the same "
                    "configuration",
                    applied.empty() ? 0 : applied.back().version, migrations.back().version));
}

}  // namespace wxpipe::postgres
