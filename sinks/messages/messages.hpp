// The journal: one row of `messages` for each event, and one of wxpipe.duplicate_receipts for each repeat that
// `process` met.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "common/postgres/sql_array.hpp"
#include "schemas/event.hpp"
#include "schemas/facts.hpp"
#include "sinks/sink.hpp"

namespace wxpipe::sinks {

// What messages.v1 carries.
using Delivery = std::variant<schemas::Event, schemas::DuplicateMet>;

class MessagesSink final : public RowsSink<Delivery> {
 public:
  MessagesSink();
  std::string_view family() const override { return "messages"; }
  schemas::TopicName topic() const override { return schemas::TopicName::messages; }
  std::span<const std::string_view> partitioned() const override;
  Result<void> add(std::string_view value) override;
  RowHead head(size_t row) const override;
  void set_occurred_at(size_t row, Timestamp occurred_at) override {
    prepared_ = 0;
    std::visit([&](auto& delivery) { delivery.occurred_at = occurred_at; }, rows_[row]);
  }
  void prepare() override;
  Written append(postgres::Transaction& transaction, size_t first, size_t count, std::string_view writer) override;
  Written write(postgres::Transaction& transaction, size_t first, size_t count, std::string_view writer) override;
  // The pure half of write: rows [first, first + count) to the arrays of its statements.
  void fill(size_t first, size_t count);

 private:
  struct Columns;
  template <class Next>
  void put(const schemas::Event& event, Next&& next);
  void forget_copy();
  void encode(size_t first, size_t end);
  void add_repeat(const schemas::DuplicateMet& repeat);
  int64_t write_messages(postgres::Transaction& transaction, std::string_view writer);
  int64_t write_repeats(postgres::Transaction& transaction, std::string_view writer);

  std::shared_ptr<Columns> columns_;  // buffers kept over batches
  std::string json_;
};

}  // namespace wxpipe::sinks
