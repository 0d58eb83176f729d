#include "sinks/retention/dump.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "common/runtime/output_file.hpp"

namespace wxpipe::sinks {
namespace {
namespace fs = std::filesystem;

fs::path unused_name(const fs::path& folder, const std::string& table) {
  auto file = folder / fmt::format("{}.copy.zst", table);
  for (int number = 2; fs::exists(file); ++number) file = folder / fmt::format("{}.{}.copy.zst", table, number);
  return file;
}

void make_folder(const fs::path& folder) {
  if (fs::exists(folder)) return;
  fs::create_directories(folder);
  fs::permissions(folder, fs::perms::owner_all);
}

// A file's new name is on the disk only after its folder is.
void sync_folder(const fs::path& folder) {
  const int handle = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = handle >= 0 && ::fsync(handle) == 0;
  const int why = errno;
  if (handle >= 0) ::close(handle);
  if (!synced) throw std::system_error(why, std::generic_category(), folder.string());
}
}  // namespace

Dump dump_table(postgres::Connection& connection, const std::string& table, const fs::path& folder) {
  using runtime::OutputFile;
  make_folder(folder);
  Dump dump{unused_name(folder, table), 0};
  const fs::path part = dump.file.string() + ".part";
  fs::remove(part);  // of a run that was cut off
  {
    OutputFile file(part, OutputFile::Compression::zstd);
    postgres::Transaction transaction(connection);
    const auto columns = transaction
                             .execute(fmt::format("select string_agg(quote_ident(attname), ', ' order by attnum) from "
                                                  "pg_attribute where attrelid = '{}'::regclass and attnum > 0 and "
                                                  "not attisdropped and attgenerated = ''",
                                                  table))
                             .text(0, 0);
    transaction.copy_out(fmt::format("copy {} ({}) to stdout with (format text, header)", table, columns),
                         [&](std::string_view line) {
                           file.write(line);
                           ++dump.rows;
                         });
    --dump.rows;  // the header
    file.finish();
  }
  fs::rename(part, dump.file);
  sync_folder(folder);
  return dump;
}

}  // namespace wxpipe::sinks
