// The spool's SQLite file: one connection and its prepared statements. One thread.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>

#include "ingest/delivery/spool_record.hpp"

namespace wxpipe::ingest {

// SQLite's own trouble: disk full, read-only, i/o. The world's, so nothing here is dead-lettered.
class DiskTrouble : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
// Not what was written: SQLite can't make sense of the file, or a row doesn't agree with its checksum. Waiting won't
// help.
class DamagedFile : public DiskTrouble {
 public:
  using DiskTrouble::DiskTrouble;
};

class SpoolDatabase {
 public:
  enum class Use {
    normal,   // makes the tables if there are none
    look,     // leaves the file and its log as they are
    rebuild,  // a new file without a log
  };

  // Throws DiskTrouble.
  SpoolDatabase(const std::filesystem::path& file, Use use);
  ~SpoolDatabase();
  SpoolDatabase(const SpoolDatabase&) = delete;
  SpoolDatabase& operator=(const SpoolDatabase&) = delete;

  void run(const char* sql);
  int64_t number(const char* sql);
  void rollback();      // whatever state it is in
  void keep_log();      // closing leaves the log as it is; else it is written into the file and removed
  std::string fault();  // what is wrong with the file's structure; empty: nothing

  void insert(const SpooledRecord& spooled) { insert(spooled.id, spooled.record, spooled.stored_at); }
  void insert(int64_t id, const Outbound& record, Timestamp stored_at);
  void remove(int64_t id);

  // Events with after < id <= up_to, the oldest first, until `take` returns false. Throws DamagedFile at the first row
  // that doesn't agree with its checksum.
  void read(int64_t after, int64_t up_to, const std::function<bool(SpooledRecord&&)>& take);
  // Whether rows have checksums. Spools of older versions don't; their rows are taken as they are.
  bool has_checksums() const { return has_checksums_; }

 private:
  void check(int code) const;
  sqlite3_stmt* prepare(const char* sql);
  void step(sqlite3_stmt* statement);
  void open(const std::filesystem::path& file, Use use);
  void close();

  sqlite3* handle_ = nullptr;
  sqlite3_stmt *insert_ = nullptr, *remove_ = nullptr, *read_ = nullptr;
  bool has_checksums_ = true;
};

}  // namespace wxpipe::ingest
