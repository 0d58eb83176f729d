#include "common/postgres/binary_values.hpp"

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

void BinaryValues::add(std::string_view value) {
  append_binary(buffer_, static_cast<int32_t>(value.size()));
  buffer_ += value;
  ++values_;
}

void BinaryValues::add_null() {
  append_binary(buffer_, int32_t{-1});
  has_nulls_ = true;
  ++values_;
}

void BinaryValues::add_boolean(bool value) { add(std::string_view(value ? "\1" : "\0", 1)); }

void BinaryValues::add_int4(int32_t value) {
  append_binary(buffer_, int32_t{4});
  append_binary(buffer_, value);
  ++values_;
}

void BinaryValues::add_int8(int64_t value) {
  append_binary(buffer_, int32_t{8});
  append_binary(buffer_, value);
  ++values_;
}

void BinaryValues::add_time(Timestamp at) {
  append_binary(buffer_, int32_t{8});
  append_binary(buffer_, at);
  ++values_;
}

void BinaryValues::add_uuid(const Uuid& id) { add({reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()}); }

void BinaryValues::add_jsonb(std::string_view json) {
  append_binary(buffer_, static_cast<int32_t>(json.size() + 1));
  buffer_ += '\1';  // the version of jsonb's binary form
  buffer_ += json;
  ++values_;
}

}  // namespace wxpipe::postgres
