// What tells one version of a file from another. Any thread.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>

namespace wxpipe::runtime {

// All zero: it can't be read. A file that was replaced has another inode.
struct FileStamp {
  uint64_t device = 0, inode = 0;
  int64_t size = 0, changed_at = 0;  // nanoseconds
  bool operator==(const FileStamp&) const = default;
};

inline FileStamp stamp_of(const std::string& file) {
  struct stat found {};
  if (::stat(file.c_str(), &found) != 0) return {};
  return {found.st_dev, found.st_ino, found.st_size, found.st_ctim.tv_sec * 1'000'000'000 + found.st_ctim.tv_nsec};
}

}  // namespace wxpipe::runtime
