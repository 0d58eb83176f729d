#include "common/postgres/copy_rows.hpp"

#include <cstring>

namespace wxpipe::postgres {
namespace {
// PostgreSQL's manual, COPY, "Binary Format": signature, flags, no header extension; in the end a row of -1 columns.
constexpr std::string_view kHeader("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
constexpr std::string_view kTrailer("\377\377", 2);
}  // namespace

void CopyRows::clear() {
  buffer_.assign(kHeader);
  begins_.clear();
}

void CopyRows::begin_row(int16_t columns) {
  begins_.push_back(buffer_.size());
  buffer_ += static_cast<char>(columns >> 8);
  buffer_ += static_cast<char>(columns & 0xff);
}

void CopyRows::leave_out(const std::vector<bool>& which) {
  auto end = kHeader.size();
  size_t kept = 0;
  for (size_t row = 0; row < begins_.size(); ++row) {
    const auto begin = begins_[row];
    const auto size = (row + 1 < begins_.size() ? begins_[row + 1] : buffer_.size()) - begin;
    if (which[row]) continue;
    std::memmove(buffer_.data() + end, buffer_.data() + begin, size);
    begins_[kept++] = end;
    end += size;
  }
  begins_.resize(kept);
  buffer_.resize(end);
}

std::string_view CopyRows::finish() {
  buffer_ += kTrailer;
  return buffer_;
}

}  // namespace wxpipe::postgres
