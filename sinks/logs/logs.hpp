// Happenings for operators: rows of `system_logs`.
#pragma once

#include <memory>
#include <string>

#include "schemas/facts.hpp"
#include "sinks/sink.hpp"

namespace wxpipe::sinks {

class LogsSink final : public RowsSink<schemas::LogWritten> {
 public:
  LogsSink();
  std::string_view family() const override { return "logs"; }
  schemas::TopicName topic() const override { return schemas::TopicName::logs; }
  std::span<const std::string_view> partitioned() const override;
  Result<void> add(std::string_view value) override;
  RowHead head(size_t row) const override;
  void set_occurred_at(size_t row, Timestamp occurred_at) override { rows_[row].origin.occurred_at = occurred_at; }
  Written write(postgres::Transaction& transaction, size_t first, size_t count, std::string_view writer) override;

 private:
  struct Columns;
  std::shared_ptr<Columns> columns_;  // buffers kept over batches
  std::string json_;
};

}  // namespace wxpipe::sinks
