#include "operate/bookmarks.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <simdjson.h>

#include <algorithm>
#include <chrono>

#include "common/json/write.hpp"
#include "common/kafka/admin.hpp"
#include "common/kafka/partition_reader.hpp"
#include "common/result.hpp"
#include "schemas/topics.hpp"

namespace wxpipe::operate {
namespace {
using namespace std::chrono_literals;
using postgres::Connection, postgres::Parameters;

constexpr auto kTimeout = 10s;
constexpr size_t kLongestName = 100, kMostListed = 1'000;

std::string to_json(const std::map<std::string, std::vector<int64_t>>& offsets) {
  std::string out = "{";
  for (const auto& [topic, by_partition] : offsets) {
    if (out.size() > 1) out += ',';
    json::append_string(out, topic);
    out += fmt::format(":[{}]", fmt::join(by_partition, ","));
  }
  return out + "}";
}

std::map<std::string, std::vector<int64_t>> read_offsets(const std::string& text) {
  std::map<std::string, std::vector<int64_t>> offsets;
  simdjson::dom::parser parser;
  simdjson::dom::object topics;
  if (parser.parse(text).get(topics) != simdjson::SUCCESS) return offsets;
  for (const auto& [topic, list] : topics) {
    simdjson::dom::array numbers;
    if (list.get(numbers) != simdjson::SUCCESS) continue;
    auto& of_topic = offsets[std::string(topic)];
    for (const auto number : numbers) {
      int64_t offset = 0;
      if (number.get(offset) == simdjson::SUCCESS) of_topic.push_back(offset);
    }
  }
  return offsets;
}

constexpr std::string_view kSelect =
    "select name, (extract(epoch from at) * 1000000)::int8, set_by, offsets from wxpipe.bookmarks ";

std::vector<Bookmark> read(const postgres::Rows& rows) {
  std::vector<Bookmark> all;
  for (size_t i = 0; i < rows.size(); ++i)
    all.push_back({rows.text(i, 0), Timestamp(std::chrono::microseconds(rows.integer(i, 1))), rows.text(i, 2),
                   read_offsets(rows.text(i, 3))});
  return all;
}
}  // namespace

std::map<std::string, std::vector<int64_t>> ends_of_topics(const config::KafkaSettings& settings) {
  const auto view = kafka::Admin(settings, kTimeout).view();
  std::vector<kafka::Partition> partitions;
  std::map<std::string, std::vector<int64_t>> offsets;
  for (const auto& topic : schemas::topic_names(settings.topic_prefix))
    if (const auto found = view.topics.find(topic); found != view.topics.end()) {
      offsets[topic].resize(static_cast<size_t>(found->second.partitions));
      for (int i = 0; i < found->second.partitions; ++i) partitions.push_back({topic, i});
    }
  for (const auto& [partition, end] : kafka::PartitionReader(settings).stable_ends(partitions, kTimeout))
    offsets[partition.topic].at(static_cast<size_t>(partition.number)) = end;
  return offsets;
}

void set_bookmark(Connection& connection, const Bookmark& bookmark, Existing existing, const Operator* who) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
  if (bookmark.name.empty() || bookmark.name.size() > kLongestName || std::ranges::any_of(bookmark.name, control))
    throw UsageError(fmt::format("a bookmark's name has 1 to {} characters", kLongestName));
  const auto offsets = to_json(bookmark.offsets);
  const auto at = to_iso8601(bookmark.at);
  postgres::Transaction transaction(connection);
  const auto set =
      transaction
          .execute(fmt::format("insert into wxpipe.bookmarks as b (name, at, set_by, offsets) values ($1::text, "
                               "$2::text::timestamptz, $3::text, $4::text::jsonb) on conflict (name) do {}",
                               existing == Existing::replace ? "update set at = excluded.at, set_by = excluded.set_by, "
                                                               "offsets = excluded.offsets, updated_at = now()"
                                                             : "nothing"),
                   Parameters().text(bookmark.name).text(at).text(bookmark.set_by).text(offsets))
          .affected();
  if (set == 0 && existing == Existing::refuse)
    throw UsageError(
        fmt::format("there is a bookmark '{}' already; take another name, or --replace it", bookmark.name));
  if (who != nullptr)
    write(transaction, *who,
          {new_command_id(), "bookmark", "CREATE", "bookmarks", bookmark.name, "", "", static_cast<int64_t>(set)});
  transaction.commit();
}

std::vector<Bookmark> list_bookmarks(Connection& connection) {
  return read(connection.execute(fmt::format("{} order by at desc, name limit {}", kSelect, kMostListed)));
}

report::Report bookmarks_report(Connection& connection) {
  using report::Kind;
  report::Table table{
      "bookmarks",
      "",
      {{"name", "bookmark"}, {"at", "set", Kind::time}, {"set_by", "by"}, {"topics", "topics", Kind::count}},
      {}};
  for (const auto& one : list_bookmarks(connection))
    table.rows.push_back({one.name, one.at, one.set_by, one.offsets.size()});
  const auto sentence = report::counted(table.rows.size(), "bookmark");
  return {.tables = {std::move(table)}, .findings = {{report::Level::note, sentence}}};
}

Bookmark find_bookmark(Connection& connection, std::string_view name) {
  auto found = read(connection.execute(fmt::format("{} where name = $1::text", kSelect), Parameters().text(name)));
  if (!found.empty()) return std::move(found.front());
  std::vector<std::string> names;
  for (const auto& one : list_bookmarks(connection)) names.push_back(one.name);
  if (names.size() > 10) names.resize(10);
  throw UsageError(fmt::format(
      "there is no bookmark '{}'; {}", name,
      names.empty() ? "`wxpipe bookmark NAME` sets one" : fmt::format("the newest: {}", fmt::join(names, ", "))));
}

}  // namespace wxpipe::operate
