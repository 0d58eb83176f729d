#include "sinks/timeless_ids.hpp"

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "common/postgres/sql_array.hpp"
#include "common/uuid.hpp"
#include "schemas/topics.hpp"

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
    "updated_at = now() where t.occurred_at < excluded.occurred_at - make_interval(secs => $5::int8) "
    "returning id::text, (extract(epoch from occurred_at) * 1000000)::int8"};

constexpr postgres::Statement kFind{
    "timeless_ids_find",
    "select wanted.id::text, (extract(epoch from first.occurred_at) * 1000000)::int8 "
    "from unnest($2::uuid[]) as wanted(id) cross join lateral ("
    "select t.occurred_at from wxpipe.timeless_ids t where t.family = $1::text collate \"C\" and t.id = wanted.id "
    "offset 0) first"};

// When the first delivery of each id came.
using Firsts = std::unordered_map<Uuid, Timestamp>;

void add(Firsts& firsts, const postgres::Rows& rows) {
  for (size_t i = 0; i < rows.size(); ++i) {
    Uuid id;
    parse_uuid(rows.text(i, 0), id);
    firsts[id] = Timestamp(std::chrono::microseconds(rows.integer(i, 1)));
  }
}
}  // namespace

void settle_timeless_rows(Sink& sink, postgres::Transaction& transaction, std::chrono::seconds window) {
  SqlArray ids(ElementType::uuid), times(ElementType::timestamptz), traces(ElementType::text);
  std::vector<size_t> timeless;  // row numbers
  for (size_t row = 0; row < sink.size(); ++row)
    if (const auto head = sink.head(row); head.timeless) {
      timeless.push_back(row);
      ids.add_uuid(head.id);
      times.add_time(head.received_at);
      traces.add_text_or_null(head.trace_id);
    }
  if (timeless.empty()) return;
  Firsts firsts;
  add(firsts, transaction.execute(kRemember, Parameters()
                                                 .text(sink.family().name)
                                                 .bytes(ids.bytes())
                                                 .bytes(times.bytes())
                                                 .bytes(traces.bytes())
                                                 .int8(window.count())));
  // Most ids are new: they have just been written. Only the others are looked up.
  SqlArray known(ElementType::uuid);
  for (const auto row : timeless)
    if (const auto head = sink.head(row); !firsts.contains(head.id)) known.add_uuid(head.id);
  if (known.size() > 0)
    add(firsts, transaction.execute(kFind, Parameters().text(sink.family().name).bytes(known.bytes())));
  for (const auto row : timeless) {
    const auto head = sink.head(row);
    const auto first = firsts.find(head.id);
    // A replayed event that is older than the remembered ids keeps its own time, and so finds its own row.
    const bool fits = first != firsts.end() && std::chrono::abs(first->second - head.received_at) <= window;
    const auto at = fits ? first->second : head.received_at;
    if (head.occurred_at != at) sink.set_occurred_at(row, at);
  }
}

int64_t forget_timeless_ids(postgres::Connection& connection, std::chrono::seconds window) {
  // A repeat came up to a window after the first delivery, and a replay takes it as long as its topic has it.
  std::chrono::seconds kept{0};
  for (const auto& topic : schemas::kTopics) kept = std::max<std::chrono::seconds>(kept, topic.retention);
  return static_cast<int64_t>(
      connection
          .execute("delete from wxpipe.timeless_ids where occurred_at < now() - make_interval(secs => $1::int8)",
                   Parameters().int8((window + kept).count()))
          .affected());
}

}  // namespace wxpipe::sinks
