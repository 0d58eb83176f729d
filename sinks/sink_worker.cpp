#include "sinks/sink_worker.hpp"

#include <algorithm>

#include "common/kafka/partition_reader.hpp"
#include "common/postgres/sqlstate.hpp"
#include "common/result.hpp"
#include "common/runtime/fault_point.hpp"
#include "common/runtime/stop_wait.hpp"
#include "common/telemetry/log.hpp"

namespace wxpipe::sinks {
namespace {
using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kIdlePoll = 100ms;     // how long a stop may go unnoticed
constexpr size_t kMostBatchBytes = 16 << 20;  // of values; a batch holds at least one record
constexpr size_t kMostReadAhead = 1000;       // records
constexpr Backoff kBackoff{100ms, 5s};
constexpr int kTriesInPlace = 5;              // of a batch that met a deadlock or a lock
constexpr milliseconds kIdleMeansTaken = 2s;  // nothing came for so long: what is left up to the end are markers
constexpr milliseconds kClusterIdTimeout = 2s;
constexpr milliseconds kLogTimeout = 5s;

kafka::Conf consumer_config(const config::Settings& settings, std::string_view group, std::string_view family) {
  return client_config(
      kafka::ClientRole::sink_consumer, settings.kafka,
      {{"group.id", std::string(group)},
       {"group.instance.id", kafka::member_id(settings.instance.name, fmt::format("sink.{}", family), 0)}});
}

// `record` stays where it is until the batch is settled.
InputRecord input(const kafka::Record& record) {
  return {record.topic(),
          record.partition(),
          record.offset(),
          record.key(),
          record.has_value() ? std::optional(record.value()) : std::nullopt,
          record.timestamp(),
          [&record](const char* name) { return record.header(name); }};
}

class Rebalancing {
 public:
  explicit Rebalancing(bool& flag) : flag_(flag) { flag_ = true; }
  ~Rebalancing() { flag_ = false; }
  Rebalancing(const Rebalancing&) = delete;
  Rebalancing& operator=(const Rebalancing&) = delete;

