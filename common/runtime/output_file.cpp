#include "common/runtime/output_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "common/result.hpp"

namespace wxpipe::runtime {

OutputFile::OutputFile(std::filesystem::path path, Compression compression) : path_(std::move(path)) {
  const int handle = ::open(path_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (handle < 0 && errno == EEXIST)
    throw UsageError(fmt::format("{} is there already; name another folder", path_.string()));
  if (handle < 0) cannot_write();
  out_.reset(::fdopen(handle, "w"));
  if (!out_) cannot_write();
  if (compression == Compression::none) return;
  compressor_.reset(ZSTD_createCCtx());
  if (!compressor_) throw std::bad_alloc();
  ZSTD_CCtx_setParameter(compressor_.get(), ZSTD_c_checksumFlag, 1);
  buffer_.resize(ZSTD_CStreamOutSize());
}

void OutputFile::write(std::string_view text) {
  if (compressor_)
    compress(text, ZSTD_e_continue);
  else
    put(text);
}

void OutputFile::finish() {
  if (compressor_) compress({}, ZSTD_e_end);
  if (std::fflush(out_.get()) != 0 || ::fsync(::fileno(out_.get())) != 0) cannot_write();
}

void OutputFile::put(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), out_.get()) != bytes.size()) cannot_write();
}

void OutputFile::compress(std::string_view text, ZSTD_EndDirective directive) {
  ZSTD_inBuffer in{text.data(), text.size(), 0};
  for (;;) {
    ZSTD_outBuffer out{buffer_.data(), buffer_.size(), 0};
    const auto left = ZSTD_compressStream2(compressor_.get(), &out, &in, directive);
    if (ZSTD_isError(left) != 0)
      throw std::runtime_error(fmt::format("{}: {}", path_.string(), ZSTD_getErrorName(left)));
    put({buffer_.data(), out.pos});
    if (directive == ZSTD_e_end ? left == 0 : in.pos == in.size) return;
  }
}

void OutputFile::cannot_write() const { throw std::system_error(errno, std::generic_category(), path_.string()); }

}  // namespace wxpipe::runtime
