// A new file that only its owner can read, plain or compressed with zstd while it is written. One thread owns it.
#pragma once

#include <zstd.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace wxpipe::runtime {

class OutputFile {
 public:
  enum class Compression { none, zstd };
  // Throws UsageError when the file is there already, std::system_error when it can't be made.
  OutputFile(std::filesystem::path path, Compression compression);

  // Throws std::system_error.
  void write(std::string_view text);
  // Everything is on the disk, and a compressed file is complete. Call it once, at the end. Throws std::system_error.
  void finish();

  const std::filesystem::path& path() const { return path_; }

 private:
  struct Closed {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  struct Freed {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };
  void put(std::string_view bytes);
  void compress(std::string_view text, ZSTD_EndDirective directive);
  [[noreturn]] void cannot_write() const;

  const std::filesystem::path path_;
  std::unique_ptr<std::FILE, Closed> out_;
  std::unique_ptr<ZSTD_CCtx, Freed> compressor_;  // null: plain
  std::string buffer_;                            // of the compressor's output
};

}  // namespace wxpipe::runtime
