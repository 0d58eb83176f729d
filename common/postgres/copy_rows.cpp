#include "common/postgres/copy_rows.hpp"

#include "common/postgres/sql_array.hpp"

namespace wxpipe::postgres {
namespace {
// PostgreSQL's manual, COPY, "Binary Format": signature, flags, no header extension; in the end a row of -1 columns.
constexpr std::string_view kHeader("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
constexpr std::string_view kTrailer("\377\377", 2);
}  // namespace

void CopyRows::clear() {
  buffer_.assign(kHeader);
  size_ = 0;
}

void CopyRows::begin_row(int16_t columns) {
  if (buffer_.empty()) clear();
  buffer_ += static_cast<char>(columns >> 8);
  buffer_ += static_cast<char>(columns & 0xff);
  ++size_;
}

void CopyRows::add(std::string_view value) {
  append_binary(buffer_, static_cast<int32_t>(value.size()));
  buffer_ += value;
}

void CopyRows::add_null() { append_binary(buffer_, int32_t{-1}); }

void CopyRows::add_boolean(bool value) {
  append_binary(buffer_, int32_t{1});
  buffer_ += static_cast<char>(value ? 1 : 0);
}

void CopyRows::add_int4(int32_t value) {
  append_binary(buffer_, int32_t{4});
  append_binary(buffer_, value);
}

void CopyRows::add_time(Timestamp at) {
  append_binary(buffer_, int32_t{8});
  append_binary(buffer_, at);
}

void CopyRows::add_uuid(const Uuid& id) { add({reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()}); }

void CopyRows::add_jsonb(std::string_view json) {
  append_binary(buffer_, static_cast<int32_t>(json.size() + 1));
  buffer_ += '\1';  // the version of jsonb's binary form
  buffer_ += json;
}

std::string_view CopyRows::finish() {
  if (buffer_.empty()) clear();
  buffer_ += kTrailer;
  return buffer_;
}

}  // namespace wxpipe::postgres
