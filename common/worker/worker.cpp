#include "common/worker/worker.hpp"

#include <algorithm>

#include "common/kafka/partition_reader.hpp"
#include "common/telemetry/log.hpp"

namespace wxpipe::worker {
namespace {
using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kIdlePoll = 100ms;     // a stop is noticed after this time at the latest
constexpr size_t kMostBatchBytes = 16 << 20;  // of values; a batch holds at least one record
constexpr milliseconds kIdleMeansTaken = 2s;  // nothing came for so long: up to the end there are only markers
constexpr milliseconds kLogTimeout = 5s;
}  // namespace

void Batch::clear() {
  records.clear();
  size = bytes = 0;
  ends.clear();
}

Worker::Worker(const config::KafkaSettings& settings, Spec spec, Job& job, Status& status)
    : settings_(settings),
      spec_(std::move(spec)),
      job_(job),
      status_(status),
      consumer_(client_config(spec_.role, settings, {{"group.id", spec_.group}, {"group.instance.id", spec_.member}}),
                {spec_.topic}, *this),
      pace_(spec_.limits.interval) {}

void Worker::run(const std::stop_token& stop) {
  stop_ = stop;
  for (auto* batch : {&next_, &writing_, &done_}) *batch = job_.make_batch();
  while (!stop.stop_requested()) {
    try {
      collect();
      if (next_->size > 0) write();
    } catch (const kafka::OffsetOutOfRange& error) {
      look_at_log_ = true;
      if (await()) rewind({kLostRecords, error.what()});
    }
    if (claim_due()) claim();
    report_lag();
    show_offsets();
  }
  await();
  publish();
}

// The job decides where to begin, and the server it asks may be away. So nothing is fetched until it has answered.
std::vector<kafka::PartitionOffset> Worker::assigned(const std::vector<kafka::Partition>& partitions) {
  take_leave(partitions);
  telemetry::log_info("partitions_assigned", {{"group", spec_.name}, {"partitions", partitions.size()}});
  claim_at_ = steady_clock::now();
  if (trouble_until_ == TryAgain::Until::restarted) return {};
  trouble_until_ = TryAgain::Until::claimed;
  if (partitions.empty()) status_.set_trouble({});  // other processes have them all
  return {};
}

void Worker::revoked(const std::vector<kafka::Partition>& partitions, bool lost) {
  job_.revoking();
  take_leave({});
  telemetry::log_info("partitions_revoked", {{"group", spec_.name}, {"partitions", partitions.size()}, {"lost", lost}});
}

void Worker::take_leave(const std::vector<kafka::Partition>& next) {
  rebalancing_ = true;
  await();
  rebalancing_ = false;
  publish();
  next_->clear();
  assigned_ = next;
  claimed_ = false;
  positions_.clear();
  shown_.clear();
}

bool Worker::claim_due() const {
  return !assigned_.empty() && !claimed_ && trouble_until_ != TryAgain::Until::restarted &&
         steady_clock::now() >= claim_at_;
}

void Worker::claim() {
  try {
    auto from = job_.claim(assigned_, stop_);
    if (look_at_log_) skip_what_is_lost(from);
    consumer_.assign(from);
    for (const auto& [partition, offset] : from) positions_[partition.number] = std::max<int64_t>(0, offset);
    settled_ends_.clear();
    claimed_ = true;
    last_commit_ = steady_clock::now();
    if (trouble_until_ == TryAgain::Until::claimed) status_.set_trouble({});
  } catch (const TryAgain& why) {
    rewind(why);
  }
}

// A partition whose next record is gone goes on with the oldest record in the log.
void Worker::skip_what_is_lost(std::vector<kafka::PartitionOffset>& from) {
  kafka::PartitionReader log(settings_);
  const auto first = log.beginnings(assigned_, kLogTimeout);
  const auto end = log.ends(assigned_, kLogTimeout);
  const auto offset_in = [](const auto& list, const kafka::Partition& partition) {
    return std::find_if(list.begin(), list.end(), [&](const auto& one) { return one.partition == partition; })->offset;
  };
  for (auto& [partition, offset] : from) {
    const auto oldest = offset_in(first, partition), next = offset_in(end, partition);
    if (offset < 0 || (oldest <= offset && offset <= next)) continue;
    // Before the log's beginning: retention was faster than this worker. After its end: the topic was created again.
    telemetry::log_error("records_lost", {{"group", spec_.name},
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
}

bool Worker::full() const { return next_->size >= spec_.limits.records || next_->bytes >= kMostBatchBytes; }

// A rebalance inside poll empties the batch.
void Worker::collect() {
  const auto idle_until = steady_clock::now() + kIdlePoll;
  while (!full()) {
    auto& batch = *next_;
    const bool far_enough = written_.valid() && batch.size >= spec_.limits.ahead;
    auto record = far_enough ? std::nullopt : consumer_.poll(0ms);
    if (!record && written_.valid()) {  // the batch before is being written, and there is nothing else to do
      job_.read_ahead(batch);
      await();
      continue;
    }
    if (!record) {
      const auto begin = spec_.limits.interval_after_write ? std::max(batch.since, last_commit_) : batch.since;
      const auto now = steady_clock::now();
      const auto until = batch.size == 0 ? idle_until : begin + pace_.wait(now);
      const auto left = std::chrono::ceil<milliseconds>(until - now);
      if (left <= 0ms || (batch.size == 0 && claim_due())) return;
      publish();
      record = consumer_.poll(left);
    }
    if (!record || !claimed_) continue;
    if (batch.size++ == 0) batch.since = steady_clock::now();
    batch.bytes += record->value().size();
    batch.records.push_back(std::move(*record));
  }
}

void Worker::write() {
  const kafka::Record* last = nullptr;  // mostly, the next record is from the same partition
  int64_t* end = nullptr;
  for (const auto& record : next_->records) {
    if (!last || last->partition() != record.partition()) end = &next_->ends[record.partition()];
    *end = record.offset() + 1;
    last = &record;
  }
  next_->last_taken = last->timestamp();
  pace_.took(next_->size, steady_clock::now());
  job_.prepare(*next_);
  if (!await()) return;
  std::swap(writing_, next_);
  written_ = std::async(std::launch::async, [this, &batch = *writing_] { job_.write(batch, stop_); });
  publish();
}

// False: the batch was discarded, with everything taken since.
bool Worker::await() {
  if (!written_.valid()) return true;
  try {
    written_.get();
  } catch (const TryAgain& why) {
    rewind(why);
    return false;
  }
  spec_.backoff.reset();
  if (trouble_until_ == TryAgain::Until::committed) {
    trouble_until_ = TryAgain::Until::claimed;
    status_.set_trouble({});
  }
  for (const auto& [partition, end] : writing_->ends) positions_[partition] = end;
  last_commit_ = steady_clock::now();
  last_taken_ = writing_->last_taken;
  std::swap(done_, writing_);
  if (done_->size > spec_.limits.ahead) publish();  // before the next batch grows so large too
  return true;
}

// Publishes a committed batch. The call is delayed until the next batch is being written, or there is nothing else to
// do.
void Worker::publish() {
  if (done_->size == 0) return;
  job_.publish(*done_);
  done_->clear();
}

void Worker::rewind(const TryAgain& why) {
  publish();
  next_->clear();
  writing_->clear();
  claimed_ = false;
  const auto wait = rebalancing_ ? 0ms : spec_.backoff.next();
  job_.discard(why, wait);
  if (!rebalancing_) consumer_.assign({});
  claim_at_ = steady_clock::now() + wait;
  const bool stopped = why.until == TryAgain::Until::restarted;
  if (!stopped && wait == 0ms) return;  // too short to log
  trouble_until_ = why.until;
  status_.set_trouble(stopped ? fmt::format("stopped: {}", why.what()) : why.what());
}

void Worker::report_lag() {
  const bool idle = claimed_ && steady_clock::now() - last_commit_ > kIdleMeansTaken;
  int64_t lag = 0;
  for (const auto& [number, position] : positions_) {
    const auto end = consumer_.known_end({spec_.topic, number});
    if (end == kafka::kNoOffset) continue;
    auto& settled = settled_ends_[number];
    if (idle) settled = end;
    lag += std::max<int64_t>(0, end - std::max(position, settled));
  }
  status_.set_progress(lag, last_taken_);
}

// Only for people: the job knows where to go on. The first time comes one interval after the claim, so that a group
// that keeps rebalancing isn't burdened further.
void Worker::show_offsets() {
  const auto now = steady_clock::now();
  if (spec_.show_every == 0ms || !claimed_ || now - std::max(shown_at_, claim_at_) < spec_.show_every) return;
  std::vector<kafka::PartitionOffset> news;
  for (const auto& [number, position] : positions_) {
    auto& shown = shown_[number];
    const auto end = std::max(position, settled_ends_[number]);
    if (shown != end) news.push_back({{spec_.topic, number}, end});
    shown = end;
  }
  shown_at_ = now;
  if (!news.empty()) consumer_.show(news);
}

}  // namespace wxpipe::worker
