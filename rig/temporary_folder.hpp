// A new folder, deleted at the end with everything in it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace wxpipe::rig {

class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }
  // Writes a file into the folder and returns its path.
  std::filesystem::path write(std::string_view name, std::string_view content) const;

 private:
  std::filesystem::path path_;
};

// Reads the whole file. Throws when it can't.
std::string read_file(const std::filesystem::path& path);

}  // namespace wxpipe::rig
