#include "processors/transaction_loop.hpp"

#include <algorithm>

#include "common/backoff.hpp"
#include "common/kafka/error.hpp"
#include "common/result.hpp"
#include "common/runtime/fault_point.hpp"
#include "common/runtime/stop_wait.hpp"
#include "common/telemetry/log.hpp"
#include "processors/dedupe/journal_reader.hpp"

namespace wxpipe::processors {
namespace {
using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kIdlePoll = 100ms;     // how long a stop may go unnoticed
constexpr size_t kMostBatchBytes = 16 << 20;  // of values; a batch holds at least one record
constexpr milliseconds kIdleMeansTaken = 2s;  // nothing came for so long: what is left up to the end are markers
constexpr Backoff kAbortBackoff{100ms, 2s};
constexpr milliseconds kTakeOverTimeout = 25s;  // longer than a predecessor's transaction may stay open (10 s)

std::vector<std::string> topic_names(const config::KafkaSettings& settings) {
  std::vector<std::string> names;
  for (const auto& topic : schemas::kTopics) names.push_back(schemas::topic_name(settings.topic_prefix, topic.name));
  return names;
}

size_t index(schemas::TopicName name) { return static_cast<size_t>(name); }

kafka::Conf consumer_config(const config::Settings& settings, int slot) {
  return client_config(kafka::ClientRole::processor_consumer, settings.kafka,
                       {{"group.id", process_group(settings.kafka)},
                        {"group.instance.id", kafka::member_id(settings.instance.name, "process", slot)}});
}

InputRecord input(const kafka::Record& record) {
  return {record.partition(),
          record.offset(),
          record.key(),
          record.has_value() ? std::optional(record.value()) : std::nullopt,
          record.timestamp(),
          record.header("event_id"),
          record.header("receipt"),
          record.header("traceparent")};
}

long long since(steady_clock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - start).count();
}
}  // namespace

std::string process_group(const config::KafkaSettings& settings) {
  return schemas::process_group(settings.topic_prefix);
}

std::string transactional_id(const config::Settings& settings, int slot) {
  return settings.kafka.topic_prefix + fmt::format("process.{}.{}", settings.instance.name, slot);
}

TransactionLoop::TransactionLoop(const config::Settings& settings, int slot, const Steps& steps, const Clock& clock,
                                 ProcessMetrics& metrics, WorkerStatus& status)
    : settings_(settings),
      steps_(steps),
      clock_(clock),
      metrics_(metrics),
      status_(status),
      events_topic_(schemas::topic_name(settings.kafka.topic_prefix, schemas::TopicName::events)),
      journal_topic_(schemas::topic_name(settings.kafka.topic_prefix, schemas::TopicName::seen_ids)),
      producer_(settings.kafka, transactional_id(settings, slot), topic_names(settings.kafka),
                {{"message.max.bytes", fmt::format("{}", schemas::kMaxMessageBytes)}}),
      consumer_(consumer_config(settings, slot), {events_topic_}, *this) {
  producer_.init();
}

void TransactionLoop::run(const std::stop_token& stop) {
  stop_ = stop;
  while (!stop.stop_requested()) {
    collect();
    if (!batch_.empty()) settle();
    report_progress();
  }
  finish();
}

std::vector<kafka::PartitionOffset> TransactionLoop::assigned(const std::vector<kafka::Partition>& partitions) {
  const auto started = steady_clock::now();
  const auto deadline = started + kTakeOverTimeout;
  auto starts = committed(partitions, deadline);

  Windows kept;
  std::map<int, int64_t> next;
  std::vector<WindowToRestore> wanted;
  for (const auto& [partition, offset] : starts) {
    const auto number = partition.number;
    // A window that ends where the group's offset is has missed nothing while the partition was away.
    const auto known = next_.find(number);
    if (known != next_.end() && known->second == offset) {
      kept.insert(windows_.extract(number));
    } else {
      kept.emplace(number, RecentIds(settings_.process.dedupe_window, settings_.process.dedupe_records));
      wanted.push_back({number, offset});
    }
    next[number] = offset;
  }
  restore_windows(settings_.kafka, journal_topic_, wanted, kept, deadline, stop_);
  windows_ = std::move(kept);
  next_ = std::move(next);
  settled_ends_.clear();
  last_batch_ = steady_clock::now();

  size_t ids = 0;
  for (const auto& [number, window] : windows_) ids += window.size();
  telemetry::log_info("partitions_assigned", {{"group", kProcessGroup},
                                              {"partitions", partitions.size()},
                                              {"windows_restored", wanted.size()},
                                              {"ids", ids},
                                              {"ms", since(started)}});
  status_.set_trouble({});
  return starts;
}

