#include "sinks/sink_metrics.hpp"

namespace wxpipe::sinks {
namespace {
// From 1 ms to 10 s. If it takes longer, Postgres is in trouble, and readiness says so.
const prometheus::Histogram::BucketBoundaries kBatchBuckets{0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1,
                                                            0.2,   0.5,   1,     2,    5,    10};
}  // namespace

SinkMetrics::SinkMetrics(telemetry::Metrics& metrics, const schemas::FamilyInfo& family)
    : metrics_(metrics),
      family_(family.name),
      messages_(family.name == schemas::family_of<schemas::Event>().name),
      dead_letters_(family.name == schemas::family_of<schemas::DeadLetter>().name),
      batch_seconds_(metrics.sink_batch_seconds.Add({{"sink", family_}}, kBatchBuckets)),
      repeats_(metrics.duplicates.Add({{"stage", "sink"}})) {}

void SinkMetrics::committed(const BatchOutcome& outcome, Timestamp now) {
  for (const auto& [table, rows] : outcome.written.tables)
    if (rows > 0) metrics_.sink_rows.Add({{"table", std::string(table)}}).Increment(static_cast<double>(rows));
  // Every event has its row in messages (or in dead_letters). So only these families count repeats and delays of
  // callbacks.
  if (messages_ || dead_letters_)
    repeats_.Increment(static_cast<double>(static_cast<int64_t>(outcome.received.size()) - outcome.written.fresh));
  if (messages_) {
    const auto since = [&](Timestamp received) { return std::chrono::duration<double>(now - received).count(); };
    for (const auto received : outcome.received) metrics_.end_to_end_seconds.observe(since(received));
    if (!outcome.received.empty())
      metrics_.end_to_end_seconds.remember(since(outcome.oldest.received_at), now, outcome.oldest.trace_id,
                                           outcome.oldest.receipt);
  }
  for (const auto& letter : outcome.dead_letters)
    metrics_.dead_letters.Add({{"stage", letter.stage}, {"reason", std::string(to_string(letter.reason))}}).Increment();
  if (!outcome.dead_letters.empty())
    metrics_.sink_rows.Add({{"table", std::string(schemas::DeadLetter::kTable.name)}})
        .Increment(static_cast<double>(outcome.dead_letters.size()));
}

}  // namespace wxpipe::sinks
