#include "common/telemetry/metrics.hpp"

#include <prometheus/text_serializer.h>

#include "common/telemetry/open_metrics.hpp"

namespace wxpipe::telemetry {
namespace {
using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;

constexpr const char* kAckSeconds = "wxpipe_ack_seconds";
constexpr const char* kEndToEndSeconds = "wxpipe_end_to_end_seconds";
const prometheus::Histogram::BucketBoundaries kAckBuckets{0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05,
                                                          0.1,    0.2,   0.5,   0.8,   1,    2,    5};
const prometheus::Histogram::BucketBoundaries kChainBuckets{0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1,
                                                            2,    5,    10,   30,  60,  300, 3600};

auto& counter(prometheus::Registry& registry, const char* name, const char* help) {
  return BuildCounter().Name(name).Help(help).Register(registry);
}
auto& gauge(prometheus::Registry& registry, const char* name, const char* help) {
  return BuildGauge().Name(name).Help(help).Register(registry);
}
auto& histogram(prometheus::Registry& registry, const char* name, const char* help) {
  return BuildHistogram().Name(name).Help(help).Register(registry);
}
}  // namespace

Metrics::Metrics()
    : callbacks(counter(registry, "wxpipe_callbacks_total", "Callbacks by account, outcome and reason")),
      ack_seconds(histogram(registry, kAckSeconds, "From a complete request to its reply"), kAckBuckets),
      deliveries(
          counter(registry, "wxpipe_deliveries_total", "What made a callback durable: broker, spool or nothing")),
      address_mismatches(
          counter(registry, "wxpipe_address_mismatches_total",
                  "Accepted callbacks whose inner ToUserName, SuiteId or AgentID differs from the configuration")),
      open_connections(gauge(registry, "wxpipe_open_connections", "Callback connections open now").Add({})),
      spool_events(gauge(registry, "wxpipe_spool_events", "Events waiting in the spool").Add({})),
      spool_bytes(gauge(registry, "wxpipe_spool_bytes", "Bytes of events waiting in the spool").Add({})),
      spool_copies(gauge(registry, "wxpipe_spool_copies", "Copies in the spool of events that the broker has").Add({})),
      spool_lost(counter(registry, "wxpipe_spool_lost_total",
                         "Acknowledged events that a damaged spool no longer holds; at most so many")
                     .Add({})),
      spool_damaged_files(gauge(registry, "wxpipe_spool_damaged_files", "Damaged spools kept in the folder").Add({})),
      spools_left(
          gauge(registry, "wxpipe_spools_left", "Spools in the folder that no process has, with events").Add({})),
      process_events(counter(registry, "wxpipe_process_events_total", "Events taken by process, by outcome")),
      facts(counter(registry, "wxpipe_facts_total", "Facts produced, by topic")),
      duplicates(counter(registry, "wxpipe_duplicates_total", "Repeats met and left out, by stage")),
      identity_collisions(counter(registry, "wxpipe_identity_collisions_total",
                                  "Events with the identity of another one and other bytes: both are kept")
                              .Add({})),
      transactions(counter(registry, "wxpipe_transactions_total", "Kafka transactions of process, by outcome")),
      producers_renewed(counter(registry, "wxpipe_producers_renewed_total",
                                "Producers of process made anew, by what left their last transaction in doubt")),
      sink_rows(counter(registry, "wxpipe_sink_rows_total", "Rows written, by table")),
      sink_batch_seconds(histogram(registry, "wxpipe_sink_batch_seconds", "Time to write one batch, by sink")),
      sink_retries(counter(registry, "wxpipe_sink_retries_total", "Batches tried again, by sink and error class")),
      partitions_dropped(
          counter(registry, "wxpipe_partitions_dropped_total", "Partitions that retention dropped, by table")),
      end_to_end_seconds(histogram(registry, kEndToEndSeconds, "Callback received to row visible"), kChainBuckets),
      dead_letters(counter(registry, "wxpipe_dead_letters_total", "Dead letters, by stage and reason")),
      consumer_lag_seconds(gauge(registry, "wxpipe_consumer_lag_seconds",
                                 "Age of the last committed record of the worker furthest behind; 0: none left")),
      consumer_lag_records(
          gauge(registry, "wxpipe_consumer_lag_records", "Records that are not committed yet, by group")),
      unaccounted(gauge(registry, "wxpipe_unaccounted", "Receipts acknowledged and found nowhere; must be 0").Add({})),
      repairs(counter(registry, "wxpipe_repairs_total",
                      "Unaccounted receipts that the custody watch looked for: sent again, or impossible to mend")),
      log_lines(counter(registry, "wxpipe_log_lines_total",
                        "Lines of this process's log for system_logs: sent to Kafka, or dropped")),
      configuration_reloads(counter(registry, "wxpipe_configuration_reloads_total",
                                    "Looks at a changed configuration while running, by what became of it")),
      configuration_loaded_at(gauge(registry, "wxpipe_configuration_loaded_timestamp_seconds",
                                    "Unix time at which the configuration in use was taken")
                                  .Add({})),
      configuration_refused(gauge(registry, "wxpipe_configuration_refused",
                                  "1: the newest configuration is wrong, and the one from before is in use")
                                .Add({})) {}

std::string Metrics::exposition() const { return prometheus::TextSerializer().Serialize(registry.Collect()); }

std::string Metrics::open_metrics() const {
  return telemetry::open_metrics(
      registry.Collect(), {{kAckSeconds, ack_seconds.exemplars()}, {kEndToEndSeconds, end_to_end_seconds.exemplars()}});
}

}  // namespace wxpipe::telemetry
