#include "processors/process_metrics.hpp"

namespace wxpipe::processors {
namespace {
double number(size_t count) { return static_cast<double>(count); }

auto& dead_letters(telemetry::Metrics& metrics, Reason reason) {
  return metrics.dead_letters.Add({{"stage", "process"}, {"reason", std::string(to_string(reason))}});
}
}  // namespace

ProcessMetrics::ProcessMetrics(telemetry::Metrics& metrics)
    : processed_(metrics.process_events.Add({{"outcome", "processed"}})),
      duplicate_(metrics.process_events.Add({{"outcome", "duplicate"}})),
      dead_letter_(metrics.process_events.Add({{"outcome", "dead_letter"}})),
      duplicates_(metrics.duplicates.Add({{"stage", "process"}})),
      collisions_(metrics.identity_collisions),
      committed_(metrics.transactions.Add({{"outcome", "committed"}})),
      aborted_(metrics.transactions.Add({{"outcome", "aborted"}})),
      fenced_(metrics.transactions.Add({{"outcome", "fenced"}})),
      unreadable_(dead_letters(metrics, Reason::unreadable_record)),
      too_large_(dead_letters(metrics, Reason::too_large)) {
  for (const auto why : kafka::kRenewals)
    renewed_[static_cast<size_t>(why)] = &metrics.producers_renewed.Add({{"why", std::string(to_string(why))}});
  for (const auto& topic : schemas::kTopics)
    if (topic.name != schemas::TopicName::events && topic.name != schemas::TopicName::seen_ids)
      facts_[static_cast<size_t>(topic.name)] = &metrics.facts.Add({{"topic", std::string(topic.suffix)}});
}

void ProcessMetrics::committed(const Effects& effects) {
  committed_.Increment();
  const auto& counts = effects.counts;
  processed_.Increment(number(counts.processed));
  duplicate_.Increment(number(counts.duplicates));
  dead_letter_.Increment(number(counts.unreadable + counts.too_large));
  duplicates_.Increment(number(counts.duplicates));
  collisions_.Increment(number(counts.collisions));
  unreadable_.Increment(number(counts.unreadable));
  too_large_.Increment(number(counts.too_large));
  std::array<size_t, schemas::kTopics.size()> by_topic{};
  for (const auto& record : effects.records) ++by_topic[static_cast<size_t>(record.topic)];
  for (size_t i = 0; i < by_topic.size(); ++i)
    if (by_topic[i] > 0) facts_[i]->Increment(number(by_topic[i]));
}

}  // namespace wxpipe::processors
