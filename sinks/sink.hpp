// A family of tables that is filled from one topic: how a record becomes rows, and the statements that write them.
// Owned by one thread. `add` is pure; `write` runs inside somebody else's transaction and decides nothing about
// retries.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "common/clock.hpp"
#include "common/postgres/connection.hpp"
#include "common/result.hpp"
#include "common/uuid.hpp"
#include "schemas/topics.hpp"

namespace wxpipe::sinks {

// What every row has, for custody, dead letters and partitions. The views live as long as the row.
struct RowHead {
  Uuid id;        // the row's own: event, activity, log or dead letter
  Uuid event_id;  // what it came from
  Timestamp occurred_at, received_at;
  bool timeless = false;
  std::string_view account, receipt, trace_id;
};

struct TableRows {
  std::string_view table;
  int64_t rows = 0;
  bool operator==(const TableRows&) const = default;
};

struct Written {
  int64_t fresh = 0;              // of the records, how many were new
  std::vector<TableRows> tables;  // rows inserted or computed anew
  bool operator==(const Written&) const = default;
};

class Sink {
 public:
  virtual ~Sink() = default;
  virtual const schemas::FamilyInfo& family() const = 0;

  // Reads a record's value and keeps it as the next row.
  virtual Result<void> add(std::string_view value) = 0;
  virtual size_t size() const = 0;
  virtual RowHead head(size_t row) const = 0;
  // Timeless rows take the time of their first delivery (timeless_ids.hpp).
  virtual void set_occurred_at(size_t row, Timestamp occurred_at) = 0;
  // Makes ready what `append` needs of the rows; pure. Without it append does so itself.
  virtual void prepare() = 0;
  // Writes rows [first, first + count), taking for granted that none of them is there, where that is cheaper. Refused
  // with 23505 if one is: then `write` is called for, after a rollback. Both count them in the ledger as `writer`'s.
  virtual Written append(postgres::Transaction& transaction, size_t first, size_t count, std::string_view writer) = 0;
  virtual Written write(postgres::Transaction& transaction, size_t first, size_t count, std::string_view writer) = 0;
  // Forgets one row; those behind it move up.
  virtual void take_out(size_t row) = 0;
  // Forgets the rows, keeps memory for the next ones.
  virtual void clear() = 0;
};

}  // namespace wxpipe::sinks
