// Rows as binary COPY takes them: the cheapest way into a table, for rows that are known not to be there. Two thirds of what
// `insert … select unnest(…) on conflict` costs the server. The buffer is kept over batches.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/clock.hpp"
#include "common/uuid.hpp"

namespace wxpipe::postgres {

class CopyRows {
 public:
  void clear();
  // Then `columns` values, in the order that the statement names.
  void begin_row(int16_t columns);
  void add_null();
  void add_boolean(bool value);
  void add_int4(int32_t value);
  void add_text(std::string_view text) { add(text); }
  void add_text_or_null(std::string_view text) { text.empty() ? add_null() : add(text); }
  void add_time(Timestamp at);
  void add_uuid(const Uuid& id);
  void add_jsonb(std::string_view json);  // JSON text; the server still parses it

  size_t size() const { return size_; }  // rows
  // All of it; nothing is added behind that before clear().
  std::string_view finish();

 private:
  void add(std::string_view value);

  std::string buffer_;
  size_t size_ = 0;
};

}  // namespace wxpipe::postgres
