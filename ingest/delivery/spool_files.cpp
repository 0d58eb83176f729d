#include "ingest/delivery/spool_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/telemetry/log.hpp"

namespace wxpipe::ingest {

SpoolFiles::SpoolFiles(const std::filesystem::path& directory, const std::string& instance)
    : file(directory / (instance + ".spool")),
      wal(file.string() + "-wal"),
      shm(file.string() + "-shm"),
      lock(directory / (instance + ".lock")),
      ledger(directory / (instance + ".ledger")),
      building(file.string() + ".building"),
      built(file.string() + ".built") {}

bool is_open_to_others(const std::filesystem::path& folder) {
  using std::filesystem::perms;
  std::error_code absent;
  const auto status = std::filesystem::status(folder, absent);
  return !absent && is_directory(status) &&
         (status.permissions() & (perms::group_all | perms::others_all)) != perms::none;
}

void make_private_folder(const std::filesystem::path& directory, std::error_code& trouble) {
  auto folder = directory.lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();  // "spool/"
  if (folder.has_parent_path()) std::filesystem::create_directories(folder.parent_path(), trouble);
  if (!trouble && ::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) trouble = {errno, std::generic_category()};
}

// SQLite gives its -wal and -shm the rights of the file they belong to.
void make_private_file(const SpoolFiles& files) {
  const int made = ::open(files.file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (made < 0) return;  // SQLite meets the same, and says so
  ::close(made);
  for (const auto& path : {files.file, files.wal, files.shm})
    if (::chmod(path.c_str(), 0600) != 0 && errno != ENOENT)
      telemetry::log_warn(
          "spool_open_to_others",
          {{"path", path.string()}, {"why", std::generic_category().message(errno)}, {"do", "chmod 600"}});
}

void sync_folder(const std::filesystem::path& folder) {
  const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = opened >= 0 && ::fsync(opened) == 0;
  const std::error_code trouble(errno, std::generic_category());
  if (opened >= 0) ::close(opened);
  if (!synced) throw std::system_error(trouble, folder.string());
}

}  // namespace wxpipe::ingest
