// Leads: each activity once in `lead_activities`; its points added to the lead's day and rule; profile and score of
// every lead touched computed anew.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "schemas/facts.hpp"
#include "sinks/sink.hpp"

namespace wxpipe::sinks {

class LeadsSink final : public RowsSink<schemas::LeadActivity> {
 public:
  LeadsSink();
  std::string_view family() const override { return "leads"; }
  schemas::TopicName topic() const override { return schemas::TopicName::leads; }
  std::span<const std::string_view> partitioned() const override;
  Result<void> add(std::string_view value) override;
  RowHead head(size_t row) const override;
  void set_occurred_at(size_t row, Timestamp occurred_at) override { rows_[row].origin.occurred_at = occurred_at; }
  Written append(postgres::Transaction& transaction, size_t first, size_t count, std::string_view writer) override;
  Written write(postgres::Transaction& transaction, size_t first, size_t count, std::string_view writer) override;

 private:
  using Activity = schemas::LeadActivity;
  template <class Next>
  void put(const Activity& fact, Next&& next);
  Written sum_up(postgres::Transaction& transaction, std::vector<const Activity*> fresh, std::string_view writer);
  void write_profiles(postgres::Transaction& transaction, std::span<const Activity* const> fresh);
  void add_to_days(postgres::Transaction& transaction, std::span<const Activity* const> sorted);
  int64_t write_leads(postgres::Transaction& transaction, std::span<const Activity* const> sorted);

  struct Columns;
  std::shared_ptr<Columns> columns_;  // buffers kept over batches
  std::string json_;
};

}  // namespace wxpipe::sinks
