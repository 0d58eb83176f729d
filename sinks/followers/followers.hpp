// Followers and customers: each change once in `follower_history`, and `followers` computed from it.
#pragma once

#include <memory>

#include "schemas/facts.hpp"
#include "sinks/sink.hpp"

namespace wxpipe::sinks {

class FollowersSink final : public RowsSink<schemas::FollowerChanged> {
 public:
  FollowersSink();
  std::string_view family() const override { return "followers"; }
  schemas::TopicName topic() const override { return schemas::TopicName::followers; }
  std::span<const std::string_view> partitioned() const override { return {}; }
  Result<void> add(std::string_view value) override;
  RowHead head(size_t row) const override;
  void set_occurred_at(size_t row, Timestamp occurred_at) override { rows_[row].origin.occurred_at = occurred_at; }
  Written write(postgres::Transaction& transaction, size_t first, size_t count, std::string_view writer) override;

 private:
  struct Columns;
  std::shared_ptr<Columns> columns_;  // buffers kept over batches
};

}  // namespace wxpipe::sinks
