#include "operate/grow.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "common/kafka/admin.hpp"
#include "common/kafka/group_note.hpp"
#include "common/kafka/group_offsets.hpp"
#include "common/kafka/partition_reader.hpp"
#include "common/result.hpp"
#include "common/runtime/stop_wait.hpp"
#include "common/telemetry/log.hpp"
#include "ingest/delivery/hold_rule.hpp"
#include "schemas/topics.hpp"

namespace wxpipe::operate {
namespace {
using namespace std::chrono_literals;
using ingest::HoldRule;
using schemas::TopicName;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr auto kTimeout = 5s;  // of one question to Kafka
constexpr auto kLookEvery = 250ms;
constexpr auto kAskEvery = 1s;
// If two notes are further apart, an ingest process may have gone on in between.
constexpr milliseconds kLongestGap = HoldRule::kPatience / 2;
constexpr auto kQuiet = 2s;                         // no new event for so long
constexpr std::chrono::seconds kVisibleWithin{15};  // new partitions, to the broker that we ask
constexpr auto kVisibleToAll = 2s;                  // and then to all others
constexpr int64_t kMarkersAtMost = 100;

std::string_view unsuitable(TopicName topic) {
  switch (topic) {
    case TopicName::seen_ids:
      return "it belongs to events and grows together with it: wxpipe topics grow events";
    case TopicName::dead_letters:
      return "one partition takes thousands of dead letters a second; if there are so many, something else is wrong";
    case TopicName::custody:
      return "each ingest process writes one mark a second, so one partition is enough for thousands of them";
    default:
      return {};
  }
}

std::vector<kafka::Partition> partitions_of(const std::string& topic, int count) {
  std::vector<kafka::Partition> all;
  for (int i = 0; i < count; ++i) all.push_back({topic, i});
  return all;
}

// Keeps all ingest processes held as long as it lives.
class HeldEvents {
 public:
  // Throws UsageError when another one is at work, Unavailable.
  HeldEvents(const config::KafkaSettings& settings, const std::string& topic)
      : note_(settings, ingest::hold_group(settings.topic_prefix), {topic, 0}),
        name_(fmt::format("{:08x}", std::random_device()())) {
    if (const auto found = note_.read(kTimeout); !found.empty()) {
      std::this_thread::sleep_for(2 * kAskEvery);
      if (note_.read(kTimeout) != found)
        throw UsageError("another `wxpipe topics grow` is at work; let it end, or stop it");
    }
    ask();
    thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
  }
  ~HeldEvents() {
    if (!released_) try {
        release();
      } catch (const std::exception& error) {
        telemetry::log_warn("hold_not_released", {{"why", error.what()}});
      }
  }
  HeldEvents(const HeldEvents&) = delete;
  HeldEvents& operator=(const HeldEvents&) = delete;

  // False: there was a time in which an ingest process may have gone on.
  bool unbroken() const {
    return !broken_ && steady_clock::now() - steady_clock::time_point(last_.load()) < kLongestGap;
  }
  // Throws Unavailable.
  void release() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
    note_.write({}, kTimeout);
    released_ = true;
    note_.remove(kTimeout);
  }

 private:
  void work(const std::stop_token& stop) {
    for (;;) {
      runtime::wait(stop, kAskEvery);
      if (stop.stop_requested()) return;
      try {
        ask();
      } catch (const std::exception& error) {  // asked again; unbroken() says when it took too long
        telemetry::log_warn("hold_hindered", {{"why", error.what()}});
      }
    }
  }
  // An ingest process counts from when it reads a note, which is after it was written.
  void ask() {
    const auto now = steady_clock::now();
    note_.write(fmt::format("{} {}", name_, ++asked_), kTimeout);
    const auto before = steady_clock::time_point(last_.load());
    if (asked_ > 1 && now - before >= kLongestGap) broken_ = true;
    last_ = now.time_since_epoch();
  }

