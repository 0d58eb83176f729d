#include "sinks/custody/custody_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/postgres/sql_array.hpp"
#include "schemas/fact_json.hpp"
#include "schemas/topics.hpp"

namespace wxpipe::sinks {
namespace {
using namespace std::chrono_literals;
using postgres::ElementType;
using postgres::Parameters;
using postgres::SqlArray;

// Read at a time; a mark is never split.
struct Portion {
  int marks;
  int64_t receipts;
};
constexpr Portion kOfAudit{2'000, 300'000};
constexpr Portion kOfLook{500, 100'000};
constexpr size_t kReceiptsInQuestion = 5'000;
// Two marks that are so near are read as one range: there are hardly any rows between them.
constexpr auto kNear = 10min;
// A mark waits for its open receipts, for as long as a callback may take.
constexpr auto kTail = 5s;

std::string iso(std::string_view expression) {
  return fmt::format("to_char({} at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')", expression);
}

Timestamp time_of(const std::string& text) {
  Timestamp at;
  if (!parse_iso8601(text, at)) throw std::logic_error("not a time: " + text);
  return at;
}

// Passes the receipt of each message received in a range of time to `found`, ten thousand at a time, because there may
// be a million. Left alone, the planner would read a whole partition again for each part; with the BRIN index each page
// is read once, in order.
template <class ReceiptFound>
void receipts_in(const std::string& table, postgres::Connection& connection, Timestamp from, Timestamp to,
                 const std::string& condition, const Parameters& parameters, ReceiptFound&& found) {
  postgres::Transaction transaction(connection);
  transaction.execute("set local cursor_tuple_fraction = 1");
  transaction.execute(fmt::format("declare receipts no scroll cursor for select receipt from {} "
                                  "where received_at between '{}' and '{}' and {}",
                                  table, to_iso8601(from), to_iso8601(to), condition),
                      parameters);
  for (;;) {
    const auto rows = transaction.execute("fetch 10000 from receipts");
    if (rows.size() == 0) break;
    for (size_t i = 0; i < rows.size(); ++i) found(rows.text(i, 0));
  }
  transaction.commit();
}

// The same for all rows there are: also in partitions that retention has detached and not dropped yet. Which these are
// is asked after messages was read: a partition that is detached meanwhile is read twice, and never not at all.
template <class ReceiptFound>
void receipts_of_time(postgres::Connection& connection, Timestamp from, Timestamp to, const std::string& condition,
                      const Parameters& parameters, ReceiptFound&& found) {
  receipts_in("messages", connection, from, to, condition, parameters, found);
  const auto detached = connection.execute(
      "select partition from wxpipe.dropped_partitions where dropped_at is null and table_name = 'messages' "
      "and to_regclass(partition) is not null");
  for (size_t i = 0; i < detached.size(); ++i) try {
      receipts_in(detached.text(i, 0), connection, from, to, condition, parameters, found);
    } catch (const postgres::SqlError& error) {
      if (error.sqlstate() != "42P01") throw;  // dropped in this moment: wxpipe.retired_receipts has its receipts
    }
}

// The first marks in the order of `order` that together have not too many receipts.
std::string first_marks(const std::string& condition, const std::string& order, const Portion& most) {
  return fmt::format(
      "select {}, instance, boot, number, mark from (select *, sum(next_sequence - first_sequence) over (order by {}) as "
      "receipts, row_number() over (order by {}) as place from (select * from wxpipe.custody_marks where {} order by {} "
      "limit {}) nearest) counted where receipts <= {} or place = 1 order by place",
      iso("received_from"), order, order, condition, order, most.marks, most.receipts);
}
}  // namespace

// Rows are looked up by key, whatever the planner believes about the tables' sizes.
CustodyStore::CustodyStore(postgres::Connection& connection) : connection_(connection) {
  connection_.execute("set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off");
}

void CustodyStore::fix_moment() { moment_ = connection_.execute("select now()").text(0, 0); }

// A database can be younger than its topics. It can't have records that the topics had lost before it began to read.
std::string CustodyStore::provable() const {
  return fmt::format(
      "created_at <= '{}' and marked_at >= coalesce((select min(created_at) from wxpipe.sink_offsets where group_id like "
      "'%sink.messages') - interval '{} hours', '-infinity')",
      moment_, schemas::topic(schemas::TopicName::messages).retention.count());
}

std::vector<Boot> CustodyStore::boots() {
  const auto rows = connection_.execute(fmt::format(
      "select instance, boot, coalesce(max(next_sequence) filter (where number < {0}), 1) - 1, {1}, bool_or(last), "
      "now() - max(created_at) > interval '1 minute', (array_agg(spool_events order by number desc) filter (where number < "
      "{0}))[1], coalesce(max(number) filter (where spool_events = 0), 0), {2} "
      "from wxpipe.custody_marks where created_at <= '{3}' group by 1, 2 order by 1, 2",
      schemas::kFirstLateMark, iso("max(marked_at)"), iso("max(received_to)"), moment_));
  std::vector<Boot> boots;
  for (size_t i = 0; i < rows.size(); ++i) {
    auto& boot = boots.emplace_back();
    boot.instance = rows.text(i, 0);
    boot.boot = rows.text(i, 1);
    boot.marked_up_to = rows.integer(i, 2);
    boot.marked_at = time_of(rows.text(i, 3));
    boot.ended = rows.text(i, 4) == "t";
    boot.silent = rows.text(i, 5) == "t";
    if (!rows.is_null(i, 6)) boot.spool_events = rows.integer(i, 6);
    boot.emptied_at_number = rows.integer(i, 7);
    boot.tail_from = time_of(rows.text(i, 8)) - kTail;
  }
  return boots;
}

std::vector<MarkGap> CustodyStore::gaps() {
  const auto rows = connection_.execute(fmt::format(
      "select instance, boot, next_sequence, following, following_number from (select instance, boot, number, next_sequence, "
      "lead(number) over boots as following_number, lead(first_sequence) over boots as following "
      "from wxpipe.custody_marks where created_at <= '{}' and number < {} window boots as (partition by instance, boot order by number)) m "
      "where following_number <> number + 1 and following > next_sequence order by 1, 2, 3",
      moment_, schemas::kFirstLateMark));
  std::vector<MarkGap> gaps;
  for (size_t i = 0; i < rows.size(); ++i)
    gaps.push_back({rows.text(i, 0), rows.text(i, 1), rows.integer(i, 2), rows.integer(i, 3), rows.integer(i, 4)});
  return gaps;
}

std::vector<schemas::CustodyMark> CustodyStore::read_marks(const postgres::Rows& rows, size_t column) {
  std::vector<schemas::CustodyMark> marks;
  for (size_t i = 0; i < rows.size(); ++i) {
    auto mark = schemas::decode<schemas::CustodyMark>(rows.text(i, column));
    if (!mark)
      throw std::runtime_error(
          fmt::format("wxpipe.custody_marks holds a mark that can't be read: {}", mark.error().detail));
    marks.push_back(std::move(*mark));
  }
  return marks;
}

std::vector<schemas::CustodyMark> CustodyStore::marks(const Wanted& wanted, std::optional<Place>& after) {
  auto condition = provable();
  if (wanted.from) condition += fmt::format(" and received_to >= '{}'", to_iso8601(*wanted.from));
  if (wanted.to) condition += fmt::format(" and received_from < '{}'", to_iso8601(*wanted.to));
  Parameters parameters;
  if (after) {
    condition += " and (received_from, instance, boot, number) > ($1::text::timestamptz, $2::text, $3::text, $4::int8)";
    parameters.text(after->received_from).text(after->instance).text(after->boot).int8(after->number);
  }
  const auto rows =
      connection_.execute(first_marks(condition, "received_from, instance, boot, number", kOfAudit), parameters);
  if (!rows.empty()) {
    const auto last = rows.size() - 1;
    after = {rows.text(last, 0), rows.text(last, 1), rows.text(last, 2), rows.integer(last, 3)};
  }
  return read_marks(rows, 4);
}

std::vector<schemas::CustodyMark> CustodyStore::unsettled(std::chrono::seconds age) {
  const auto condition =
      fmt::format("settled_at is null and created_at <= '{}'::timestamptz - interval '{} seconds' and {}", moment_,
                  age.count(), provable());
  return read_marks(connection_.execute(first_marks(condition, "updated_at, instance, boot, number", kOfLook)), 4);
}

std::vector<bool> CustodyStore::has(const std::vector<schemas::CustodyMark>& marks) {
  std::vector<bool> there;
  for (size_t at = 0; at < marks.size(); at += kReceiptsInQuestion) {
    SqlArray instance(ElementType::text), boot(ElementType::text), number(ElementType::int8);
    for (size_t i = at; i < std::min(marks.size(), at + kReceiptsInQuestion); ++i) {
      instance.add_text(marks[i].instance);
      boot.add_text(marks[i].boot);
      number.add_int8(marks[i].number);
    }
    const auto rows = connection_.execute(
        "select exists (select from wxpipe.custody_marks m where m.instance = asked.instance and m.boot = asked.boot "
        "and m.number = asked.number) from unnest($1::text[], $2::text[], $3::int8[]) with ordinality "
        "as asked(instance, boot, number, place) order by place",
        Parameters().bytes(instance.bytes()).bytes(boot.bytes()).bytes(number.bytes()));
    for (size_t i = 0; i < rows.size(); ++i) there.push_back(rows.text(i, 0) == "t");
  }
  return there;
}

void CustodyStore::find(MarkedReceipts& receipts) {
  find_stored(receipts);
  find_ended(receipts);
  // In the end, so that what is dropped meanwhile is known, too.
  receipts.leave_out(retired(receipts.marks()));
}

void CustodyStore::find_stored(MarkedReceipts& receipts) {
  std::vector<std::pair<Timestamp, Timestamp>> times;
  for (const auto& mark : receipts.marks())
    if (!mark.acknowledged.empty()) times.emplace_back(mark.received_from, mark.received_to);
  std::sort(times.begin(), times.end());
  std::vector<std::pair<Timestamp, Timestamp>> stretches;
  for (const auto& [from, to] : times) {
    if (!stretches.empty() && from <= stretches.back().second + kNear)
      stretches.back().second = std::max(stretches.back().second, to);
    else
      stretches.emplace_back(from, to);
  }
  for (const auto& [from, to] : stretches)
    receipts_of_time(connection_, from, to, "receipt is not null", {},
                     [&](const std::string& receipt) { receipts.found(receipt, Found::stored); });
}

void CustodyStore::find_ended(MarkedReceipts& receipts) {
  std::vector<std::string> missing;
  for (auto& one : receipts.missing()) missing.push_back(std::move(one.receipt));
  for (size_t at = 0; at < missing.size(); at += kReceiptsInQuestion) {
    SqlArray asked(ElementType::text);
    for (size_t i = at; i < std::min(missing.size(), at + kReceiptsInQuestion); ++i) asked.add_text(missing[i]);
    const auto look = [&](const char* sql, Found where) {
      const auto rows = connection_.execute(sql, Parameters().bytes(asked.bytes()));
      for (size_t i = 0; i < rows.size(); ++i) receipts.found(rows.text(i, 0), where);
    };
    look("select receipt from wxpipe.duplicate_receipts where receipt = any($1::text[])", Found::duplicate);
    // A dead letter of another sink (leads, followers …) says nothing about the event's own row. One that was put back
    // says nothing either: the event is on its way again, and its end is looked for.
    look(
        "select receipt from dead_letters where receipt = any($1::text[]) "
        "and stage in ('ingest', 'process', 'sink.messages', 'sink.dead_letters') and not coalesce((select a.action = 'retry' "
        "from wxpipe.dead_letter_actions a where a.dead_letter_id = dead_letters.dead_letter_id order by a.at desc limit 1), false)",
        Found::dead_letter);
  }
}

RetiredReceipts CustodyStore::retired(const std::vector<schemas::CustodyMark>& marks) {
  std::set<std::pair<std::string_view, std::string_view>> processes;
  for (const auto& mark : marks) processes.emplace(mark.instance, mark.boot);
  SqlArray instance(ElementType::text), boot(ElementType::text);
  for (const auto& [of_instance, of_boot] : processes) {
    instance.add_text(of_instance);
    boot.add_text(of_boot);
  }
  const auto rows = connection_.execute(
      "select r.instance, r.boot, lower(s.one), upper(s.one) from unnest($1::text[], $2::text[]) as asked(instance, boot) "
      "join wxpipe.retired_receipts r on r.instance = asked.instance and r.boot = asked.boot, "
      "unnest(r.sequences) as s(one)",
      Parameters().bytes(instance.bytes()).bytes(boot.bytes()));
  RetiredReceipts retired;
  for (size_t i = 0; i < rows.size(); ++i)
    retired.add(fmt::format("{}/{}", rows.text(i, 0), rows.text(i, 1)), {rows.integer(i, 2), rows.integer(i, 3)});
  return retired;
}

CustodyStore::Unproven CustodyStore::unproven(Timestamp from, Timestamp to) {
  const auto rows = connection_.execute(fmt::format(
      "select count(*), coalesce(sum(unaccounted), 0)::int8 from wxpipe.custody_marks where settled_at is null and "
      "received_from < '{}' and received_to >= '{}' and {}",
      to_iso8601(to), to_iso8601(from), provable()));
  return {rows.integer(0, 0), rows.integer(0, 1)};
}

std::vector<int64_t> CustodyStore::stored_of(const std::string& process, Timestamp from, Timestamp to) {
  std::vector<int64_t> sequences;
  receipts_of_time(connection_, from, to, "starts_with(receipt, $1::text)", Parameters().text(process),
                   [&](const std::string& found) {
                     if (const auto receipt = schemas::parse_receipt(found); receipt && receipt->process == process)
                       sequences.push_back(receipt->sequence);
                   });
  return sequences;
}

std::vector<std::string> CustodyStore::ended_elsewhere(const std::vector<std::string>& receipts) {
  std::vector<std::string> ended;
  for (size_t at = 0; at < receipts.size(); at += kReceiptsInQuestion) {
    SqlArray asked(ElementType::text);
    for (size_t i = at; i < std::min(receipts.size(), at + kReceiptsInQuestion); ++i) asked.add_text(receipts[i]);
    const auto rows = connection_.execute(
        "select receipt from wxpipe.duplicate_receipts where receipt = any($1::text[]) "
        "union select receipt from dead_letters where receipt = any($1::text[])",
        Parameters().bytes(asked.bytes()));
    for (size_t i = 0; i < rows.size(); ++i) ended.push_back(rows.text(i, 0));
  }
  return ended;
}

void CustodyStore::remember(const std::vector<Verdict>& verdicts) {
  if (verdicts.empty()) return;
  SqlArray instance(ElementType::text), boot(ElementType::text), number(ElementType::int8),
      unaccounted(ElementType::int8), settled(ElementType::boolean);
  for (const auto& verdict : verdicts) {
    instance.add_text(verdict.instance);
    boot.add_text(verdict.boot);
    number.add_int8(verdict.number);
    verdict.unaccounted ? unaccounted.add_int8(*verdict.unaccounted) : unaccounted.add_null();
    settled.add_boolean(verdict.settled);
  }
  connection_.execute(
      "update wxpipe.custody_marks m set unaccounted = coalesce(v.unaccounted, m.unaccounted), "
      "settled_at = case when v.settled then now() end, updated_at = now() from unnest($1::text[], $2::text[], $3::int8[], $4::int8[], $5::boolean[]) "
      "as v(instance, boot, number, unaccounted, settled) "
      "where m.instance = v.instance and m.boot = v.boot and m.number = v.number",
      Parameters()
          .bytes(instance.bytes())
          .bytes(boot.bytes())
          .bytes(number.bytes())
          .bytes(unaccounted.bytes())
          .bytes(settled.bytes()));
}

int64_t CustodyStore::unaccounted() {
  return connection_
      .execute("select coalesce(sum(unaccounted), 0)::int8 from wxpipe.custody_marks where settled_at is null")
      .integer(0, 0);
}

}  // namespace wxpipe::sinks
