// SQL files that are built into the program (cmake/embed_sql.cmake).
#pragma once

#include <span>
#include <string_view>

namespace wxpipe::postgres {

struct EmbeddedSql {
  std::string_view folder;  // the last folder of its path
  std::string_view name;    // 0002_messages.sql
  std::string_view sql;
};

// schemas/postgres/*.sql and sinks/<family>/*.sql, by name.
std::span<const EmbeddedSql> embedded_schema_files();
std::span<const EmbeddedSql> embedded_merge_files();

}  // namespace wxpipe::postgres
