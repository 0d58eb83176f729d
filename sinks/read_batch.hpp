// A batch of records as rows of a sink: which record became which rows, and which can't be read. Pure, so the next
// batch can be read while Postgres writes this one. Not for two threads at once.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "sinks/record.hpp"
#include "sinks/sink.hpp"

namespace wxpipe::sinks {

class ReadBatch {
 public:
  struct Unreadable {
    size_t record;
    Rejection why;
  };

  explicit ReadBatch(std::unique_ptr<Sink> sink) : sink_(std::move(sink)) {}

  // Reads the records that it hasn't read yet. `records` and what they point to are borrowed until clear().
  void read(std::span<const InputRecord> records);
  // Reads all of them again, after rows were taken out.
  void read_again();
  // Removes the row and returns its record; later rows move up. Other rows of the record stay.
  size_t take_out(size_t row);
  void clear();

  Sink& rows() { return *sink_; }
  const Sink& rows() const { return *sink_; }
  std::span<const InputRecord> records() const { return records_; }
  size_t record_of(size_t row) const { return record_of_row_[row]; }
  const std::vector<Unreadable>& unreadable() const { return unreadable_; }
  // No row was taken out.
  bool complete() const { return complete_; }

 private:
  std::unique_ptr<Sink> sink_;
  std::span<const InputRecord> records_;
  std::vector<size_t> record_of_row_;
  std::vector<Unreadable> unreadable_;
  bool complete_ = true;
};

}  // namespace wxpipe::sinks