  kafka::GroupNote note_;  // used by one thread at a time
  const std::string name_;
  int64_t asked_ = 0;
  std::atomic<steady_clock::duration> last_{steady_clock::duration(0)};
  std::atomic<bool> broken_{false};
  bool released_ = false;
  std::jthread thread_;
};

// What of events `process` has not taken yet.
class Backlog {
 public:
  Backlog(const config::KafkaSettings& settings, const std::string& topic, int partitions)
      : partitions_(partitions_of(topic, partitions)),
        log_(settings),
        process_(settings, schemas::process_group(settings.topic_prefix)) {}

  // Looks again. True: nothing is left, and nothing came for a while.
  bool gone() {
    trouble_.clear();
    try {
      const auto ends = log_.ends(partitions_, kTimeout);
      if (ends != ends_) quiet_since_ = steady_clock::now();
      ends_ = ends;
      count();
    } catch (const Unavailable& error) {  // a transaction of `process` is open, or Kafka is away for a moment
      trouble_ = error.what();
    }
    return trouble_.empty() && left_ == 0 && !moves();
  }
  // Events still come.
  bool moves() const { return steady_clock::now() - quiet_since_ < kQuiet; }
  // What is left, in words.
  std::string rest() const { return trouble_.empty() ? fmt::format("{} events", left_) : "everything: " + trouble_; }

 private:
  void count() {
    const auto begins = log_.beginnings(partitions_, kTimeout);
    const auto taken = process_.committed(partitions_, kTimeout);
    std::vector<kafka::Stretch> rest;
    left_ = 0;
    for (size_t i = 0; i < partitions_.size(); ++i) {
      const auto next = std::max({int64_t{0}, taken.at(i).offset, begins.at(i).offset});
      if (next >= ends_.at(i).offset) continue;
      rest.push_back({partitions_[i], next, ends_[i].offset});
      left_ += ends_[i].offset - next;
    }
    if (left_ == 0 || left_ > kMarkersAtMost * static_cast<int64_t>(rest.size())) return;
    // These offsets may be those of markers that transactions leave (of a repair).
    int64_t records = 0;
    log_.read(
        rest, [&](const kafka::Record&) { ++records; }, kTimeout);
    left_ = records;
  }

  const std::vector<kafka::Partition> partitions_;
  kafka::PartitionReader log_;
  kafka::GroupOffsets process_;
  std::vector<kafka::PartitionOffset> ends_;
  steady_clock::time_point quiet_since_ = steady_clock::now();
  int64_t left_ = 0;
  std::string trouble_;  // why nobody can say
};

bool has(kafka::Admin& admin, const std::string& topic, int partitions) {
  for (const auto until = steady_clock::now() + kVisibleWithin; steady_clock::now() < until;
       runtime::wait({}, kLookEvery)) {
    const auto view = admin.view();
    const auto found = view.topics.find(topic);
    if (found != view.topics.end() && found->second.partitions >= partitions) return true;
  }
  return false;
}

// Why there are no more partitions; empty: there are. The request may be answered too late and be carried out all the
// same: what counts is what the topic has.
std::string raise(kafka::Admin& admin, const std::string& topic, int partitions) {
  std::string why;
  try {
    admin.raise_partitions(topic, partitions);
  } catch (const Unavailable& error) {
    why = fmt::format(" ({})", error.what());
  }
  if (has(admin, topic, partitions)) return {};
  return fmt::format("{} has no more partitions yet, {} s after Kafka was asked for them{}", topic,
                     kVisibleWithin.count(), why);
}

GrowthOutcome gave_up(std::string why, std::string remedy = {}) { return {false, std::move(why), std::move(remedy)}; }
GrowthOutcome not_made(std::string why) {
  return gave_up(std::move(why), "Look at the brokers, then at `wxpipe topics plan`.");
}
GrowthOutcome made() { return {.grown = true, .why = {}, .remedy = {}}; }

GrowthOutcome grow_events(const config::KafkaSettings& settings, const Growth& growth, kafka::Admin& admin,
                          milliseconds limit, const std::stop_token& stop,
                          const std::function<void(std::string_view)>& told) {
  Backlog backlog(settings, growth.topic, growth.from);
  told("asking all ingest processes to hold their events back");
  const auto began = steady_clock::now();
  HeldEvents held(settings, growth.topic);
  runtime::wait(stop, HoldRule::kAllHeldAfter);
  told("waiting until process has taken what is on the topic");
  bool gone = false;
  while (!stop.stop_requested() && held.unbroken() && !(gone = backlog.gone()) &&
         steady_clock::now() - began < limit + HoldRule::kAllHeldAfter)
    runtime::wait(stop, kLookEvery);

  auto outcome = [&] {
    if (stop.stop_requested()) return gave_up("stopped before there were more partitions");
    if (!held.unbroken())
      return gave_up("Kafka was away for so long that events may have come meanwhile", "Say it again.");
    if (!gone && backlog.moves())
      return gave_up("events still come onto the topic",
                     "An ingest process without a spool can't hold them back, nor can one of an older version: give it "
                     "a spool, or stop it for a moment. A repair (`audit --repair`, `dlq retry`) must end first.");
    if (!gone)
      return gave_up(fmt::format("process has not taken {}", backlog.rest()),
                     "Let it catch up first (`wxpipe lag`, `wxpipe scale advise`), or give it more time: --within.");
    told("making the partitions");
    if (auto why = raise(admin, growth.topic, growth.to); !why.empty()) return not_made(std::move(why));
    runtime::wait({}, kVisibleToAll);
    auto done = made();
    if (!held.unbroken())
      done.why = "Kafka was away while the partitions were made: the order of a few keys may have changed then";
    return done;
  }();
  try {
    held.release();
  } catch (const Unavailable& error) {
    outcome.why +=
        fmt::format("{}the ingest processes could not be told to go on ({}); they do so by themselves within {} s",
                    outcome.why.empty() ? "" : "; ", error.what(),
                    std::chrono::duration_cast<std::chrono::seconds>(HoldRule::kPatience).count());
  }
  outcome.held = std::chrono::duration_cast<milliseconds>(steady_clock::now() - began);
  return outcome;
}
}  // namespace