// Transactions in doubt keep an offset unstable until they end: ask again, but notice a stop.
std::vector<kafka::PartitionOffset> TransactionLoop::committed(const std::vector<kafka::Partition>& partitions,
                                                               steady_clock::time_point deadline) {
  for (;;) {
    try {
      return consumer_.committed(partitions, 1s);
    } catch (const Unavailable&) {
      if (stop_.stop_requested() || steady_clock::now() >= deadline) throw;
    }
  }
}

void TransactionLoop::revoked(const std::vector<kafka::Partition>& partitions, bool lost) {
  WXPIPE_FAULT_POINT(process_revoke);
  revoking_ = true;
  finish();
  revoking_ = false;
  batch_.clear();
  telemetry::log_info("partitions_revoked",
                      {{"group", kProcessGroup}, {"partitions", partitions.size()}, {"lost", lost}});
}

// Up to batch_records, until batch_interval after the first, or after the end of the transaction in flight. The clock and that
// transaction are only looked at when nothing is there.
void TransactionLoop::collect() {
  batch_.clear();
  size_t bytes = 0;
  auto until = steady_clock::now() + kIdlePoll;
  while (batch_.size() < static_cast<size_t>(settings_.process.batch_records) && bytes < kMostBatchBytes) {
    auto record = consumer_.poll(0ms);
    if (!record) {
      // Where nothing is held up, a batch goes on growing behind the one in flight: a transaction costs the broker the same
      // whatever is in it, and going twice as often cost the whole chain a third.
      if (in_flight_) {
        finish();
        until = steady_clock::now() + (batch_.empty() ? kIdlePoll : settings_.process.batch_interval);
        continue;
      }
      const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
      if (left <= 0ms) return;
      record = consumer_.poll(left);
      if (!record) continue;
    }
    if (batch_.empty()) {  // the first, or the first after a rebalance
      until = steady_clock::now() + settings_.process.batch_interval;
      bytes = 0;
    }
    bytes += record->value().size();
    batch_.push_back(std::move(*record));
  }
}

void TransactionLoop::settle() {
  const auto started = steady_clock::now();
  std::vector<InputRecord> records;
  records.reserve(batch_.size());
  for (const auto& record : batch_) records.push_back(input(record));
  auto effects = process_batch(records, steps_, windows_, {events_topic_, clock_.now()});
  if (!finish()) return;
  in_flight_.emplace(InFlight{std::move(effects), batch_.size(), batch_.back().timestamp(), started, {}});
  in_flight_->written = std::async(std::launch::async, [this, group = consumer_.group_metadata()]() mutable {
    write(in_flight_->effects, std::move(group));
  });
  batch_.clear();
}

