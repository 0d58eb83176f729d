#include "ingest/delivery/spool_wal.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace wxpipe::ingest {
namespace {
constexpr uint32_t kMagic = 0x377f0682;  // plus 1: the checksums are of big-endian words

class Checksum {
 public:
  explicit Checksum(bool big) : big_(big) {}
  void add(const unsigned char* bytes, size_t length) {
    for (size_t at = 0; at < length; at += 8) {
      first_ += word(bytes + at) + second_;
      second_ += word(bytes + at + 4) + first_;
    }
  }
  bool is(const unsigned char* bytes) const { return big_endian(bytes) == first_ && big_endian(bytes + 4) == second_; }

 private:
  uint32_t word(const unsigned char* bytes) const {
    const auto value = big_endian(bytes);
    return big_ ? value : __builtin_bswap32(value);
  }
  bool big_;
  uint32_t first_ = 0, second_ = 0;
};
}  // namespace

PartReader::PartReader(const std::filesystem::path& file) : file_(::open(file.c_str(), O_RDONLY | O_CLOEXEC)) {
  struct stat status {};
  if (file_ >= 0 && ::fstat(file_, &status) == 0) size_ = static_cast<uint64_t>(status.st_size);
}

PartReader::~PartReader() {
  if (file_ >= 0) ::close(file_);
}

void PartReader::read(uint64_t offset, unsigned char* into, size_t length) const {
  size_t done = 0;
  while (done < length && file_ >= 0) {
    const auto got = ::pread(file_, into + done, length - done, static_cast<off_t>(offset + done));
    if (got <= 0) break;
    done += static_cast<size_t>(got);
  }
  std::fill(into + done, into + length, static_cast<unsigned char>(0));
}

uint32_t big_endian(const unsigned char* bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | uint32_t{bytes[3]};
}

std::optional<uint64_t> damage_in_wal(const std::filesystem::path& wal) {
  const PartReader file(wal);
  if (file.size() <= kWalHeader) return std::nullopt;  // no frame was written
  std::array<unsigned char, kWalHeader> header{};
  file.read(0, header.data(), header.size());
  const auto magic = big_endian(header.data());
  Checksum sum(magic % 2 == 1);
  sum.add(header.data(), 24);
  if ((magic & ~1U) != kMagic || big_endian(header.data() + 8) != kPage || !sum.is(header.data() + 24)) return 0;

  std::optional<uint64_t> bad;
  std::array<unsigned char, kFrameHeader + kPage> frame{};
  for (auto at = kWalHeader; at + frame.size() <= file.size(); at += frame.size()) {
    file.read(at, frame.data(), frame.size());
    const bool of_this_run = std::memcmp(frame.data() + 8, header.data() + 16, 8) == 0;  // the salts
    if (bad) {
      if (of_this_run) return bad;
      continue;
    }
    sum.add(frame.data(), 8);
    sum.add(frame.data() + kFrameHeader, kPage);
    if (!of_this_run || !sum.is(frame.data() + 16)) bad = at;
  }
  return std::nullopt;
}

}  // namespace wxpipe::ingest
