#include "operate/replays_of_records.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>

#include "common/postgres/sql_array.hpp"
#include "operate/replay_words.hpp"
#include "schemas/fact_json.hpp"

namespace wxpipe::operate {
namespace {
using postgres::Connection, postgres::ElementType, postgres::Parameters, postgres::Rows, postgres::SqlArray;

constexpr int kSchemas = 20;   // with places of replays: the main one and the newest side schemas
constexpr int kOfRecord = 20;  // in each schema

Timestamp moment(const Rows& rows, size_t row, size_t column) {
  return Timestamp(std::chrono::microseconds(rows.integer(row, column)));
}

// As replay decides it.
std::optional<bool> takes(std::string_view words, const Hop& hop) {
  const auto filter = filter_in(words);
  if (!filter) return std::nullopt;
  if (filter->takes_all()) return true;
  const auto event = schemas::decode<schemas::Event>(hop.value);
  return event && filter->takes(*event, hop.value);
}

void add_from(Connection& connection, const std::string& schema, std::span<const Hop> hops, const Parameters& records,
              std::vector<Reread>& list) {
  const auto rows = connection.execute(
      fmt::format(
          "select h.place, r.replay, (extract(epoch from r.begun_at) * 1000000)::int8, (extract(epoch from r.updated_at) * "
          "1000000)::int8, r.operator, not exists (select from {0}.replays o where o.replay = r.replay and o.topic = r.topic "
          "and o.next_offset < o.end_offset) from unnest($1::text[], $2::int4[], $3::int8[]) with ordinality as h(topic, "
          "partition, record_offset, place) cross join lateral (select * from {0}.replays r where r.topic = h.topic and "
          "r.partition = h.partition and r.begin_offset <= h.record_offset and r.next_offset > h.record_offset order by "
          "r.begun_at desc limit {1} offset 0) r",
          schema, kOfRecord),
      records);
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto& hop = hops[static_cast<size_t>(rows.integer(i, 0) - 1)];
    const auto& words = rows.text(i, 1);
    const auto [into, rest] = into_and_rest(words);
    list.push_back({place_of(hop), std::string(into), takes(words, hop), moment(rows, i, 2), moment(rows, i, 3),
                    rows.text(i, 4), rows.text(i, 5) == "t", std::string(rest)});
  }
}
}  // namespace

std::string place_of(const Hop& hop) { return fmt::format("{}-{}@{}", hop.topic, hop.partition, hop.offset); }

Rereads replays_of(Connection& main, std::span<const Hop> hops) {
  Rereads found;
  if (hops.empty()) return found;
  SqlArray topics(ElementType::text), partitions(ElementType::int4), offsets(ElementType::int8);
  for (const auto& hop : hops) {
    topics.add_text(hop.topic);
    partitions.add_int4(hop.partition);
    offsets.add_int8(hop.offset);
  }
  const auto records = Parameters().bytes(topics.bytes()).bytes(partitions.bytes()).bytes(offsets.bytes());
  // By pg_class's index on names. Side schemas of older versions don't have the column.
  const auto schemas = main.execute(fmt::format(
      "select quote_ident(n.nspname), has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select') from "
      "pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relname = 'replays' and c.relkind = 'r' and n.nspname ~ "
      "'^(.+_)?wxpipe$' and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'begin_offset' and not "
      "a.attisdropped) order by n.nspname <> 'wxpipe', n.oid desc limit {}",
      kSchemas));
  for (size_t i = 0; i < schemas.size(); ++i)
    if (schemas.text(i, 1) == "t")
      add_from(main, schemas.text(i, 0), hops, records, found.list);
    else
      found.unreadable.push_back(schemas.text(i, 0));
  std::ranges::stable_sort(found.list, std::greater<>(), &Reread::begun_at);
  return found;
}

}  // namespace wxpipe::operate
