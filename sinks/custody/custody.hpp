// Custody marks: what each ingest process acknowledged, as rows of wxpipe.custody_marks and counts in wxpipe.ledger
// (docs/decisions/0004-custody-marks.md).
#pragma once

#include <memory>
#include <string>

#include "schemas/custody_mark.hpp"
#include "sinks/sink.hpp"

namespace wxpipe::sinks {

struct CustodyRow {
  schemas::CustodyMark mark;
  std::string json;  // as it came
};

class CustodySink final : public RowsSink<CustodyRow> {
 public:
  CustodySink();
  std::string_view family() const override { return "custody"; }
  schemas::TopicName topic() const override { return schemas::TopicName::custody; }
  std::span<const std::string_view> partitioned() const override { return {}; }
  Result<void> add(std::string_view value) override;
  RowHead head(size_t row) const override;
  void set_occurred_at(size_t, Timestamp) override {}  // none is timeless
  Written write(postgres::Transaction& transaction, size_t first, size_t count, std::string_view writer) override;

 private:
  struct Columns;
  std::shared_ptr<Columns> columns_;
};

}  // namespace wxpipe::sinks
