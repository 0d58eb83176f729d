#include "sinks/read_batch.hpp"

namespace wxpipe::sinks {

void ReadBatch::read(std::span<const InputRecord> records) {
  for (size_t i = records_.size(); i < records.size(); ++i) {
    const auto& value = records[i].value;
    const auto read =
        value ? sink_->add(*value) : Result<void>(Rejection{Reason::unreadable_record, "a record without a value"});
    if (!read) unreadable_.push_back({i, read.error()});
    record_of_row_.resize(sink_->size(), i);
  }
  records_ = records;
  sink_->prepare();
}

void ReadBatch::read_again() {
  const auto records = records_;
  clear();
  read(records);
}

size_t ReadBatch::take_out(size_t row) {
  const auto record = record_of_row_[row];
  sink_->take_out(row);
  record_of_row_.erase(record_of_row_.begin() + static_cast<std::ptrdiff_t>(row));
  complete_ = false;
  return record;
}

void ReadBatch::clear() {
  sink_->clear();
  records_ = {};
  record_of_row_.clear();
  unreadable_.clear();
  complete_ = true;
}

}  // namespace wxpipe::sinks
