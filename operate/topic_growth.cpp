#include "operate/topic_growth.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "common/result.hpp"
#include "common/runtime/stop_wait.hpp"
#include "operate/audit_log.hpp"
#include "operate/lag.hpp"

namespace wxpipe::operate {
namespace {
using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr const char* kInSync = "min.insync.replicas";
constexpr milliseconds kTimeout = 5s;      // of one question to Kafka
constexpr milliseconds kPause = 500ms;     // between two looks
constexpr milliseconds kHoldSeen = 15s;    // until the brokers obey the hold, and the new partitions are visible
constexpr milliseconds kAnswersLate = 5s;  // a request that is on its way when something ends

milliseconds property(const config::KafkaSettings& settings, const char* name, milliseconds otherwise) {
  const auto found = settings.properties.find(name);
  if (found == settings.properties.end()) return otherwise;
  int64_t value = 0;
  const auto& text = found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && value >= 0 ? milliseconds(value) : otherwise;
}

std::vector<kafka::Partition> partitions_of(const std::string& topic, int count) {
  std::vector<kafka::Partition> partitions;
  for (int i = 0; i < count; ++i) partitions.push_back({topic, i});
  return partitions;
}

std::vector<int64_t> ends_of(kafka::PartitionReader& log, const std::vector<kafka::Partition>& partitions) {
  std::vector<int64_t> ends;
  for (const auto& end : log.ends(partitions, kTimeout)) ends.push_back(end.offset);
  return ends;
}

// Whether the condition came true in time.
template <class Condition>
bool wait_for(milliseconds time, const std::stop_token& stop, Condition&& condition) {
  const auto deadline = steady_clock::now() + time;
  while (!condition()) {
    if (stop.stop_requested() || steady_clock::now() >= deadline) return false;
    runtime::wait(stop, kPause);
  }
  return true;
}

int64_t records_waiting(LagMeter& meter, postgres::Connection& connection, const std::string& reader) {
  int64_t waiting = 0;
  for (const auto& lag : meter.look(connection).partitions)
    if (lag.reader == reader) waiting += lag.records + lag.undecided;
  return waiting;
}

// Why the topic can't grow now; empty: everything written has been read.
std::string drain(const GrowthPlan& plan, const config::Settings& settings, kafka::Admin& admin,
                  postgres::Connection& connection, milliseconds patience,
                  const std::function<void(const std::string&)>& tell, const std::stop_token& stop) {
  kafka::PartitionReader log(settings.kafka);
  const auto events = partitions_of(plan.events, admin.view().topics.at(plan.events).partitions);
  std::optional<std::vector<int64_t>> before;
  const bool held = wait_for(kHoldSeen, stop, [&] {
    auto now = ends_of(log, events);
    const bool still = before == now;
    before = std::move(now);
    return still;
  });
  if (stop.stop_requested()) return "stopped";
  if (!held) return fmt::format("{} is still written to: does something write there without acks=all?", plan.events);
  LagMeter meter(settings);
  for (const auto& reader : plan.readers) {
    tell(fmt::format("waiting until {} has taken everything", reader));
    int64_t waiting = 0;
    const bool drained = wait_for(patience, stop, [&] {
      waiting = records_waiting(meter, connection, reader);
      return waiting == 0;
    });
    if (stop.stop_requested()) return "stopped";
    if (!drained)
      return fmt::format(
          "{} had not taken everything in time, {} left: is it running, and does `wxpipe lag` say that "
          "it catches up? --patience waits longer",
          reader, waiting);
  }
  if (ends_of(log, events) != before) return fmt::format("{} was written to in spite of the hold", plan.events);
  return {};
}

void note(postgres::Connection& connection, const GrowthPlan& plan, const std::string& reason) {
  postgres::Transaction transaction(connection);
  write(transaction, this_operator(),
        {.command_id = new_command_id(),
         .name = "topics grow",
         .type = "UPDATE",
         .resource_type = "topic",
         .resource_id = plan.topic,
         .filter = fmt::format("from={} to={}", plan.from, plan.to),
         .reason = reason,
         .affected = plan.to - plan.from});
  transaction.commit();
}

// Lifts the hold, whatever happened before.
void lift(kafka::Admin& admin, const GrowthPlan& plan) {
  try {
    admin.set_config(plan.events, {{kInSync, plan.in_sync}});
  } catch (const std::exception& error) {
    throw Unavailable(
        fmt::format("{} is still held, and callbacks go to the spools only: run `wxpipe topics apply` as soon "
                    "as the cluster answers ({})",
                    plan.events, error.what()));
  }
}
}  // namespace

milliseconds time_to_forget(const config::KafkaSettings& settings) {
  // A record keeps the partition that its producer gave it, until it is delivered or given up.
  const auto given_up = property(settings, "message.timeout.ms", 30s);
  const auto refreshed = property(settings, "topic.metadata.refresh.interval.ms", 10s);
  return given_up + refreshed + kAnswersLate;
}

GrowthPlan plan_growth(const std::string& name, int to, const config::Settings& settings, kafka::Admin& admin) {
  using schemas::TopicName;
  const auto& prefix = settings.kafka.topic_prefix;
  std::optional<TopicName> wanted;
  std::vector<std::string> may;
  GrowthPlan plan;
  plan.readers = {"process"};
  const auto consider = [&](TopicName topic, std::string_view word, std::string_view reader) {
    may.emplace_back(word);
    if (name != word) return;
    wanted = topic;
    if (!reader.empty()) plan.readers.emplace_back(reader);
  };
  consider(TopicName::events, "events", "");
  schemas::for_each_family([&](const schemas::FamilyInfo& family) {
    // Ingest writes these by itself, and their order means nothing.
    if (family.topic.name == TopicName::dead_letters || family.topic.name == TopicName::custody) return;
    consider(family.topic.name, family.name, fmt::format("sink.{}", family.name));
  });
  if (!wanted)
    throw UsageError(fmt::format("there is no topic '{}' that can grow; there are {}", name, fmt::join(may, ", ")));
  if (settings.spool.directory.empty())
    throw UsageError(
        "[spool] directory is empty: while the topic grows nothing can be written to it, and callbacks would be answered with "
        "503. Set it for every ingest process first");

  const auto view = admin.view();
  const auto find = [&](const std::string& topic) -> const kafka::TopicView& {
    const auto found = view.topics.find(topic);
    if (found == view.topics.end())
      throw UsageError(fmt::format("topic {} is missing; run `wxpipe topics apply`", topic));
    return found->second;
  };
  plan.topic = schemas::topic_name(prefix, *wanted);
  plan.events = schemas::topic_name(prefix, TopicName::events);
  plan.from = find(plan.topic).partitions;
  plan.to = to;
  if (to <= plan.from) throw UsageError(fmt::format("{} has {} partitions; it can only grow", plan.topic, plan.from));
  const auto journal = schemas::topic_name(prefix, TopicName::seen_ids);
  if (*wanted == TopicName::events && find(journal).partitions < to) plan.journal = journal;
  const auto replicas = find(plan.events).replication_factor;
  plan.in_sync = admin.configs({plan.events}).at(plan.events).at(kInSync).value;
  plan.held = fmt::format("{}", replicas + 1);
  int in_sync = 0;
  std::from_chars(plan.in_sync.data(), plan.in_sync.data() + plan.in_sync.size(), in_sync);
  if (in_sync > replicas)
    throw UsageError(
        fmt::format("{} is held already (min.insync.replicas={}): another `topics grow` runs, or one was killed. "
                    "If none runs, `wxpipe topics apply` lifts the hold",
                    plan.events, plan.in_sync));
  plan.wait = time_to_forget(settings.kafka);
  return plan;
}

std::string grow(const GrowthPlan& plan, const config::Settings& settings, kafka::Admin& admin,
                 postgres::Connection& connection, milliseconds patience, const std::string& reason,
                 const std::function<void(const std::string&)>& tell, const std::stop_token& stop) {
  tell(fmt::format("holding {}: callbacks go to the spools", plan.events));
  std::string why;
  bool growing = false;
  try {
    admin.set_config(plan.events, {{kInSync, plan.held}});
    why = drain(plan, settings, admin, connection, patience, tell, stop);
    if (why.empty()) {
      tell(fmt::format("{}: from {} to {} partitions", plan.topic, plan.from, plan.to));
      note(connection, plan, reason);
      growing = true;
      if (!plan.journal.empty()) admin.raise_partitions(plan.journal, plan.to);
      admin.raise_partitions(plan.topic, plan.to);
      wait_for(kHoldSeen, {}, [&] { return admin.view().topics.at(plan.topic).partitions >= plan.to; });
      // From here on a stop request waits too: lifting early could put later events before earlier ones.
      tell(fmt::format("waiting {} s, until every client knows",
                       std::chrono::ceil<std::chrono::seconds>(plan.wait).count()));
      runtime::wait({}, plan.wait);
    }
  } catch (...) {
    if (growing) runtime::wait({}, plan.wait);  // it may have grown all the same
    lift(admin, plan);
    throw;
  }
  lift(admin, plan);
  tell(fmt::format("{} is written to again", plan.events));
  return why;
}

}  // namespace wxpipe::operate
