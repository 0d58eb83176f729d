#include "sinks/offset_store.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/postgres/sql_array.hpp"

namespace wxpipe::sinks {
namespace {
using postgres::ElementType;
using postgres::Parameters;
using postgres::SqlArray;

// Locks rows in key order, so two sinks that take over each other's partitions can't deadlock.
constexpr const char* kClaim =
    "insert into wxpipe.sink_offsets as o (group_id, topic, partition, owner, cluster_id) "
    "select $1::text, p.topic, p.partition, $2::text, $3::text from unnest($4::text[], $5::int4[]) as p(topic, "
    "partition) "
    "order by p.topic, p.partition "
    "on conflict (group_id, topic, partition) do update set epoch = o.epoch + 1, owner = excluded.owner, "
    "next_offset = case when o.cluster_id in ('', excluded.cluster_id) then o.next_offset else 0 end, "
    "cluster_id = excluded.cluster_id, updated_at = now() "
    "returning o.topic, o.partition, o.epoch, o.next_offset";

constexpr const char* kOtherClusters =
    "select o.topic, o.partition from wxpipe.sink_offsets o "
    "join unnest($2::text[], $3::int4[]) as p(topic, partition) on o.topic = p.topic and o.partition = p.partition "
    "where o.group_id = $1::text and o.cluster_id not in ('', $4::text) order by 1, 2 for update of o";

constexpr postgres::Statement kAdvance{
    "sink_offsets_advance",
    "update wxpipe.sink_offsets o set next_offset = b.next_offset, updated_at = now() "
    "from (select * from unnest($2::text[], $3::int4[], $4::int8[], $5::int8[], $6::int8[])) "
    "as b(topic, partition, epoch, old_offset, next_offset) "
    "where o.group_id = $1::text and o.topic = b.topic and o.partition = b.partition and o.epoch = b.epoch "
    "and o.next_offset = b.old_offset"};
}  // namespace

std::vector<Claim> OffsetStore::claim(postgres::Connection& connection, std::span<const kafka::Partition> partitions,
                                      std::string_view cluster_id) const {
  if (partitions.empty()) return {};
  SqlArray topics(ElementType::text), numbers(ElementType::int4);
  for (const auto& [topic, number] : partitions) {
    topics.add_text(topic);
    numbers.add_int4(number);
  }
  postgres::Transaction transaction(connection);
  const auto moved = transaction.execute(
      kOtherClusters, Parameters().text(group_).bytes(topics.bytes()).bytes(numbers.bytes()).text(cluster_id));
  const auto rows = transaction.execute(
      kClaim, Parameters().text(group_).text(owner_).text(cluster_id).bytes(topics.bytes()).bytes(numbers.bytes()));
  transaction.commit();

  std::vector<kafka::Partition> elsewhere;
  for (size_t i = 0; i < moved.size(); ++i)
    elsewhere.push_back({moved.text(i, 0), static_cast<int>(moved.integer(i, 1))});
  std::vector<Claim> claims;
  for (size_t i = 0; i < rows.size(); ++i) {
    kafka::Partition partition{rows.text(i, 0), static_cast<int>(rows.integer(i, 1))};
    const bool other = std::find(elsewhere.begin(), elsewhere.end(), partition) != elsewhere.end();
    claims.push_back({std::move(partition), rows.integer(i, 2), rows.integer(i, 3), other});
  }
  return claims;
}

void OffsetStore::advance(postgres::Transaction& transaction, std::span<const Advance> advances) const {
  SqlArray topics(ElementType::text), numbers(ElementType::int4), epochs(ElementType::int8), from(ElementType::int8),
      to(ElementType::int8);
  for (const auto& step : advances) {
    topics.add_text(step.partition.topic);
    numbers.add_int4(step.partition.number);
    epochs.add_int8(step.epoch);
    from.add_int8(step.from);
    to.add_int8(step.to);
  }
  const auto moved = transaction
                         .execute(kAdvance, Parameters()
                                                .text(group_)
                                                .bytes(topics.bytes())
                                                .bytes(numbers.bytes())
                                                .bytes(epochs.bytes())
                                                .bytes(from.bytes())
                                                .bytes(to.bytes()))
                         .affected();
  if (moved != advances.size())
    throw Fenced(fmt::format("{}: {} of {} partitions are not at our epoch and offset any more: another sink took over",
                             group_, advances.size() - moved, advances.size()));
}

}  // namespace wxpipe::sinks
