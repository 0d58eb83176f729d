// Builds the input of a binary COPY: the cheapest way into a table, for rows that don't exist there yet
// (docs/decisions/0012).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "common/postgres/binary_values.hpp"

namespace wxpipe::postgres {

class CopyRows : public BinaryValues {
 public:
  CopyRows() { clear(); }

  void clear();
  // After it, add `columns` values, in the statement's order.
  void begin_row(int16_t columns);
  size_t size() const { return begins_.size(); }
  // Takes rows out again: those whose place is true.
  void leave_out(const std::vector<bool>& which);
  // The whole input. After this call, add nothing before clear().
  std::string_view finish();

 private:
  std::vector<size_t> begins_;  // of each row in the buffer
};

}  // namespace wxpipe::postgres
