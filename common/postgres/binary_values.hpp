// Values in Postgres's binary form, one after the other, each after its length. Arrays (sql_array.hpp) and rows of COPY
// (copy_rows.hpp) are made of them. Buffers are reused for the next batch.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/clock.hpp"
#include "common/uuid.hpp"

namespace wxpipe::postgres {

// Scalars, appended. Postgres counts microseconds from 2000-01-01.
void append_binary(std::string& out, int32_t value);
void append_binary(std::string& out, int64_t value);
void append_binary(std::string& out, Timestamp at);

class BinaryValues {
 public:
  void add_null();
  void add_boolean(bool value);
  void add_int4(int32_t value);
  void add_int8(int64_t value);
  void add_text(std::string_view text) { add(text); }  // bytea too
  void add_text_or_null(std::string_view text) { text.empty() ? add_null() : add(text); }
  void add_time(Timestamp at);
  void add_uuid(const Uuid& id);
  void add_jsonb(std::string_view json);  // JSON text; the server still parses it

 protected:
  void add(std::string_view value);

  std::string buffer_;
  int32_t values_ = 0;
  bool has_nulls_ = false;
};

}  // namespace wxpipe::postgres