 private:
  bool& flag_;
};
}  // namespace

SinkWorker::SinkWorker(const config::Settings& settings, const schemas::FamilyInfo& family, const Clock& clock,
                       Database& database, SinkMetrics& metrics, SinkStatus& status)
    : settings_(settings),
      family_(family.name),
      group_(group_id(settings.kafka.topic_prefix, family)),
      topic_(schemas::topic_name(settings.kafka.topic_prefix, family.topic.name)),
      limits_(batch_limits(family, settings.sink)),
      clock_(clock),
      database_(database),
      metrics_(metrics),
      status_(status),
      offsets_(group_, settings.instance.name),
      writer_(family, offsets_, settings.sink, settings.instance.name, clock),
      consumer_(consumer_config(settings, group_, family.name), {topic_}, *this),
      batch_(make_sink(family)),
      ahead_(make_sink(family)),
      done_(make_sink(family)) {}

void SinkWorker::Taken::add(kafka::Record record) {
  if (records.empty()) since = steady_clock::now();
  bytes += record.value().size();
  records.push_back(std::move(record));
}

void SinkWorker::Taken::read() {
  for (size_t i = inputs.size(); i < records.size(); ++i) inputs.push_back(input(records[i]));
  batch.read(inputs);
}

void SinkWorker::Taken::clear() {
  batch.clear();
  inputs.clear();
  records.clear();
  bytes = 0;
}

void SinkWorker::run(const std::stop_token& stop) {
  stop_ = stop;
  while (!stop.stop_requested()) {
    if (claim_due()) claim();
    try {
      collect();
      if (!batch_.empty()) settle();
    } catch (const kafka::OffsetOutOfRange& error) {
      look_at_log_ = true;
      give_back("lost_records", error.what());
    }
    report_progress();
  }
  let_go();
}

// Where to begin is Postgres's to say, and it may be away: nothing is fetched until `claim` has asked it.
std::vector<kafka::PartitionOffset> SinkWorker::assigned(const std::vector<kafka::Partition>& partitions) {
  telemetry::log_info("partitions_assigned", {{"group", group_}, {"partitions", partitions.size()}});
  const Rebalancing callback(rebalancing_);
  forget();
  assigned_ = partitions;
  claims_.clear();
  claim_at_ = steady_clock::now();
  if (partitions.empty() && !braked_) status_.set_trouble({});  // other processes have them all
  return {};
}

void SinkWorker::revoked(const std::vector<kafka::Partition>& partitions, bool lost) {
  WXPIPE_FAULT_POINT(sink_revoke);
  telemetry::log_info("partitions_revoked", {{"group", group_}, {"partitions", partitions.size()}, {"lost", lost}});
  const Rebalancing callback(rebalancing_);
  forget();
  assigned_.clear();
  claims_.clear();
  settled_ends_.clear();
}

bool SinkWorker::claim_due() const {
  return !assigned_.empty() && claims_.empty() && !braked_ && steady_clock::now() >= claim_at_;
}

void SinkWorker::claim() {
  try {
    const auto cluster = consumer_.cluster_id(kClusterIdTimeout);
    if (cluster.empty()) throw Unavailable("the broker didn't tell its cluster's id");
    const auto claims = offsets_.claim(database_.connection(), assigned_, cluster);
    settle_doubt(claims);
    const auto from = starts(claims);
    consumer_.assign(from);
    for (const auto& claim : claims) claims_[claim.partition.number] = claim;
    settled_ends_.clear();
    last_batch_ = steady_clock::now();
    status_.set_trouble({});
    for (const auto& claim : claims)
      telemetry::log_info("partition_claimed", {{"group", group_},
                                                {"partition", claim.partition.number},
                                                {"epoch", claim.epoch},
                                                {"next_offset", claim.next_offset}});
  } catch (const Fenced&) {
    throw;
  } catch (const postgres::SqlError& error) {
    give_back("refused", error.what());
  } catch (const UsageError& error) {  // the schema; somebody may be about to migrate
    database_.disconnect();
    give_back("refused", error.what());
  } catch (const Unavailable& error) {
    database_.disconnect();
    give_back("unavailable", error.what());
  }
}

std::vector<kafka::PartitionOffset> SinkWorker::starts(const std::vector<Claim>& claims) {
  std::vector<kafka::PartitionOffset> from;
  for (const auto& [partition, epoch, next_offset, new_cluster] : claims) {
    from.push_back({partition, next_offset == 0 ? kafka::kLogBegin : next_offset});
    if (new_cluster)
      telemetry::log_warn("cluster_changed",
                          {{"group", group_}, {"partition", partition.number}, {"begins", "with its oldest record"}});
  }
  if (!look_at_log_) return from;
  kafka::PartitionReader log(settings_.kafka);
  const auto first = log.beginnings(assigned_, kLogTimeout);
  const auto end = log.ends(assigned_, kLogTimeout);
  const auto offset_of = [](const std::vector<kafka::PartitionOffset>& list, const kafka::Partition& partition) {
    const auto found =
        std::find_if(list.begin(), list.end(), [&](const auto& one) { return one.partition == partition; });
    return found == list.end() ? kafka::kNoOffset : found->offset;
  };
  for (auto& [partition, offset] : from) {
    const auto oldest = offset_of(first, partition), next = offset_of(end, partition);
    if (offset == kafka::kLogBegin || (oldest <= offset && offset <= next)) continue;
    // Behind the log's beginning, retention was faster than this sink; beyond its end, the topic was made anew.
    telemetry::log_error("records_lost", {{"group", group_},
                                          {"partition", partition.number},
                                          {"next_offset", offset},
                                          {"log_begins", oldest},
                                          {"log_ends", next},
                                          {"why", offset < oldest ? "retention deleted them before they were taken"
                                                                  : "the topic is not the one it was"},
                                          {"begins", "with the oldest record there is"}});
    offset = kafka::kLogBegin;
  }
  look_at_log_ = false;
  return from;
}

// The claim waited for what was being committed: the offset tells whether it was.
void SinkWorker::settle_doubt(const std::vector<Claim>& claims) {
  if (!doubt_) return;
  bool known = false, stored = true;
  for (const auto& step : doubt_->advances)
    for (const auto& claim : claims)
      if (claim.partition == step.partition) {
        known = true;
        stored = stored && claim.next_offset == step.to;
      }
  telemetry::log_info("doubt_settled", {{"group", group_},
                                        {"outcome", !known   ? "somebody else's"
                                                    : stored ? "stored"
                                                             : "not stored"}});
  if (known && stored) metrics_.committed(doubt_->outcome, clock_.now());
  doubt_.reset();
}

bool SinkWorker::full(const Taken& taken) const {
  return taken.records.size() >= limits_.rows || taken.bytes >= kMostBatchBytes;
}

// Up to the family's limits. Without claims nothing comes, but membership goes on. A rebalance inside poll forgets everything.
void SinkWorker::collect() {
  const auto idle_until = steady_clock::now() + kIdlePoll;
  while (!full(batch_)) {
    auto record = consumer_.poll(0ms);
    if (!record) {
      const auto until = batch_.empty() ? idle_until : batch_.since + limits_.interval;
      const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
      if (left <= 0ms || (batch_.empty() && claim_due())) return;
      let_go();
      record = consumer_.poll(left);
    }
    if (record) batch_.add(std::move(*record));
  }
}

void SinkWorker::settle() {
  std::map<int, Advance> by_partition;
  Advance* step = nullptr;  // most records come from the partition that the one before came from
  for (const auto& record : batch_.records) {
    if (step == nullptr || step->partition.number != record.partition()) {
      const auto claim = claims_.find(record.partition());
      if (claim == claims_.end()) return give_back("unavailable", "a record of a partition that isn't claimed");
      const Advance start{claim->second.partition, claim->second.epoch, claim->second.next_offset, 0};
      step = &by_partition.try_emplace(record.partition(), start).first->second;
    }
    step->to = record.offset() + 1;
  }
  std::vector<Advance> advances;
  for (const auto& [number, advance] : by_partition) advances.push_back(advance);
  batch_.read();
  WXPIPE_FAULT_POINT(sink_before_batch);
  writing_ = std::async(std::launch::async,
                        [this, advances = std::move(advances)]() mutable { return write(std::move(advances)); });
  let_go();
  read_ahead();
  finish();
}

// Enough to keep Postgres busy. The rest of a large batch waits in the consumer, where it takes less memory.
void SinkWorker::read_ahead() {
  while (!full(ahead_) && ahead_.records.size() < kMostReadAhead) {
    auto record = consumer_.poll(0ms);
    if (!record) break;
    ahead_.add(std::move(*record));
  }
  ahead_.read();
}

// On the second thread: touches batch_, the database and the writer, and nothing else that changes.
SinkWorker::WriteResult SinkWorker::write(std::vector<Advance> advances) {
  WriteResult result;
  result.advances = std::move(advances);
  const auto trouble = [&](const char* what, std::string why) -> WriteResult&& {
    result.trouble = what;
    result.why = std::move(why);
    return std::move(result);
  };
  for (unsigned attempt = 0;; ++attempt) {
    const auto started = steady_clock::now();
    try {
      writer_.write(database_.connection(), batch_.batch, result.advances, result.outcome);
      result.took = steady_clock::now() - started;
      return result;
    } catch (const postgres::InDoubt& error) {
      result.in_doubt = true;
      database_.disconnect();
      return trouble("in_doubt", error.what());
    } catch (const Unavailable& error) {
      database_.disconnect();
      return trouble("unavailable", error.what());
    } catch (const UsageError& error) {
      database_.disconnect();
      return trouble("refused", error.what());
    } catch (const Braked& error) {
      result.braked = true;
      return trouble("braked", error.what());
    } catch (const postgres::SqlError& error) {
      const bool passing = classify(error) == postgres::Verdict::retry;
      if (!passing || attempt + 1 >= kTriesInPlace || stop_.stop_requested())
        return trouble("refused", fmt::format("{} {}", error.sqlstate(), error.what()));
      telemetry::log_warn("batch_tried_again",
                          {{"sink", family_}, {"sqlstate", error.sqlstate()}, {"why", error.what()}});
      metrics_.retried("locked");
      std::uniform_real_distribution<double> fraction(0, 1);
      runtime::wait(stop_, kBackoff.delay(attempt, fraction(random_)));
    }
  }
}

void SinkWorker::finish() {
  if (!writing_.valid()) return;
  auto result = writing_.get();
  if (result.trouble) {
    braked_ = braked_ || result.braked;
    if (result.in_doubt) doubt_ = {std::move(result.advances), std::move(result.outcome)};
    return give_back(result.trouble, result.why);
  }
  failures_ = 0;
  hindered_by_.clear();
  for (const auto& step : result.advances) claims_[step.partition.number].next_offset = step.to;
  last_batch_ = steady_clock::now();
  last_taken_ = batch_.inputs.back().timestamp;
  stored_ = std::move(result);
  std::swap(done_, batch_);
  std::swap(batch_, ahead_);
  if (done_.records.size() > kMostReadAhead) let_go();  // before the next one grows as large
}

// What is left to do for a batch that is stored, while Postgres writes the next one or there is none.
void SinkWorker::let_go() {
  if (!stored_) return;
  metrics_.committed(stored_->outcome, clock_.now());
  metrics_.batch_took(stored_->took);
  telemetry::log_debug("batch_written", {{"sink", family_},
                                         {"records", done_.inputs.size()},
                                         {"fresh", stored_->outcome.written.fresh},
                                         {"dead_letters", stored_->outcome.dead_letters.size()},
                                         {"ms", std::chrono::duration_cast<milliseconds>(stored_->took).count()}});
  stored_.reset();
  done_.clear();
}

void SinkWorker::forget() {
  finish();
  let_go();
  batch_.clear();
  ahead_.clear();
}

// Forgets the batch and fetches nothing, until a new claim says from where.
void SinkWorker::give_back(const char* metric, std::string_view why) {
  metrics_.retried(metric);
  forget();
  claims_.clear();
  if (!rebalancing_) consumer_.assign({});
  std::uniform_real_distribution<double> fraction(0, 1);
  const auto delay = kBackoff.delay(failures_++, fraction(random_));
  claim_at_ = steady_clock::now() + delay;
  status_.set_trouble(braked_ ? fmt::format("stopped: {}", why) : std::string(why));
  if (braked_)
    telemetry::log_error("sink_stopped", {{"sink", family_}, {"why", why}});
  else  // an outage is told once, not at every attempt
    telemetry::log(why == hindered_by_ ? telemetry::Level::debug : telemetry::Level::warn, "sink_hindered",
                   {{"sink", family_}, {"class", metric}, {"again_in_ms", delay.count()}, {"why", why}});
  hindered_by_ = why;
}

void SinkWorker::report_progress() {
  const bool idle = steady_clock::now() - last_batch_ > kIdleMeansTaken;
  int64_t lag = 0;
  for (const auto& [number, claim] : claims_) {
    const auto end = consumer_.known_end({topic_, number});
    if (end == kafka::kNoOffset) continue;
    auto& settled = settled_ends_[number];
    if (idle) settled = end;
    lag += std::max<int64_t>(0, end - std::max(claim.next_offset, settled));
  }
  status_.set_progress(lag, last_taken_);
}

}  // namespace wxpipe::sinks
