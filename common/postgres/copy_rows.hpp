// Rows as binary COPY takes them: the cheapest way into a table, for rows that are known not to be there
// (docs/decisions/0012).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/postgres/binary_values.hpp"

namespace wxpipe::postgres {

class CopyRows : public BinaryValues {
 public:
  CopyRows() { clear(); }

  void clear();
  // Then `columns` values, in the order that the statement names.
  void begin_row(int16_t columns);
  size_t size() const { return rows_; }
  // All of it; nothing is added behind that before clear().
  std::string_view finish();

 private:
  size_t rows_ = 0;
};

}  // namespace wxpipe::postgres
