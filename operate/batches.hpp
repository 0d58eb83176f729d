// Which rows were committed together: those that one transaction of a sink wrote. created_at is the time when that
// transaction began, so it is the same in all of them. There is no index on it: the others are looked for beside the
// row, in the table's file, where the transaction put them. That costs the same whatever the table's size.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/clock.hpp"
#include "common/postgres/connection.hpp"

namespace wxpipe::operate {

struct Batch {
  Timestamp began_at;         // the transaction
  std::string sink;           // its family
  std::string writer;         // the process: "edge-1", or "edge-1 or edge-2"; empty: not known
  std::string table;          // the partition
  int64_t rows_at_least = 0;  // of it in that table, with the row itself
};

struct WrittenRow {
  std::string sink;
  std::string account;
  Timestamp counted_at;  // the time by which wxpipe.ledger counts it: received_at; of a dead letter, failed_at
  Timestamp created_at;
  std::string table;
  int64_t block = 0;  // of the table's file
};
// Table and block of a row, for a select list.
inline constexpr std::string_view kPlaceOfRow = "tableoid::regclass::text, (ctid::text::point)[0]::int8";

Batch batch_of(postgres::Connection& connection, const WrittenRow& row);

}  // namespace wxpipe::operate
