// Dead letters: those that ingest and process sent over the topic, and those that a sink makes itself.
#pragma once

#include <memory>
#include <span>

#include "schemas/dead_letter.hpp"
#include "sinks/sink.hpp"

namespace wxpipe::sinks {

// Inserts into `dead_letters`, ignoring repeats; counts in the ledger under `family`. Answers how many were new. Keeps
// its buffers; owned by one thread.
class DeadLetterTable {
 public:
  DeadLetterTable();
  int64_t insert(postgres::Transaction& transaction, std::span<const schemas::DeadLetter> letters,
                 std::string_view family, std::string_view writer);

 private:
  struct Columns;
  std::shared_ptr<Columns> columns_;
};

class DeadLettersSink final : public RowsSink<schemas::DeadLetter> {
 public:
  std::string_view family() const override { return "dead_letters"; }
  schemas::TopicName topic() const override { return schemas::TopicName::dead_letters; }
  std::span<const std::string_view> partitioned() const override { return {}; }
  Result<void> add(std::string_view value) override;
  RowHead head(size_t row) const override;
  void set_occurred_at(size_t row, Timestamp occurred_at) override { rows_[row].occurred_at = occurred_at; }
  Written write(postgres::Transaction& transaction, size_t first, size_t count, std::string_view writer) override;

 private:
  DeadLetterTable table_;
};

}  // namespace wxpipe::sinks
