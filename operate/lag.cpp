#include "operate/lag.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "common/result.hpp"
#include "schemas/topics.hpp"
#include "sinks/families.hpp"

namespace wxpipe::operate {
namespace {
using namespace std::chrono_literals;

constexpr auto kTimeout = 3s;  // of one question to Kafka
// So many offsets of a partition are read. If fewer are waiting, the number of records is exact.
constexpr int64_t kRead = 500;
constexpr auto kReadTimeout = 10s;

std::vector<kafka::Partition> partitions_of(const kafka::ClusterView& view, const std::string& topic) {
  const auto found = view.topics.find(topic);
  if (found == view.topics.end())
    throw Unavailable(fmt::format("topic {} is missing; run `wxpipe topics apply`", topic));
  std::vector<kafka::Partition> partitions;
  for (int i = 0; i < found->second.partitions; ++i) partitions.push_back({topic, i});
  return partitions;
}

double per_second(int64_t count, std::chrono::microseconds time) {
  return time.count() <= 0 ? 0 : static_cast<double>(count) / std::chrono::duration<double>(time).count();
}
}  // namespace

LagMeter::LagMeter(const config::Settings& settings)
    : prefix_(settings.kafka.topic_prefix),
      admin_(settings.kafka, kTimeout),
      log_(settings.kafka),
      process_(settings.kafka, schemas::process_group(prefix_)) {}

LagMeter::Reader LagMeter::sink_of(const schemas::FamilyInfo& family, postgres::Connection& connection) const {
  Reader sink{fmt::format("sink.{}", family.name), schemas::topic_name(prefix_, family.topic.name), {}};
  const auto rows = connection.execute(
      "select partition, next_offset from wxpipe.sink_offsets where group_id = $1::text and topic = $2::text",
      postgres::Parameters().text(sinks::group_id(prefix_, family)).text(sink.topic));
  for (size_t i = 0; i < rows.size(); ++i) sink.next[static_cast<int>(rows.integer(i, 0))] = rows.integer(i, 1);
  return sink;
}

LagLook LagMeter::look(sinks::FamilyConnections& databases) {
  const auto view = admin_.view();
  // Readers' offsets first: then no end is older than an offset that is compared with it.
  std::vector<Reader> all;
  const auto events = schemas::topic_name(prefix_, schemas::TopicName::events);
  auto& process = all.emplace_back(Reader{"process", events, {}});
  for (const auto& [partition, offset] : process_.committed(partitions_of(view, events), kTimeout))
    process.next[partition.number] = offset;
  LagLook look;
  for (const auto& database : databases.databases()) {
    if (database.families.empty()) continue;
    auto why = databases.try_to_ask(database, [&](postgres::Connection& connection) {
      for (const auto* family : database.families) all.push_back(sink_of(*family, connection));
    });
    if (!why.empty()) look.away.push_back(std::move(why));
  }
  if (all.size() == 1) throw Unavailable(look.away.front());
  look.at = system_clock().now();

  std::vector<kafka::Stretch> unread;
  for (const auto& reader : all) {
    const auto partitions = partitions_of(view, reader.topic);
    const auto begins = log_.beginnings(partitions, kTimeout);
    const auto ends = log_.stable_ends(partitions, kTimeout);
    const auto last = log_.ends(partitions, kTimeout);
    for (size_t i = 0; i < partitions.size(); ++i) {
      const auto known = reader.next.find(partitions[i].number);
      const auto next = std::max(known == reader.next.end() ? 0 : known->second, begins.at(i).offset);
      PartitionLag lag{.reader = reader.name, .partition = partitions[i], .next = next, .end = ends.at(i).offset};
      lag.undecided = std::max<int64_t>(0, last.at(i).offset - lag.end);
      if (lag.next < lag.end) unread.push_back({lag.partition, lag.next, std::min(lag.end, lag.next + kRead)});
      look.partitions.push_back(std::move(lag));
    }
  }

  struct Seen {
    int64_t records = 0;
    std::optional<Timestamp> oldest;
  };
  std::map<kafka::Partition, Seen> seen;
  log_.read(
      unread,
      [&](const kafka::Record& record) {
        auto& here = seen[{std::string(record.topic()), record.partition()}];
        ++here.records;
        if (!here.oldest || record.timestamp() < *here.oldest) here.oldest = record.timestamp();
      },
      kReadTimeout);
  for (auto& lag : look.partitions) {
    const auto behind = lag.end - lag.next;
    if (behind <= 0) continue;
    const auto& here = seen[lag.partition];
    const auto read = std::min(behind, kRead);
    lag.estimated = behind > read;
    lag.records = lag.estimated ? behind * here.records / read : here.records;
    lag.oldest = here.oldest;
  }
  return look;
}

std::vector<ReaderLag> readers(const LagLook& before, const LagLook& now) {
  std::map<std::pair<std::string, kafka::Partition>, const PartitionLag*> earlier;
  for (const auto& lag : before.partitions) earlier[{lag.reader, lag.partition}] = &lag;
  const auto between = std::chrono::duration_cast<std::chrono::microseconds>(now.at - before.at);

  std::vector<ReaderLag> all;
  std::map<std::string, std::pair<int64_t, int64_t>> moved;  // in, out
  for (const auto& lag : now.partitions) {
    if (all.empty() || all.back().reader != lag.reader) all.push_back({.reader = lag.reader});
    auto& reader = all.back();
    ++reader.partitions;
    reader.records += lag.records;
    reader.estimated |= lag.estimated;
    if (lag.oldest)
      reader.age = std::max(reader.age, std::chrono::duration_cast<std::chrono::microseconds>(now.at - *lag.oldest));
    const auto was = earlier.find({lag.reader, lag.partition});
    if (was == earlier.end()) continue;
    auto& [in, out] = moved[lag.reader];
    in += std::max<int64_t>(0, lag.end - was->second->end);
    out += std::max<int64_t>(0, lag.next - was->second->next);
    // The same transaction is open as long as the end that is known for sure doesn't move.
    if (lag.end == was->second->end) reader.undecided += std::min(lag.undecided, was->second->undecided);
  }
  for (auto& reader : all) {
    const auto [in, out] = moved[reader.reader];
    reader.in_per_second = per_second(in, between);
    reader.out_per_second = per_second(out, between);
    reader.stands_still = reader.records > 0 && out == 0 && between.count() > 0;
    const auto gain = reader.out_per_second - reader.in_per_second;
    if (reader.records == 0)
      reader.catch_up = 0us;
    else if (gain > 0)
      reader.catch_up =
          std::chrono::microseconds(static_cast<int64_t>(1e6 * static_cast<double>(reader.records) / gain));
  }
  return all;
}

sinks::AskReaders readers_for_alerts(const config::Settings& settings) {
  // Made when it is first asked: it connects to Kafka.
  return [&settings, meter = std::shared_ptr<LagMeter>()](sinks::FamilyConnections& databases) mutable {
    if (!meter) meter = std::make_shared<LagMeter>(settings);
    const auto look = meter->look(databases);
    if (!look.away.empty()) throw Unavailable(look.away.front());  // all readers, or nothing is judged by them
    std::vector<sinks::ReaderBehind> all;
    for (const auto& one : readers(look, look)) all.push_back({one.reader, one.age});
    return all;
  };
}

}  // namespace wxpipe::operate
