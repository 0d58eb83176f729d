// SQLite's write-ahead log, as a file (https://sqlite.org/fileformat2.html#walformat). SQLite ends it at the first
// frame whose checksum fails, and later overwrites what lies behind. So it has to be looked at before SQLite does.
// Reads files, changes nothing.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace wxpipe::ingest {

// Reads parts of a file. What can't be read (missing, behind the end, a bad sector) comes as zeros.
class PartReader {
 public:
  explicit PartReader(const std::filesystem::path& file);
  ~PartReader();
  PartReader(const PartReader&) = delete;
  PartReader& operator=(const PartReader&) = delete;

  uint64_t size() const { return size_; }
  void read(uint64_t offset, unsigned char* into, size_t length) const;

 private:
  int file_ = -1;
  uint64_t size_ = 0;
};

inline constexpr size_t kPage = 4096;  // a spool's page size
inline constexpr uint64_t kWalHeader = 32, kFrameHeader = 24;
using Page = std::array<unsigned char, kPage>;

uint32_t big_endian(const unsigned char* bytes);

// Where the log is damaged: the offset of the first frame that doesn't fit, with frames of the same run behind it. A
// write that was cut short by a crash has none behind it. A bit that fell in the very last frame looks like that, too.
std::optional<uint64_t> damage_in_wal(const std::filesystem::path& wal);

}  // namespace wxpipe::ingest
