// Custody marks: what each ingest process acknowledged, as rows of wxpipe.custody_marks and counts in wxpipe.ledger
// (docs/decisions/0004-custody-marks.md).
#pragma once

#include <memory>
#include <string>

#include "schemas/custody_mark.hpp"
#include "sinks/sink.hpp"

namespace wxpipe::sinks {

class CustodySink final : public Sink {
 public:
  CustodySink();
  std::string_view family() const override { return "custody"; }
  schemas::TopicName topic() const override { return schemas::TopicName::custody; }
  std::span<const std::string_view> partitioned() const override { return {}; }
  Result<void> add(std::string_view value) override;
  size_t size() const override { return rows_.size(); }
  RowHead head(size_t row) const override;
  void set_occurred_at(size_t, Timestamp) override {}  // none is timeless
  Written write(postgres::Transaction& transaction, size_t first, size_t count, std::string_view writer) override;
  void clear() override { rows_.clear(); }

 private:
  struct Columns;
  struct Row {
    schemas::CustodyMark mark;
    std::string json;  // as it came
  };
  std::shared_ptr<Columns> columns_;
  std::vector<Row> rows_;
};

}  // namespace wxpipe::sinks
