#include "common/postgres/sql_array.hpp"

#include <bit>
#include <cstring>

namespace wxpipe::postgres {
namespace {
constexpr Timestamp kPostgresEpoch{std::chrono::seconds{946684800}};

template <class Integer>
Integer big_endian(Integer value) {
  if constexpr (std::endian::native == std::endian::big) return value;
  if constexpr (sizeof value == 8)
    return static_cast<Integer>(__builtin_bswap64(static_cast<uint64_t>(value)));
  else
    return static_cast<Integer>(__builtin_bswap32(static_cast<uint32_t>(value)));
}

template <class Integer>
void append_integer(std::string& out, Integer value) {
  value = big_endian(value);
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof value);
}
}  // namespace

void append_binary(std::string& out, int32_t value) { append_integer(out, value); }
void append_binary(std::string& out, int64_t value) { append_integer(out, value); }
void append_binary(std::string& out, Timestamp at) {
  append_integer(out, static_cast<int64_t>((at - kPostgresEpoch).count()));
}

void SqlArray::clear() {
  buffer_.clear();
  append_binary(buffer_, int32_t{1});
  append_binary(buffer_, int32_t{0});
  append_binary(buffer_, static_cast<int32_t>(type_));
  append_binary(buffer_, int32_t{0});
  append_binary(buffer_, int32_t{1});
  size_ = 0;
  has_nulls_ = false;
}

void SqlArray::add(std::string_view element) {
  append_binary(buffer_, static_cast<int32_t>(element.size()));
  buffer_ += element;
  ++size_;
}

void SqlArray::add_null() {
  append_binary(buffer_, int32_t{-1});
  has_nulls_ = true;
  ++size_;
}

void SqlArray::add_boolean(bool value) {
  append_binary(buffer_, int32_t{1});
  buffer_ += static_cast<char>(value ? 1 : 0);
  ++size_;
}

void SqlArray::add_int4(int32_t value) {
  append_binary(buffer_, int32_t{4});
  append_binary(buffer_, value);
  ++size_;
}

void SqlArray::add_int8(int64_t value) {
  append_binary(buffer_, int32_t{8});
  append_binary(buffer_, value);
  ++size_;
}

void SqlArray::add_time(Timestamp at) {
  append_binary(buffer_, int32_t{8});
  append_binary(buffer_, at);
  ++size_;
}

void SqlArray::add_uuid(const Uuid& id) { add({reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()}); }

void SqlArray::add_jsonb(std::string_view json) {
  append_binary(buffer_, static_cast<int32_t>(json.size() + 1));
  buffer_ += '\1';  // the version of jsonb's binary form
  buffer_ += json;
  ++size_;
}

std::string_view SqlArray::bytes() {
  const auto patch = [&](size_t where, int32_t value) {
    value = big_endian(value);
    std::memcpy(buffer_.data() + where, &value, sizeof value);
  };
  patch(4, has_nulls_ ? 1 : 0);
  patch(12, size_);
  // An empty array has no dimensions at all.
  patch(0, size_ == 0 ? 0 : 1);
  return size_ == 0 ? std::string_view(buffer_).substr(0, 12) : std::string_view(buffer_);
}

}  // namespace wxpipe::postgres
