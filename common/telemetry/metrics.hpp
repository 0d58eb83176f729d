// Every metric wxpipe exports, with its meaning, unit and labels, in one place (docs/operations.md explains what to do
// about each). Look up a counter once and keep it: Family::Add locks and allocates. Counters, gauges and histograms are
// thread-safe. Labels come from closed sets: accounts, outcomes, reasons, tables.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <memory>
#include <string>

#include "common/telemetry/traced_histogram.hpp"

namespace wxpipe::telemetry {

class Metrics {
 public:
  Metrics();

  prometheus::Registry registry;

  // ingest
  prometheus::Family<prometheus::Counter>&
      callbacks;                // {account,outcome=accepted|challenge|dead_letter|refused|failed,reason}
  TracedHistogram ack_seconds;  // from the complete request to the reply at the socket
  prometheus::Family<prometheus::Counter>& deliveries;  // {path=broker|spool|nowhere}
  prometheus::Family<prometheus::Counter>&
      address_mismatches;  // {account}: inner ToUserName, SuiteId or AgentID differs
  prometheus::Gauge& open_connections;
  prometheus::Gauge& spool_events;  // waiting in the spool
  prometheus::Gauge& spool_bytes;
  prometheus::Gauge& spool_copies;         // kept of what the broker has
  prometheus::Counter& spool_lost;         // confirmed, and in none of its files any more: at most so many
  prometheus::Gauge& spool_damaged_files;  // kept in the spool's folder
  prometheus::Gauge& spools_left;          // in the folder, with events, and no process has them
  // process
  prometheus::Family<prometheus::Counter>& process_events;     // {outcome=processed|duplicate|dead_letter}
  prometheus::Family<prometheus::Counter>& facts;              // {topic}
  prometheus::Family<prometheus::Counter>& duplicates;         // {stage=process|sink}
  prometheus::Counter& identity_collisions;                    // same identity, other bytes: both kept
  prometheus::Family<prometheus::Counter>& transactions;       // {outcome=committed|aborted|fenced}
  prometheus::Family<prometheus::Counter>& producers_renewed;  // {why=aborted|connection_lost|retried|slow}, of process
  // sink
  prometheus::Family<prometheus::Counter>& sink_rows;             // {table}: rows written, without repeats
  prometheus::Family<prometheus::Histogram>& sink_batch_seconds;  // {sink}
  prometheus::Family<prometheus::Counter>& sink_retries;          // {sink,class}
  prometheus::Family<prometheus::Counter>& partitions_dropped;    // {table}: by retention
  TracedHistogram end_to_end_seconds;                             // callback received to row committed
  // everywhere
  prometheus::Family<prometheus::Counter>& dead_letters;        // {stage,reason}
  prometheus::Family<prometheus::Gauge>& consumer_lag_seconds;  // {group}: age of the last one committed; 0: none left
  prometheus::Family<prometheus::Gauge>& consumer_lag_records;  // {group}
  prometheus::Gauge& unaccounted;                               // custody: acknowledged, but found nowhere
  prometheus::Family<prometheus::Counter>& repairs;             // {outcome=sent|impossible}: of those, by the watch
  prometheus::Family<prometheus::Counter>& log_lines;           // {outcome=sent|dropped}: of those for system_logs
  prometheus::Family<prometheus::Counter>& configuration_reloads;  // {outcome=taken|unchanged|refused}
  prometheus::Gauge& configuration_loaded_at;  // Unix time: since when what is in use has been in use
  prometheus::Gauge& configuration_refused;    // 1: the newest one is wrong, and an older one is in use

  // For /metrics, in Prometheus's text format, and in OpenMetrics.
  std::string exposition() const;
  std::string open_metrics() const;
};

}  // namespace wxpipe::telemetry
