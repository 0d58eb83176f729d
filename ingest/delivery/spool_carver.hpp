// Finds the events in a damaged spool. It doesn't follow SQLite's structures, which may be what is damaged: it tries
// every byte of every page, of the file and of its log, as the start of a row. A row counts if its checksum agrees.
// Reads files, changes nothing.
#pragma once

#include <filesystem>
#include <functional>

#include "ingest/delivery/spool_record.hpp"

namespace wxpipe::ingest {

struct CarvedFiles {
  std::filesystem::path file, wal;
  bool has_checksums = true;  // false: spools of versions before there were checksums
};

// wanted: by id; asked first, since pages hold the same row many times. found: returns what it makes of a row whose
// checksum agrees.
void carve(const CarvedFiles& files, const std::function<bool(int64_t id)>& wanted,
           const std::function<void(const SpooledRecord& found)>& found);

}  // namespace wxpipe::ingest
