// Builds the input of a binary COPY: the cheapest way into a table, for rows that don't exist there yet
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
  // After it, add `columns` values, in the statement's order.
  void begin_row(int16_t columns);
  size_t size() const { return rows_; }
  // The whole input. After this call, add nothing before clear().
  std::string_view finish();

 private:
  size_t rows_ = 0;
};

}  // namespace wxpipe::postgres
