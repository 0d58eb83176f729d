#include "sinks/sink_worker.hpp"

#include "common/postgres/sqlstate.hpp"
#include "common/result.hpp"
#include "common/runtime/fault_point.hpp"
#include "common/runtime/stop_wait.hpp"
#include "common/telemetry/log.hpp"
#include "sinks/families.hpp"

namespace wxpipe::sinks {
namespace {
using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using worker::TryAgain;

constexpr int kTriesInPlace = 5;  // tries for a batch that meets a deadlock or a lock
constexpr milliseconds kClusterIdTimeout = 2s;

// `record` stays where it is until the batch is cleared.
InputRecord input(const kafka::Record& record) {
  return {record.topic(),
          record.partition(),
          record.offset(),
          record.key(),
          record.has_value() ? std::optional(record.value()) : std::nullopt,
          record.timestamp(),
          [&record](const char* name) { return record.header(name); }};
}

worker::Spec worker_spec(const config::Settings& settings, const schemas::FamilyInfo& family) {
  const auto [rows, interval] = batch_limits(family, settings.sink);
  return {.name = fmt::format("sink.{}", family.name),
          .role = family.batches == schemas::Batches::prompt ? kafka::ClientRole::sink_consumer
                                                             : kafka::ClientRole::patient_sink_consumer,
          .topic = topic_of(settings.kafka, family),
          .group = group_id(settings.kafka.topic_prefix, family),
          .member = kafka::member_id(settings.instance.name, fmt::format("sink.{}", family.name), 0),
          .limits = {rows, interval},
          .backoff = {100ms, 5s},
          .show_every = kafka::show_offsets_every(settings.kafka)};
}
}  // namespace

std::string topic_of(const config::KafkaSettings& settings, const schemas::FamilyInfo& family) {
  return schemas::topic_name(settings.topic_prefix, family.topic.name);
}

SinkWorker::SinkWorker(const config::Settings& settings, const schemas::FamilyInfo& family, const Clock& clock,
                       Database& database, SinkMetrics& metrics, worker::Status& status)
    : family_(family),
      name_(fmt::format("sink.{}", family.name)),
      clock_(clock),
      database_(database),
      metrics_(metrics),
      dead_letter_line_(name_),
      offsets_(group_id(settings.kafka.topic_prefix, family), settings.instance.name),
      writer_(family, offsets_, settings.sink, settings.instance.name, clock),
      worker_(settings.kafka, worker_spec(settings, family), *this, status) {}

SinkWorker::Rows::Rows(const schemas::FamilyInfo& family) : read(make_sink(family)) {}

void SinkWorker::Rows::clear() {
  read.clear();
  inputs.clear();
  outcome = {};
  Batch::clear();
}

// Turns Postgres's errors into the shell's TryAgain. If the connection is lost, the next try makes a new one.
template <class Call>
void SinkWorker::ask_postgres(Call&& call) {
  const auto disconnected = [this](const char* which, const char* why) {
    database_.disconnect();
    return TryAgain(which, why);
  };
  try {
    call(database_.connection());
  } catch (const postgres::InDoubt& error) {
    throw disconnected("in_doubt", error.what());
  } catch (const Unavailable& error) {
    throw disconnected("unavailable", error.what());
  } catch (const UsageError& error) {  // wrong schema version: somebody may be about to migrate
    throw disconnected("refused", error.what());
  } catch (const Braked& error) {
    throw TryAgain("braked", error.what(), TryAgain::Until::restarted);
  } catch (const postgres::SqlError& error) {
    throw TryAgain("refused", fmt::format("{} {}", error.sqlstate(), error.what()));
  }
}

std::vector<kafka::PartitionOffset> SinkWorker::claim(const std::vector<kafka::Partition>& partitions,
                                                      const std::stop_token&) {
  std::vector<kafka::PartitionOffset> from;
  claims_.clear();
  ask_postgres([&](postgres::Connection& connection) {
    const auto cluster = worker_.consumer().cluster_id(kClusterIdTimeout);
    if (cluster.empty()) throw Unavailable("the broker didn't tell its cluster's id");
    for (const auto& claim : offsets_.claim(connection, partitions, cluster)) claims_[claim.partition.number] = claim;
  });
  settle_doubt();
  for (const auto& [number, claim] : claims_) {
    from.push_back({claim.partition, claim.next_offset == 0 ? kafka::kLogBegin : claim.next_offset});
    if (claim.new_cluster)
      telemetry::log_warn("cluster_changed",
                          {{"group", name_}, {"partition", number}, {"begins", "with its oldest record"}});
    telemetry::log_info(
        "partition_claimed",
        {{"group", name_}, {"partition", number}, {"epoch", claim.epoch}, {"next_offset", claim.next_offset}});
  }
  return from;
}

// The claim waited for a running commit, so the offset shows whether the batch was committed.
void SinkWorker::settle_doubt() {
  if (!doubt_) return;
  bool known = false, stored = true;
  for (const auto& step : doubt_->advances)
    if (const auto claim = claims_.find(step.partition.number); claim != claims_.end()) {
      known = true;
      stored = stored && claim->second.next_offset == step.to;
    }
  telemetry::log_info("doubt_settled", {{"group", name_},
                                        {"outcome", !known   ? "somebody else's"
                                                    : stored ? "stored"
                                                             : "not stored"}});
  if (known && stored) committed(doubt_->outcome);
  doubt_.reset();
}

void SinkWorker::committed(const BatchOutcome& outcome) {
  metrics_.committed(outcome, clock_.now());
  if (outcome.dead_letters.empty()) return;
  // What the sink of the log says of its own records would come to it as further records.
  std::optional<telemetry::StandardErrorOnly> about_itself;
  if (&family_ == &schemas::family_of<schemas::LogWritten>()) about_itself.emplace();
  const auto& first = outcome.dead_letters.front();
  dead_letter_line_.say(outcome.dead_letters.size(),
                        {to_string(first.reason), first.account, first.trace_id, outcome.first_letters_span},
                        steady_clock::now());
}

void SinkWorker::prepare(worker::Batch& batch) {
  auto& rows = static_cast<Rows&>(batch);
  for (size_t i = rows.inputs.size(); i < rows.records.size(); ++i) rows.inputs.push_back(input(rows.records[i]));
  rows.read.read(rows.inputs);
}

void SinkWorker::write(worker::Batch& batch, const std::stop_token& stop) {
  WXPIPE_FAULT_POINT(sink_before_batch);
  auto& rows = static_cast<Rows&>(batch);
  std::vector<Advance> advances;
  for (const auto& [partition, end] : batch.ends) {
    const auto& claim = claims_.at(partition);
    advances.push_back({claim.partition, claim.epoch, claim.next_offset, end});
  }
  ask_postgres([&](postgres::Connection& connection) {
    try {
      write_rows(connection, rows, advances, stop);
    } catch (const postgres::InDoubt&) {
      doubt_ = {std::move(advances), std::move(rows.outcome)};
      throw;
    }
  });
  for (const auto& step : advances) claims_[step.partition.number].next_offset = step.to;
}

void SinkWorker::write_rows(postgres::Connection& connection, Rows& rows, std::span<const Advance> advances,
                            const std::stop_token& stop) {
  runtime::Backoff backoff(100ms, 5s);
  for (int tries = 1;; ++tries) {
    const auto started = steady_clock::now();
    try {
      writer_.write(connection, rows.read, advances, rows.outcome);
      rows.took = steady_clock::now() - started;
      return;
    } catch (const postgres::SqlError& error) {
      const bool passing = classify(error) == postgres::Verdict::retry;
      if (!passing || tries >= kTriesInPlace || stop.stop_requested()) throw;
      telemetry::log_warn("batch_tried_again",
                          {{"sink", family_.name}, {"sqlstate", error.sqlstate()}, {"why", error.what()}});
      metrics_.retried("locked");
      runtime::wait(stop, backoff.next());
    }
  }
}

void SinkWorker::publish(worker::Batch& batch) {
  const auto& rows = static_cast<const Rows&>(batch);
  hindered_by_.clear();
  committed(rows.outcome);
  metrics_.batch_took(rows.took);
  telemetry::log_debug("batch_written", {{"sink", family_.name},
                                         {"records", rows.size},
                                         {"fresh", rows.outcome.written.fresh},
                                         {"dead_letters", rows.outcome.dead_letters.size()},
                                         {"ms", std::chrono::duration_cast<milliseconds>(rows.took).count()}});
  if (rows.outcome.erased > 0)
    telemetry::log_info("erased_again", {{"sink", family_.name}, {"facts", rows.outcome.erased}});
}

void SinkWorker::discard(const TryAgain& why, milliseconds wait) {
  metrics_.retried(why.kind);
  if (why.until == TryAgain::Until::restarted)
    telemetry::log_error("sink_stopped", {{"sink", family_.name}, {"why", why.what()}});
  else  // log an outage once, not at every attempt
    telemetry::log(why.what() == hindered_by_ ? telemetry::Level::debug : telemetry::Level::warn, "sink_hindered",
                   {{"sink", family_.name}, {"class", why.kind}, {"again_in_ms", wait.count()}, {"why", why.what()}});
  hindered_by_ = why.what();
}

void SinkWorker::revoking() { WXPIPE_FAULT_POINT(sink_revoke); }

}  // namespace wxpipe::sinks
