#include "ingest/delivery/spool_disk.hpp"

#ifdef WXPIPE_FAULT_POINTS
#include <sqlite3.h>

#include <map>
#include <mutex>

#include "common/runtime/fault_point.hpp"

namespace wxpipe::ingest {
namespace {
sqlite3_vfs* system_disk = nullptr;

// SQLite keeps a table of functions for each kind of file. Each gets a copy with our sync function in it.
std::mutex mutex;
std::map<const sqlite3_io_methods*, sqlite3_io_methods> copies;
std::map<const sqlite3_io_methods*, const sqlite3_io_methods*> originals;

int sync(sqlite3_file* file, int flags) {
  const sqlite3_io_methods* original;
  {
    const std::lock_guard lock(mutex);
    original = originals.at(file->pMethods);
  }
  WXPIPE_FAULT_POINT(spool_before_fsync);
  return original->xSync(file, flags);
}

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  const int result = system_disk->xOpen(system_disk, name, file, flags, flags_out);
  if (result != SQLITE_OK || (flags & SQLITE_OPEN_WAL) == 0)
    return result;  // only the log: a commit is synced there first
  const std::lock_guard lock(mutex);
  const auto [copy, fresh] = copies.try_emplace(file->pMethods, *file->pMethods);
  if (fresh) {
    copy->second.xSync = sync;
    originals.emplace(&copy->second, copy->first);
  }
  file->pMethods = &copy->second;
  return result;
}

bool make() {
  static sqlite3_vfs disk;
  system_disk = sqlite3_vfs_find(nullptr);
  disk = *system_disk;
  disk.pNext = nullptr;
  disk.zName = "wxpipe-spool";
  disk.xOpen = open;
  return sqlite3_vfs_register(&disk, 0) == SQLITE_OK;
}
}  // namespace

const char* spool_disk() {
  static const bool made = make();
  return made ? "wxpipe-spool" : nullptr;
}

}  // namespace wxpipe::ingest
#endif
