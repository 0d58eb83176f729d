#include "operate/batches.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace wxpipe::operate {
namespace {
using namespace std::chrono_literals;

constexpr int64_t kBlocks = 256;  // so many on each side are looked at: 2 MiB
constexpr auto kLongest = 10min;  // no transaction of a sink is open for longer
}  // namespace

// A batch counts its rows in wxpipe.ledger under the name of its process. That row of the ledger has the moment of the
// batch if it was the first or the last one to be counted there. Else any process that counted there about then may
// have written it; threads of one process may count in another order than they began.
Batch batch_of(postgres::Connection& connection, const WrittenRow& row) {
  const auto rows = connection.execute(
      fmt::format(
          "select (select count(*) from {0} where ctid >= '({1},0)' and ctid < '({2},0)' and created_at = '{3}'), (select "
          "coalesce(string_agg(writer, ' or ' order by writer) filter (where exact), string_agg(writer, ' or ' order by "
          "writer)) from (select writer, '{3}' in (created_at, updated_at) as exact from wxpipe.ledger where minute = '{4}' "
          "and account = $1::text and family = $2::text and created_at <= '{5}' and updated_at >= '{6}' order by exact desc, "
          "writer limit 5) w)",
          row.table, std::max<int64_t>(0, row.block - kBlocks), row.block + kBlocks + 1, to_iso8601(row.created_at),
          to_iso8601(std::chrono::floor<std::chrono::minutes>(row.counted_at)), to_iso8601(row.created_at + kLongest),
          to_iso8601(row.created_at - kLongest)),
      postgres::Parameters().text(row.account).text(row.sink));
  return {row.created_at, row.sink, rows.text(0, 1), row.table, rows.integer(0, 0)};
}

}  // namespace wxpipe::operate
