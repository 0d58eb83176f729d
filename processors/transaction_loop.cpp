#include "processors/transaction_loop.hpp"

#include <algorithm>

#include "common/kafka/error.hpp"
#include "common/result.hpp"
#include "common/runtime/fault_point.hpp"
#include "common/telemetry/log.hpp"
#include "processors/dedupe/journal_reader.hpp"
#include "schemas/record_side.hpp"

namespace wxpipe::processors {
namespace {
using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kTakeOverTimeout = 25s;  // longer than a predecessor's transaction may stay open (10 s)

size_t index(schemas::TopicName name) { return static_cast<size_t>(name); }

// A transaction costs the broker the same, however many records it has. Twice as many transactions made the whole chain
// a third more expensive. So a batch grows while the one before is written, and for its interval after that. An abort
// mostly comes from a rebalance, so the first retry doesn't wait.
worker::Spec worker_spec(const config::Settings& settings, int slot) {
  const auto records = static_cast<size_t>(settings.process.batch_records);
  return {.name = kProcessGroup,
          .role = kafka::ClientRole::processor_consumer,
          .topic = schemas::topic_name(settings.kafka.topic_prefix, schemas::TopicName::events),
          .group = schemas::process_group(settings.kafka.topic_prefix),
          .member = kafka::member_id(settings.instance.name, "process", slot),
          .limits = {records, settings.process.batch_interval, records, true},
          .backoff = {100ms, 2s, 1}};
}

InputRecord input(const kafka::Record& record) {
  return {record.partition(),
          record.offset(),
          record.key(),
          record.has_value() ? std::optional(record.value()) : std::nullopt,
          record.timestamp(),
          record.header(schemas::kTraceparentHeader),
          {record.header(schemas::kOldEventIdHeader), record.header(schemas::kOldReceiptHeader)},
          !record.header(schemas::kOldRepairHeader).empty()};
}

long long since(steady_clock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - start).count();
}
}  // namespace

std::string transactional_id(const config::Settings& settings, int slot) {
  return settings.kafka.topic_prefix + fmt::format("process.{}.{}", settings.instance.name, slot);
}

TransactionLoop::TransactionLoop(const config::Settings& settings, int slot, const CurrentSteps& steps,
                                 const Clock& clock, ProcessMetrics& metrics, worker::Status& status)
    : settings_(settings),
      steps_(steps),
      clock_(clock),
      metrics_(metrics),
      events_topic_(schemas::topic_name(settings.kafka.topic_prefix, schemas::TopicName::events)),
      journal_topic_(schemas::topic_name(settings.kafka.topic_prefix, schemas::TopicName::seen_ids)),
      producer_(settings.kafka, transactional_id(settings, slot), schemas::topic_names(settings.kafka.topic_prefix),
                {{"message.max.bytes", fmt::format("{}", schemas::kMaxMessageBytes)}}),
      worker_(settings.kafka, worker_spec(settings, slot), *this, status) {
  producer_.init();
}

void TransactionLoop::Transaction::clear() {
  Batch::clear();
  effects = {};
  group.reset();
}

std::vector<kafka::PartitionOffset> TransactionLoop::claim(const std::vector<kafka::Partition>& partitions,
                                                           const std::stop_token& stop) {
  const auto started = steady_clock::now();
  const auto deadline = started + kTakeOverTimeout;
  std::optional<std::vector<kafka::PartitionOffset>> starts;
  while (!starts) {  // an open transaction makes offsets unstable until it ends: ask again, but notice a stop
    try {
      starts = worker_.consumer().committed(partitions, 1s);
    } catch (const Unavailable&) {
      if (stop.stop_requested() || steady_clock::now() >= deadline) throw;
    }
  }

  Windows kept;
  std::map<int, int64_t> next;
  std::vector<WindowToRestore> wanted;
  for (const auto& [partition, offset] : *starts) {
    const auto number = partition.number;
    // If the window ends at the group's offset, it has missed nothing while the partition was away.
    const auto known = next_.find(number);
    if (known != next_.end() && known->second == offset) {
      kept.insert(windows_.extract(number));
    } else {
      kept.emplace(number, RecentIds(settings_.process.dedupe_window, settings_.process.dedupe_records));
      wanted.push_back({number, offset});
    }
    next[number] = offset;
  }
  restore_windows(settings_.kafka, journal_topic_, wanted, kept, deadline, stop);
  windows_ = std::move(kept);
  next_ = std::move(next);
  if (wanted.empty()) return *starts;

  size_t ids = 0;
  for (const auto& [number, window] : windows_) ids += window.size();
  telemetry::log_info("windows_restored",
                      {{"group", kProcessGroup}, {"windows", wanted.size()}, {"ids", ids}, {"ms", since(started)}});
  return *starts;
}

