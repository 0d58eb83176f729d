// The journal: one row of `messages` for each event.
#pragma once

#include <memory>
#include <string>

#include "common/postgres/sql_array.hpp"
#include "schemas/event.hpp"
#include "sinks/sink.hpp"

namespace wxpipe::sinks {

class MessagesSink final : public RowsSink<schemas::Event> {
 public:
  MessagesSink();
  std::string_view family() const override { return "messages"; }
  schemas::TopicName topic() const override { return schemas::TopicName::messages; }
  std::span<const std::string_view> partitioned() const override;
  Result<void> add(std::string_view value) override;
  RowHead head(size_t row) const override;
  void set_occurred_at(size_t row, Timestamp occurred_at) override { rows_[row].occurred_at = occurred_at; }
  Written write(postgres::Transaction& transaction, size_t first, size_t count, std::string_view writer) override;

 private:
  struct Columns;
  std::shared_ptr<Columns> columns_;  // buffers kept over batches
  std::string json_;
};

}  // namespace wxpipe::sinks
