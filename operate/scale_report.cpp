#include "operate/scale_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

#include "common/kafka/group_offsets.hpp"
#include "common/result.hpp"
#include "operate/scale.hpp"
#include "schemas/topics.hpp"
#include "sinks/families.hpp"

namespace wxpipe::operate {
using report::Finding, report::Kind, report::Level, report::Report, report::Table, report::Value;
using std::chrono::milliseconds;

namespace {
constexpr milliseconds kTimeout{5'000};  // of one question to Kafka

// The role of a reader, and the number of workers that one process of it has for this reader.
struct Role {
  std::string name;
  size_t workers_each = 1;
  std::string group;
};
Role role_of(const std::string& reader, const config::Settings& settings) {
  const auto& prefix = settings.kafka.topic_prefix;
  if (reader == "process")
    return {"process", static_cast<size_t>(std::max(1, settings.process.workers)), schemas::process_group(prefix)};
  for (const auto* family : sinks::all_families())
    if (reader == fmt::format("sink.{}", family->name)) return {"sink", 1, sinks::group_id(prefix, *family)};
  throw std::logic_error("a reader without a role: " + reader);
}

size_t processes(size_t workers, size_t each) { return (workers + each - 1) / each; }

Finding finding_of(const std::string& reader, const Role& role, const ReaderLag& lag, size_t workers_now,
                   const Advice& advice, milliseconds target) {
  const auto wait = report::counted(static_cast<uint64_t>(lag.records), "record");
  const auto goal = report::duration_words(target);
  const auto more = processes(advice.workers, role.workers_each);
  switch (advice.need) {
    case Need::nothing:
      return {Level::fine, fmt::format("{} keeps up", reader)};
    case Need::start:
      return {Level::warning, fmt::format("{}: {} waiting, and nobody takes them", reader, wait),
              fmt::format("Start a process of {}.", role.name)};
    case Need::more:
      return {Level::warning, fmt::format("{}: {} waiting, too slow to catch up in {}", reader, wait, goal),
              fmt::format("Let {} of {} run, if the machines have the CPU for it.", report::counted(more, "process"),
                          role.name)};
    case Need::partitions:
      return {Level::warning,
              fmt::format("{}: {} waiting, and {} are the limit: even one worker for each would be too slow for {}",
                          reader, wait, report::counted(lag.partitions, "partition"), goal),
              fmt::format("Let {} of {} run now. {} would need about {}: `wxpipe topics grow {} --to {}`.",
                          report::counted(more, "process"), role.name, goal,
                          report::counted(advice.partitions.value_or(0), "partition"),
                          reader == "process" ? "events" : reader.substr(reader.find('.') + 1),
                          advice.partitions.value_or(0))};
    case Need::fewer:
      return {Level::note,
              fmt::format("{}: {} for {}, so some have nothing to do", reader, report::counted(workers_now, "worker"),
                          report::counted(lag.partitions, "partition")),
              "They stand by, which costs little; or stop some."};
    case Need::look_at_it:
      return {Level::error,
              fmt::format("{}: {} waiting, {} there, and nothing is taken", reader, wait,
                          report::counted(workers_now, "worker")),
              "More processes would not help. Look at their /readyz: `wxpipe doctor`."};
  }
  return {};
}
}  // namespace

ScaleAdvice scale_advice(const config::Settings& settings, const LagLook& before, const LagLook& now,
                         milliseconds target) {
  // Who needs more processes isn't known while sinks are left out.
  for (const auto* look : {&before, &now})
    if (!look->away.empty()) throw Unavailable(look->away.front());
  Table table{"readers",
              "",
              {{"reader", "reader"},
               {"records", "records behind", Kind::count},
               {"in_per_second", "in/s", Kind::count},
               {"out_per_second", "out/s", Kind::count},
               {"partitions", "partitions", Kind::count},
               {"workers", "workers", Kind::count},
               {"need", "need"},
               {"advised_workers", "advised", Kind::count},
               {"needed_partitions"},
               {"catch_up_us", "then caught up in", Kind::duration}},
              {}};
  ScaleAdvice all;
  auto& report = all.report;
  struct Count {
    size_t now = 0, advised = 0;
    bool partitions_are_the_limit = false;
  };
  std::map<std::string, Count> roles;
  for (const auto& lag : readers(before, now)) {
    const auto role = role_of(lag.reader, settings);
    const auto workers = kafka::GroupOffsets(settings.kafka, role.group).members(kTimeout);
    const auto advice =
        advise({lag.partitions, workers, lag.records, lag.in_per_second, lag.out_per_second, lag.age}, target);
    auto& count = roles[role.name];
    count.now = std::max(count.now, processes(workers, role.workers_each));
    count.advised = std::max(count.advised, processes(advice.workers, role.workers_each));
    count.partitions_are_the_limit |= advice.need == Need::partitions;
    table.rows.push_back({lag.reader, lag.records, std::round(lag.in_per_second), std::round(lag.out_per_second),
                          lag.partitions, workers, to_string(advice.need), advice.workers, advice.partitions,
                          advice.caught_up ? Value(advice.caught_up->count()) : Value()});
    auto finding = finding_of(lag.reader, role, lag, workers, advice, target);
    if (advice.need != Need::nothing) report.findings.push_back(std::move(finding));
  }
  report::Object advised;
  for (const auto& [name, count] : roles) {
    all.processes[name] = count.advised;
    advised.push_back({name, count.advised});
    report.facts.push_back({name, fmt::format("processes of {}", name),
                            report::Object{{"processes", count.now},
                                           {"advised", count.advised},
                                           {"partitions_are_the_limit", count.partitions_are_the_limit}},
                            Kind::text, fmt::format("{} now, {} advised", count.now, count.advised)});
  }
  report.facts.push_back({"advised", "", advised});
  if (report.findings.empty()) report.findings.push_back({Level::fine, "every reader keeps up"});
  report.tables.push_back(std::move(table));
  return all;
}

}  // namespace wxpipe::operate