Growth plan_growth(std::string_view topic, int to, const std::string& prefix, const kafka::ClusterView& view) {
  const schemas::Topic* wanted = nullptr;
  std::string names;
  for (const auto& each : schemas::kTopics) {
    const auto name = each.suffix.substr(0, each.suffix.find('.'));
    if (name == topic || each.suffix == topic || schemas::topic_name(prefix, each.name) == topic) wanted = &each;
    if (unsuitable(each.name).empty()) names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
  }
  if (wanted == nullptr) throw UsageError(fmt::format("there is no topic '{}'; say one of {}", topic, names));
  if (const auto why = unsuitable(wanted->name); !why.empty())
    throw UsageError(fmt::format("{} doesn't grow: {}", topic, why));
  const auto partitions = [&](TopicName name) {
    const auto found = view.topics.find(schemas::topic_name(prefix, name));
    if (found == view.topics.end())
      throw UsageError(
          fmt::format("topic {} is missing; run `wxpipe topics apply`", schemas::topic_name(prefix, name)));
    return found->second.partitions;
  };
  Growth growth{.topic = schemas::topic_name(prefix, wanted->name),
                .from = partitions(wanted->name),
                .to = to,
                .held = wanted->name == TopicName::events,
                .journal = {}};
  if (to < growth.from)
    throw UsageError(fmt::format("{} has {} partitions; Kafka can't take any away", growth.topic, growth.from));
  if (growth.held) {
    growth.journal = schemas::topic_name(prefix, TopicName::seen_ids);
    growth.journal_from = partitions(TopicName::seen_ids);
  }
  return growth;
}

GrowthOutcome grow(const config::KafkaSettings& settings, const Growth& growth, milliseconds limit,
                   const std::stop_token& stop, const std::function<void(std::string_view)>& told) {
  if (growth.from >= growth.to) return made();
  kafka::Admin admin(settings, kTimeout);
  if (!growth.held) {
    told("making the partitions");
    auto why = raise(admin, growth.topic, growth.to);
    return why.empty() ? made() : not_made(std::move(why));
  }
  // Before anything is held: its records have no keys to move, and `process` needs it before it reads new partitions.
  if (growth.journal_from < growth.to)
    if (auto why = raise(admin, growth.journal, growth.to); !why.empty()) return not_made(std::move(why));
  return grow_events(settings, growth, admin, limit, stop, told);
}

}  // namespace wxpipe::operate
