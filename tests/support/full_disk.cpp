#include "tests/support/full_disk.hpp"

#include <sqlite3.h>

#include <atomic>
#include <map>
#include <mutex>
#include <stdexcept>

namespace wxpipe::support {
namespace {
std::atomic<bool> full = false;
sqlite3_vfs* beneath = nullptr;

// SQLite keeps a table of functions for each kind of file. Each gets a copy with our write functions in it.
std::mutex mutex;
std::map<const sqlite3_io_methods*, sqlite3_io_methods> copies;
std::map<const sqlite3_io_methods*, const sqlite3_io_methods*> originals;

const sqlite3_io_methods* original(sqlite3_file* file) {
  const std::lock_guard lock(mutex);
  // Another such layer may have copied our copy. Its writes then come here with a table that we don't know.
  const auto found = originals.find(file->pMethods);
  return found != originals.end() ? found->second : originals.begin()->second;
}

int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  return full ? SQLITE_FULL : original(file)->xWrite(file, data, size, offset);
}
int truncate(sqlite3_file* file, sqlite3_int64 size) {
  return full ? SQLITE_FULL : original(file)->xTruncate(file, size);
}

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  const int result = beneath->xOpen(beneath, name, file, flags, flags_out);
  if (result != SQLITE_OK) return result;
  const std::lock_guard lock(mutex);
  const auto [copy, fresh] = copies.try_emplace(file->pMethods, *file->pMethods);
  if (fresh) {
    copy->second.xWrite = write;
    copy->second.xTruncate = truncate;
    originals.emplace(&copy->second, copy->first);
  }
  file->pMethods = &copy->second;
  return result;
}
}  // namespace

void FullDisk::install() {
  static sqlite3_vfs disk;
  static const bool installed = [] {
    beneath = sqlite3_vfs_find(nullptr);
    disk = *beneath;
    disk.pNext = nullptr;
    disk.zName = "wxpipe-test-disk";
    disk.xOpen = open;
    return sqlite3_vfs_register(&disk, 1) == SQLITE_OK;
  }();
  if (!installed) throw std::runtime_error("SQLite took no other disk");
}
void FullDisk::fill() { full = true; }
void FullDisk::free() { full = false; }

}  // namespace wxpipe::support
