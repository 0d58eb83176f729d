// A family of tables that is filled from one topic: turns records into rows and writes them. Owned by one thread. `add`
// is pure; `write` runs inside the caller's transaction, and the caller decides about retries.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "common/clock.hpp"
#include "common/postgres/connection.hpp"
#include "common/result.hpp"
#include "common/uuid.hpp"
#include "schemas/topics.hpp"

namespace wxpipe::sinks {

// The data of every row that custody, dead letters and partitions need. The views live as long as the row.
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
  int64_t fresh = 0;              // how many of the records were new
  std::vector<TableRows> tables;  // rows inserted or computed again
  bool operator==(const Written&) const = default;
};

// What an erasure made of a row.
enum class Erased {
  nobody,  // it names nobody who was erased; it is as it was
  person,  // it says no longer of whom and what
  whole    // nothing of it is to be stored
};

class Sink {
 public:
  virtual ~Sink() = default;
  virtual const schemas::FamilyInfo& family() const = 0;

  // Reads a record's value and keeps it as the next row, or as the next rows if it is a list of facts. None if it is
  // rejected.
  virtual Result<void> add(std::string_view value) = 0;
  virtual size_t size() const = 0;
  virtual RowHead head(size_t row) const = 0;
  // Timeless rows get the time of their first delivery (timeless_ids.hpp).
  virtual void set_occurred_at(size_t row, Timestamp occurred_at) = 0;
  // For erasures (erased_people.hpp): whether any of its facts says something of people; when the row's callback was
  // received; each text that may be a person's id; and the erasure of whoever has a pseudonym.
  virtual bool says_of_people() const = 0;
  virtual Timestamp came_at(size_t row) const = 0;
  virtual void tell_names(size_t row, const std::function<void(std::string_view)>& tell) const = 0;
  virtual Erased erase_people(size_t row, const std::function<std::string_view(std::string_view)>& pseudonym_of) = 0;
  // Prepares the rows for `append` and `write`; pure. If it isn't called, they do it.
  virtual void prepare() = 0;
  // Three ways to write rows [first, first + count), each dearer than the one before. All count the rows in the ledger
  // for `writer`. `append` may assume that none of them exists, `write` that no other writer adds one meanwhile. If
  // that is wrong they throw SqlError 23505: roll back, then call the next one.
  virtual Written append(postgres::Transaction& transaction, size_t first, size_t count, std::string_view writer) = 0;
  virtual Written write(postgres::Transaction& transaction, size_t first, size_t count, std::string_view writer) = 0;
  virtual Written insert(postgres::Transaction& transaction, size_t first, size_t count, std::string_view writer) = 0;
  // Removes one row; later rows move up.
  virtual void take_out(size_t row) = 0;
  // Removes all rows; keeps memory for the next ones.
  virtual void clear() = 0;
};

}  // namespace wxpipe::sinks
