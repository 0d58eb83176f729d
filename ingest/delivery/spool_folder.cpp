#include "ingest/delivery/spool_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

namespace wxpipe::ingest {
namespace fs = std::filesystem;

namespace {
bool is_damaged(const std::string& name) { return name.find(".spool.damaged-") != std::string::npos; }
}  // namespace

std::set<std::string> spools_in(const fs::path& folder) {
  std::set<std::string> names;
  std::error_code trouble;
  for (const auto& entry : fs::directory_iterator(folder, trouble)) {
    const auto& path = entry.path();
    const bool kept = is_damaged(path.filename().string());
    if (!kept && (path.extension() == ".spool" || path.extension() == ".ledger")) names.insert(path.stem());
  }
  return names;
}

std::vector<std::string> damaged_spools_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    auto name = entry.path().filename().string();
    const bool beside = name.ends_with("-wal") || name.ends_with(".ledger") || name.ends_with(".lost");
    if (is_damaged(name) && !beside) names.push_back(std::move(name));
  }
  return names;
}

bool has_owner(const SpoolFiles& files) {
  // Never makes the file: it would belong to whoever looks, and its owner could not open it.
  const int lock = ::open(files.lock.c_str(), O_RDWR | O_CLOEXEC);
  if (lock < 0) return errno != ENOENT;
  const bool free = ::flock(lock, LOCK_EX | LOCK_NB) == 0;
  ::close(lock);
  return !free;
}

}  // namespace wxpipe::ingest