// On the second thread: touches the producer, and nothing else that changes. Topics of which there are few records go first:
// a partition that joins a transaction late costs librdkafka another round to the coordinator, and before 2.3 each of these
// keeps one of its threads busy for two milliseconds (it counts down a timer of one).
void TransactionLoop::write(Effects& effects, kafka::GroupMetadata group) {
  producer_.begin();
  std::vector<kafka::PartitionOffset> next;
  for (const auto& progress : effects.progress) {
    const auto page = encode(progress.page);
    const kafka::OutboundRecord outbound{{}, page, {}, progress.page_time, progress.partition};
    producer_.produce(index(schemas::TopicName::seen_ids), outbound);
    next.push_back({{events_topic_, progress.partition}, progress.page.next});
  }
  std::vector<kafka::Header> headers;
  const auto produce = [&](OutputRecord& record) {
    headers.clear();
    const auto add = [&](std::string_view name, std::string_view value) {
      if (!value.empty()) headers.push_back({name, value});
    };
    const auto values = record.headers();
    add("event_id", values.event_id);
    add("receipt", values.receipt);
    add("traceparent", values.traceparent);
    producer_.produce(index(record.topic), {record.key(), record.value(), headers, record.timestamp});
    record.let_go();  // librdkafka has its copy, and the next batch is growing
  };
  const auto frequent = [](const OutputRecord& record) {
    return record.topic == schemas::TopicName::messages || record.topic == schemas::TopicName::leads;
  };
  for (auto& record : effects.records)
    if (!frequent(record)) produce(record);
  for (auto& record : effects.records)
    if (frequent(record)) produce(record);
  WXPIPE_FAULT_POINT(process_before_offsets);
  producer_.send_offsets(next, std::move(group));
  WXPIPE_FAULT_POINT(process_before_commit);
  producer_.commit();
}

// Waits for the batch in flight. False: it was aborted, and what was taken since is forgotten with it.
bool TransactionLoop::finish() {
  if (!in_flight_) return true;
  try {
    in_flight_->written.get();
  } catch (const kafka::TransactionAborted& error) {
    go_back(error.what());
    return false;
  }
  if (aborts_ > 0) status_.set_trouble({});
  aborts_ = 0;
  WXPIPE_FAULT_POINT(process_after_commit);
  const auto& effects = in_flight_->effects;
  publish(effects, windows_);
  for (const auto& progress : effects.progress) next_[progress.partition] = progress.page.next;
  last_batch_ = steady_clock::now();
  last_taken_ = in_flight_->last_taken;
  metrics_.committed(effects);
  telemetry::log_debug("batch_committed", {{"group", kProcessGroup},
                                           {"events", in_flight_->events},
                                           {"records", effects.records.size()},
                                           {"duplicates", effects.counts.duplicates},
                                           {"ms", since(in_flight_->since)}});
  in_flight_.reset();
  return true;
}

// What aborts again and again (a topic that takes only smaller records, say) heals when somebody changes something: they
// must see it, and it must not spin. The first time is mostly a rebalance, and costs nothing.
void TransactionLoop::go_back(const std::string& why) {
  metrics_.aborted();
  telemetry::log_warn("transaction_aborted", {{"group", kProcessGroup}, {"events", in_flight_->events}, {"why", why}});
  std::map<int, int64_t> first;
  for (const auto& progress : in_flight_->effects.progress) first.emplace(progress.partition, progress.page.first);
  for (const auto& record : batch_) first.emplace(record.partition(), record.offset());
  in_flight_.reset();
  batch_.clear();
  drop_staged(windows_);
  producer_.abort();
  WXPIPE_FAULT_POINT(process_after_abort);
  if (revoking_) return;
  std::vector<kafka::PartitionOffset> back;
  for (const auto& [partition, offset] : first) back.push_back({{events_topic_, partition}, offset});
  consumer_.seek(back);
  if (aborts_++ == 0) return;
  status_.set_trouble(fmt::format("transactions are aborted: {}", why));
  std::uniform_real_distribution<double> fraction(0, 1);
  runtime::wait(stop_, kAbortBackoff.delay(aborts_ - 2, fraction(random_)));
}

void TransactionLoop::report_progress() {
  const bool idle = steady_clock::now() - last_batch_ > kIdleMeansTaken;
  int64_t lag = 0;
  for (const auto& [number, next] : next_) {
    const auto end = consumer_.known_end({events_topic_, number});
    if (end == kafka::kNoOffset) continue;
    auto& settled = settled_ends_[number];
    if (idle && aborts_ == 0) settled = end;
    lag += std::max<int64_t>(0, end - std::max(std::max<int64_t>(0, next), settled));
  }
  status_.set_progress(lag, last_taken_);
}

}  // namespace wxpipe::processors
