// A side schema: the same tables and partitions beside production, for replays to try things on, and what differs
// between the two (docs/decisions/0018-side-schemas.md). One thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.hpp"
#include "common/config/settings.hpp"
#include "common/postgres/connection.hpp"
#include "common/postgres/migrations.hpp"
#include "sinks/family_databases.hpp"

namespace wxpipe::operate {

// Throws UsageError: the name is none, or can't be one.
postgres::Schemas named_side_schema(std::string_view name);

// The migrations that make the tables. Views for other systems have schemas of their own, and are of production's
// tables.
std::vector<postgres::Migration> side_migrations();

// Makes it in every database, or brings it to this program's version. Throws UsageError: somebody else's schema has
// that name.
void make_side_schema(const config::Settings& settings, const postgres::Schemas& side);

struct DiffBounds {
  std::string account;                // empty: all
  std::optional<Timestamp> from, to;  // of occurred_at: then only tables that have it
  std::vector<std::string> ignored;   // columns
  size_t samples = 3;                 // of each table
};

struct Difference {
  std::string kind, key, column, production, side;  // kind: added, missing, changed
};

struct TableDiff {
  std::string table;
  int64_t added = 0, missing = 0;              // in the side schema, in production only
  int64_t changed = 0;                         // rows with the same key
  std::map<std::string, int64_t> by_column{};  // of the changed rows
  std::vector<Difference> samples{};
};

struct Diff {
  std::vector<TableDiff> tables;
  std::vector<std::string> left_out;    // tables, with the reason
  std::vector<std::string> unfinished;  // topics of which a replay into it was cut, or still goes on
};

// Compares every table by its key, without created_at and updated_at. Throws UsageError: there is no such side schema.
Diff diff(sinks::FamilyConnections& databases, const postgres::Schemas& side, const DiffBounds& bounds);

}  // namespace wxpipe::operate
