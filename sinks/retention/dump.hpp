// Writes a table to a file that Postgres can load again: the text form of COPY with a line of column names, compressed
// with zstd (docs/operations.md has the commands).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "common/postgres/connection.hpp"

namespace wxpipe::sinks {

struct Dump {
  std::filesystem::path file;
  int64_t rows = 0;
};
// A new file in this folder, named after the table: messages_202501.copy.zst, or messages_202501.2.copy.zst if that is
// there already. When it returns, the whole file is on the disk; until then its name ends with .part. Makes the folder
// if it isn't there. Throws Unavailable, SqlError, and std::system_error if the file can't be written.
Dump dump_table(postgres::Connection& connection, const std::string& table, const std::filesystem::path& folder);

}  // namespace wxpipe::sinks
