#include "chaos/small_disk.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace wxpipe::chaos {
namespace {
constexpr const char* kSize = "size=256m,mode=0700";
constexpr const char* kFiller = "filler";
// Logs may grow beyond it. SQLite's files are opened anew at every start, and are small then.
constexpr rlim_t kSmallFile = 64 << 10;

void limit(pid_t writer, rlim_t most) {
  if (writer <= 0) return;
  const rlimit limit{.rlim_cur = most, .rlim_max = RLIM_INFINITY};
  if (::prlimit(writer, RLIMIT_FSIZE, &limit, nullptr) != 0 && errno != ESRCH)
    throw std::system_error(errno, std::generic_category(), "prlimit");
}
}  // namespace

void keep_mounts_to_ourselves() {
  if (::unshare(CLONE_NEWNS) == 0) ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
}

SmallDisk::SmallDisk(std::filesystem::path folder) : folder_(std::move(folder)) {
  std::filesystem::create_directories(folder_);
  mounted_ = ::mount("wxpipe-chaos", folder_.c_str(), "tmpfs", MS_NODEV | MS_NOSUID, kSize) == 0;
}

SmallDisk::~SmallDisk() {
  if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
}

void SmallDisk::fill(pid_t writer) {
  if (!mounted_) return limit(writer, kSmallFile);
  const int file = ::open((folder_ / kFiller).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return;  // no room even for a file name: it is full
  struct statvfs space {};
  off_t size = 0;
  // In smaller and smaller pieces, because the writer takes room at the same time.
  while (::fstatvfs(file, &space) == 0 && space.f_bfree > 0) {
    const auto piece = static_cast<off_t>(space.f_bfree * space.f_bsize);
    if (::posix_fallocate(file, size, piece) != 0) break;
    size += piece;
  }
  ::close(file);
}

void SmallDisk::empty(pid_t writer) {
  if (!mounted_) return limit(writer, RLIM_INFINITY);
  std::error_code ignored;  // there is no such file if it wasn't filled
  std::filesystem::remove(folder_ / kFiller, ignored);
}

}  // namespace wxpipe::chaos
