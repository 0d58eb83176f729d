#include "common/postgres/sql_array.hpp"

namespace wxpipe::postgres {

void SqlArray::clear() {
  buffer_.clear();
  append_binary(buffer_, int32_t{1});
  append_binary(buffer_, int32_t{0});
  append_binary(buffer_, static_cast<int32_t>(type_));
  append_binary(buffer_, int32_t{0});
  append_binary(buffer_, int32_t{1});
  values_ = 0;
  has_nulls_ = false;
}

std::string_view SqlArray::bytes() {
  const auto patch = [&](size_t where, int32_t value) {
    std::string bytes;
    append_binary(bytes, value);
    buffer_.replace(where, bytes.size(), bytes);
  };
  patch(4, has_nulls_ ? 1 : 0);
  patch(12, values_);
  // An empty array has no dimensions at all.
  patch(0, values_ == 0 ? 0 : 1);
  return values_ == 0 ? std::string_view(buffer_).substr(0, 12) : std::string_view(buffer_);
}

}  // namespace wxpipe::postgres