void TransactionLoop::prepare(worker::Batch& batch) {
  auto& transaction = static_cast<Transaction&>(batch);
  transaction.started = steady_clock::now();
  std::vector<InputRecord> records;
  records.reserve(batch.size);
  for (const auto& record : batch.records) records.push_back(input(record));
  transaction.effects = process_batch(records, *steps_.get(), windows_, {events_topic_, clock_.now()});
  const auto& [records_made, progress, counts] = transaction.effects;
  if (counts.unreadable + counts.too_large > 0)  // told once it is committed; by then the text is freed
    if (const auto letter = std::ranges::find(records_made, schemas::TopicName::dead_letters, &OutputRecord::topic);
        letter != records_made.end()) {
      transaction.first_letters_account = letter->key();
      transaction.first_letters_traceparent = letter->traceparent();
    }
  transaction.group = worker_.consumer().group_metadata();
  batch.records.clear();  // the effects have everything that is needed from them
}

void TransactionLoop::write(worker::Batch& batch, const std::stop_token&) {
  try {
    send(static_cast<Transaction&>(batch));
  } catch (const kafka::TransactionAborted& error) {
    metrics_.aborted();
    telemetry::log_warn("transaction_aborted",
                        {{"group", kProcessGroup}, {"events", batch.size}, {"why", error.what()}});
    producer_.abort();
    WXPIPE_FAULT_POINT(process_after_abort);
    // If it aborts again and again (a topic that allows only smaller records, for example), a person must change
    // something.
    throw worker::TryAgain("aborted", fmt::format("transactions are aborted: {}", error.what()),
                           worker::TryAgain::Until::committed);
  }
}

// Topics with few records go first. A partition that joins a transaction late costs librdkafka another round trip to
// the coordinator. Before 2.3, each round trip also keeps one of its threads busy for two milliseconds (it waits for a
// timer of one without sleeping).
void TransactionLoop::send(Transaction& transaction) {
  auto& effects = transaction.effects;
  const auto begun = steady_clock::now();
  if (const auto why = producer_.begin()) {
    metrics_.renewed(*why);
    telemetry::log_info("producer_renewed", {{"group", kProcessGroup}, {"why", to_string(*why)}, {"ms", since(begun)}});
  }
  std::vector<kafka::PartitionOffset> next;
  for (const auto& progress : effects.progress) {
    const auto page = encode(progress.page);
    const kafka::OutboundRecord outbound{{}, page, {}, progress.page_time, progress.partition};
    producer_.produce(index(schemas::TopicName::seen_ids), outbound);
    next.push_back({{events_topic_, progress.partition}, progress.page.next});
  }
  const auto produce = [&](OutputRecord& record) {
    const kafka::Header traceparent{schemas::kTraceparentHeader, record.traceparent()};
    const std::span headers(&traceparent, traceparent.value.empty() ? 0 : 1);
    producer_.produce(index(record.topic), {record.key(), record.value(), headers, record.timestamp});
    record.free_text();  // librdkafka has its copy, and the next batch is growing
  };
  const auto frequent = [](const OutputRecord& record) {
    return record.topic == schemas::TopicName::messages || record.topic == schemas::TopicName::leads;
  };
  for (auto& record : effects.records)
    if (!frequent(record)) produce(record);
  for (auto& record : effects.records)
    if (frequent(record)) produce(record);
  WXPIPE_FAULT_POINT(process_before_offsets);
  producer_.send_offsets(next, std::move(transaction.group));
  WXPIPE_FAULT_POINT(process_before_commit);
  producer_.commit();
  WXPIPE_FAULT_POINT(process_after_commit);
}

void TransactionLoop::publish(worker::Batch& batch) {
  const auto& transaction = static_cast<const Transaction&>(batch);
  const auto& effects = transaction.effects;
  processors::publish(effects, windows_);
  for (const auto& progress : effects.progress) next_[progress.partition] = progress.page.next;
  metrics_.committed(effects);
  if (const auto& counts = effects.counts; counts.unreadable + counts.too_large > 0)
    dead_letter_line_.say(
        counts.unreadable + counts.too_large,
        {to_string(counts.unreadable > 0 ? Reason::unreadable_record : Reason::too_large),
         transaction.first_letters_account, schemas::trace_id_in(transaction.first_letters_traceparent),
         schemas::span_id_in(transaction.first_letters_traceparent)},
        steady_clock::now());
  telemetry::log_debug("batch_committed", {{"group", kProcessGroup},
                                           {"events", batch.size},
                                           {"records", effects.records.size()},
                                           {"duplicates", effects.counts.duplicates},
                                           {"ms", since(transaction.started)}});
}

void TransactionLoop::discard(const worker::TryAgain&, milliseconds) { drop_staged(windows_); }

void TransactionLoop::revoking() { WXPIPE_FAULT_POINT(process_revoke); }

}  // namespace wxpipe::processors
