#include "sinks/timeless_ids.hpp"

#include <unordered_map>

#include "common/postgres/sql_array.hpp"

namespace wxpipe::sinks {
namespace {
using postgres::ElementType;
using postgres::Parameters;
using postgres::SqlArray;

constexpr postgres::Statement kRemember{
    "timeless_ids_remember",
    "insert into wxpipe.timeless_ids as t (family, id, occurred_at, trace_id) "
    "select distinct on (g.id) $1::text, g.id, g.occurred_at, g.trace_id "
    "from unnest($2::uuid[], $3::timestamptz[], $4::text[]) as g(id, occurred_at, trace_id) "
    "order by g.id, g.occurred_at, g.trace_id "
    "on conflict (family, id) do update set occurred_at = excluded.occurred_at, trace_id = excluded.trace_id, "
    "updated_at = now() where t.occurred_at < excluded.occurred_at - make_interval(secs => $5::int8)"};

constexpr postgres::Statement kFind{
    "timeless_ids_find",
    "select id, to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') from wxpipe.timeless_ids "
    "where family = $1::text and id = any($2::uuid[])"};
}  // namespace

void settle_timeless_rows(Sink& sink, postgres::Transaction& transaction, std::chrono::seconds window) {
  SqlArray ids(ElementType::uuid), times(ElementType::timestamptz), traces(ElementType::text);
  for (size_t row = 0; row < sink.size(); ++row)
    if (const auto head = sink.head(row); head.timeless) {
      ids.add_uuid(head.id);
      times.add_time(head.received_at);
      traces.add_text_or_null(head.trace_id);
    }
  if (ids.size() == 0) return;
  transaction.execute(kRemember, Parameters()
                                     .text(sink.family().name)
                                     .bytes(ids.bytes())
                                     .bytes(times.bytes())
                                     .bytes(traces.bytes())
                                     .int8(window.count()));
  const auto rows = transaction.execute(kFind, Parameters().text(sink.family().name).bytes(ids.bytes()));
  std::unordered_map<Uuid, Timestamp> first;
  for (size_t i = 0; i < rows.size(); ++i) {
    Uuid id;
    Timestamp at;
    if (parse_uuid(rows.text(i, 0), id) && parse_iso8601(rows.text(i, 1), at)) first.emplace(id, at);
  }
  for (size_t row = 0; row < sink.size(); ++row) {
    const auto head = sink.head(row);
    if (!head.timeless) continue;
    const auto found = first.find(head.id);
    // A replayed event that is older than the remembered ids keeps its own time, and so finds its own row.
    const bool near = found != first.end() && std::chrono::abs(found->second - head.received_at) <= window;
    sink.set_occurred_at(row, near ? found->second : head.received_at);
  }
}

int64_t forget_timeless_ids(postgres::Connection& connection, std::chrono::seconds window) {
  return static_cast<int64_t>(
      connection
          .execute("delete from wxpipe.timeless_ids where occurred_at < now() - make_interval(secs => $1::int8)",
                   Parameters().int8(window.count()))
          .affected());
}

}  // namespace wxpipe::sinks
