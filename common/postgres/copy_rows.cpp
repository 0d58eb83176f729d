#include "common/postgres/copy_rows.hpp"

namespace wxpipe::postgres {
namespace {
// PostgreSQL's manual, COPY, "Binary Format": signature, flags, no header extension; in the end a row of -1 columns.
constexpr std::string_view kHeader("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
constexpr std::string_view kTrailer("\377\377", 2);
}  // namespace

void CopyRows::clear() {
  buffer_.assign(kHeader);
  rows_ = 0;
}

void CopyRows::begin_row(int16_t columns) {
  buffer_ += static_cast<char>(columns >> 8);
  buffer_ += static_cast<char>(columns & 0xff);
  ++rows_;
}

std::string_view CopyRows::finish() {
  buffer_ += kTrailer;
  return buffer_;
}

}  // namespace wxpipe::postgres
