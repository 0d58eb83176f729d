#include "ingest/delivery/drainer.hpp"

#include <memory>

#include "common/result.hpp"
#include "common/runtime/fault_point.hpp"
#include "common/runtime/stop_wait.hpp"
#include "common/telemetry/log.hpp"
#include "ingest/delivery/producer.hpp"
#include "schemas/record_side.hpp"

namespace wxpipe::ingest {
namespace {
using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto kPatience = 10s;  // after this a warning says that it takes long
constexpr auto kWord = 60s;      // so often something is said while the spool isn't empty
constexpr size_t kBatchRecords = 2'000;
constexpr size_t kBatchBytes = 8 << 20;

// Nothing may time out here: a record that timed out while later ones of its key were delivered would be sent again
// after them. So a batch waits for the broker as long as it takes. Its events are safe in the spool.
config::KafkaSettings patient(config::KafkaSettings settings) {
  settings.properties.erase("delivery.timeout.ms");  // librdkafka's other name for it
  settings.properties["message.timeout.ms"] = "0";   // 0: no timeout
  return settings;
}

// One batch, sent and reported. If a batch is given up, its reports arrive while its producer is destroyed.
struct Batch {
  std::vector<SpooledRecord> records;
  std::vector<int64_t> delivered;  // ids that the broker has
  size_t open = 0;                 // not reported yet

  void report(const void* opaque, rd_kafka_resp_err_t error) {
    --open;
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) delivered.push_back(static_cast<const SpooledRecord*>(opaque)->id);
  }

  // given_up: asked again and again; true ends it before everything is reported.
  template <class GivenUp>
  void send(Producer& producer, GivenUp&& given_up) {
    delivered.clear();
    for (auto& spooled : records) {
      rd_kafka_resp_err_t error;
      while ((error = producer.produce(spooled.record, &spooled)) == RD_KAFKA_RESP_ERR__QUEUE_FULL && !given_up())
        producer.poll(50ms);
      if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        telemetry::log_warn("spool_event_not_taken", {{"receipt", spooled.record.receipt},
                                                      {"why", rd_kafka_err2str(error)},
                                                      {"trace_id", schemas::trace_id_in(spooled.record.traceparent)},
                                                      {"span_id", schemas::span_id_in(spooled.record.traceparent)}});
        break;
      }
      ++open;
    }
    bool shown = false;
    for (const auto began = steady_clock::now(); open > 0 && !producer.broken() && !given_up();) {
      producer.poll(100ms);
      if (open > 0 && !shown && steady_clock::now() - began > kPatience) {
        telemetry::log_warn("spool_waits", {{"why", "the broker has not taken all of a batch yet"}, {"events", open}});
        shown = true;
      }
    }
  }
};
}  // namespace

Drainer::Drainer(const config::KafkaSettings& settings, Spool& spool, const Hold* hold)
    : settings_(patient(settings)),
      spool_(spool),
      hold_(hold),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

void Drainer::work(const std::stop_token& stop) {
  Batch batch;
  // Declared after the batch: it is destroyed first, and then still reports to the batch
  std::unique_ptr<Producer> producer;
  std::string shown;
  steady_clock::time_point shown_at{}, word_at = steady_clock::now();
  int64_t after = 0, drained = 0;
  const auto hindered = [&](const std::string& why) {
    const auto now = steady_clock::now();
    if (why != shown || now - shown_at > kWord) {
      telemetry::log_warn("spool_waits", {{"why", why}, {"events", spool_.events()}});
      shown = why;
      shown_at = now;
    }
    runtime::wait(stop, 250ms);
  };
  while (!stop.stop_requested()) {
    if (held()) {
      producer.reset();  // the topic may have more partitions afterwards than this one knows
      runtime::wait(stop, 100ms);
      continue;
    }
    if (!spool_.wait_for_events(stop, 1s)) {
      if (drained > 0) telemetry::log_info("spool_drained", {{"events", std::exchange(drained, 0)}});
      word_at = steady_clock::now();
      continue;
    }
    if (const auto now = steady_clock::now(); now - word_at > kWord) {
      telemetry::log_info("spool_drains", {{"events", drained}, {"left", spool_.events()}});
      word_at = now;
    }
    try {
      batch.records = spool_.oldest(after, kBatchRecords, kBatchBytes);
      if (batch.records.empty()) {
        runtime::wait(stop, 100ms);
        continue;
      }
      if (!producer || producer->broken())
        producer = std::make_unique<Producer>(
            settings_, [&batch](void* opaque, rd_kafka_resp_err_t error) { batch.report(opaque, error); });
      if (const auto trouble = producer->trouble(1s); !trouble.empty()) {
        hindered(trouble);
        continue;
      }
      batch.send(*producer, [&] { return stop.stop_requested() || held(); });
      if (batch.open > 0) producer.reset();
      if (!batch.delivered.empty()) WXPIPE_FAULT_POINT(spool_after_drain);
      drained += static_cast<int64_t>(batch.delivered.size());
      spool_.delivered(batch.delivered);
      if (batch.delivered.size() == batch.records.size()) {
        after = batch.records.back().id;
        shown.clear();
      } else if (!stop.stop_requested()) {
        after = batch.records.front().id - 1;  // start again there: at worst the broker gets some of it twice
        if (!held()) hindered("the broker did not take every event");
      }
    } catch (const Unavailable& error) {
      hindered(error.what());
    }
  }
}

}  // namespace wxpipe::ingest
