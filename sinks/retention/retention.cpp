#include "sinks/retention/retention.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <optional>
#include <set>
#include <stdexcept>

#include "common/json/write.hpp"
#include "common/postgres/partitions.hpp"
#include "common/postgres/sqlstate.hpp"
#include "common/runtime/stop_wait.hpp"
#include "sinks/custody/audit.hpp"
#include "sinks/retention/dump.hpp"

namespace wxpipe::sinks {
namespace {
using namespace std::chrono_literals;
using postgres::Parameters;
using std::chrono::steady_clock;

constexpr const char* kJournal = "messages";
// Callbacks about an event come some seconds behind it; about the last moments of a partition, on the next day.
constexpr auto kComesLater = 24h;
// Writers wait at most so long for a partition to be detached; then they go on, and it is tried again.
constexpr auto kMostWait = 200ms;
constexpr int kTries = 20;
constexpr auto kPause = 250ms;  // between two tries, and longer each time
constexpr auto kReplayIsAlive = "10 minutes";

Timestamp moment(const postgres::Rows& rows, size_t row, size_t column) {
  return Timestamp(std::chrono::microseconds(rows.integer(row, column)));
}

std::string counted(int64_t number, std::string_view what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

std::string audit_of(const Wanted& wanted) {
  return fmt::format("`wxpipe audit --from {} --to {}`", to_iso8601(*wanted.from).substr(0, 16),
                     to_iso8601(*wanted.to).substr(0, 16));
}

// Notes the receipts of a detached partition of messages as retired, and deletes the repeats of its events: their
// receipts are retired with it. Repeats are found by the ids that the partition has, each by key.
std::string retire_receipts(const std::string& partition) {
  return fmt::format(
      "with bounds as (select (select event_id from {0} order by event_id limit 1) as first, "
      "(select event_id from {0} order by event_id desc limit 1) as last), "
      "gone as (delete from wxpipe.duplicate_receipts d using bounds b where d.family = 'messages' and d.event_id "
      "between b.first and b.last and exists (select from {0} p where p.event_id = d.event_id) returning d.receipt), "
      "dropped as (select distinct split_part(receipt, '/', 1) as instance, split_part(receipt, '/', 2) as boot, "
      "split_part(receipt, '/', 3)::int8 as sequence from (select receipt from {0} union all select receipt from gone) r "
      "where receipt ~ '^[^/]+/[^/]+/[0-9]{{1,18}}$'), "
      "numbered as (select *, sequence - row_number() over (partition by instance, boot order by sequence) as island "
      "from dropped), "
      "islands as (select instance, boot, int8range(min(sequence), max(sequence) + 1) as one from numbered "
      "group by instance, boot, island) "
      "insert into wxpipe.retired_receipts as r (instance, boot, partition, detached_at, sequences) "
      "select i.instance, i.boot, p.partition, p.detached_at, range_agg(i.one) from islands i, wxpipe.dropped_partitions p "
      "where p.partition = '{0}' and p.dropped_at is null group by 1, 2, 3, 4 "
      "on conflict (instance, boot, partition, detached_at) do update set "
      "sequences = r.sequences + excluded.sequences, updated_at = now()",
      partition);
}

std::vector<TablePolicy> policies_in(const FamilyDatabase& database, const config::RetentionSettings& settings) {
  auto policies = table_policies(settings);
  const auto tables = partitioned_tables(database);
  std::erase_if(policies, [&](const TablePolicy& policy) {
    return std::ranges::none_of(tables, [&](const auto& table) { return table.name == policy.table.name; });
  });
  return policies;
}

// Finds, for each process, the first of its marks that must stay: one with a receipt that has a row elsewhere, or of a
// later time. Marks before it are spent. Only such a beginning is deleted, so that no gap comes between the others.
class SpentMarks {
 public:
  using Process = std::pair<std::string, std::string>;  // instance, boot

  SpentMarks(postgres::Connection& connection, Timestamp before) : store_(connection), before_(before) {}

  void look() {
    Wanted wanted;
    wanted.to = before_;
    std::optional<CustodyStore::Place> place;
    for (auto marks = store_.marks(wanted, place); !marks.empty(); marks = store_.marks(wanted, place)) {
      for (const auto& mark : marks) processes_.emplace(mark.instance, mark.boot);
      std::erase_if(marks, [&](const auto& mark) { return stays(mark); });
      MarkedReceipts receipts(std::move(marks), {});
      receipts.leave_out(store_.retired(receipts.marks()));
      store_.find_ended(receipts);
      for (const auto& one : receipts.missing()) keep(receipts.marks()[one.mark]);
    }
  }

  // Deletes them, and notes their whole ranges as retired with this partition: for most processes that is one range.
  // Returns how many there were.
  int64_t remove(postgres::Transaction& transaction, const std::string& partition) const {
    int64_t marks = 0;
    for (const auto& process : processes_) {
      const auto limit = first_kept(transaction, process);
      const auto gone = transaction.execute(
          fmt::format(
              "with gone as (delete from wxpipe.custody_marks where instance = $1::text and boot = $2::text and number < "
              "$3::int8 returning first_sequence, next_sequence), noted as (insert into wxpipe.retired_receipts as r "
              "(instance, boot, partition, detached_at, sequences) select $1::text, $2::text, p.partition, p.detached_at, "
              "g.sequences from (select range_agg(int8range(first_sequence, next_sequence)) as sequences from gone) g, "
              "wxpipe.dropped_partitions p where g.sequences is not null and p.partition = '{}' and p.dropped_at is null "
              "on conflict (instance, boot, partition, detached_at) do update set sequences = r.sequences + "
              "excluded.sequences, updated_at = now()) select count(*) from gone",
              partition),
          Parameters().text(process.first).text(process.second).int8(limit));
      marks += gone.integer(0, 0);
    }
    return marks;
  }

 private:
  bool stays(const schemas::CustodyMark& mark) {
    const auto known = kept_.find({mark.instance, mark.boot});
    if (known != kept_.end() && known->second <= mark.number) return true;
    if (mark.received_to < before_) return false;
    keep(mark);
    return true;
  }
  void keep(const schemas::CustodyMark& mark) {
    auto& first = kept_.try_emplace({mark.instance, mark.boot}, mark.number).first->second;
    first = std::min(first, mark.number);
  }

  int64_t first_kept(postgres::Transaction& transaction, const Process& process) const {
    const auto key = Parameters().text(process.first).text(process.second);
    const auto later = transaction.execute(
        fmt::format("select min(number) from wxpipe.custody_marks where instance = $1::text and boot = $2::text and "
                    "received_to >= '{}'",
                    to_iso8601(before_)),
        key);
    auto limit = std::numeric_limits<int64_t>::max();
    if (!later.is_null(0, 0)) limit = later.integer(0, 0);
    if (const auto kept = kept_.find(process); kept != kept_.end()) limit = std::min(limit, kept->second);
    // If only marks stay that others wrote on behalf of the process, its own last one stays as well: it says how far
    // the process's receipts are known.
    if (limit >= schemas::kFirstLateMark && limit != std::numeric_limits<int64_t>::max()) {
      const auto own = transaction.execute(
          fmt::format("select max(number) from wxpipe.custody_marks where instance = $1::text and boot = $2::text and "
                      "number < {}",
                      schemas::kFirstLateMark),
          key);
      if (!own.is_null(0, 0)) limit = own.integer(0, 0);
    }
    return limit;
  }

  CustodyStore store_;
  const Timestamp before_;
  std::set<Process> processes_;
  std::map<Process, int64_t> kept_;
};
}  // namespace

Retention::Retention(const config::Settings& settings, RetentionPlace place, Drain& drain, Actor actor)
    : settings_(settings),
      where_(std::move(place.where)),
      connection_(place.here),
      custody_(place.custody),
      main_(place.main),
      drain_(drain),
      actor_(std::move(actor)),
      policies_(policies_in(where_, settings.retention)),
      command_id_(connection_.execute("select gen_random_uuid()").text(0, 0)) {}

bool Retention::alone() {
  return connection_.execute("select pg_try_advisory_lock(hashtext('wxpipe.retention'), 0)").text(0, 0) == "t";
}

std::vector<OldPartition> Retention::look(Timestamp now, Doubt doubt, std::chrono::milliseconds patience,
                                          const std::stop_token& stop) {
  patience_ = patience;
  stop_ = stop;
  behind_.clear();
  auto old = detached_before();
  const auto cut_off = old.size();
  std::vector<const TablePolicy*> by;
  for (const auto& policy : policies_)
    for (auto& [range, bytes] : postgres::timed_partitions(connection_, policy.table))
      if (is_old(range, policy.keep, now)) {
        by.push_back(&policy);
        old.push_back({std::move(range), config::format_age(policy.keep), 0, bytes});
      }
  for (auto& one : old)
    one.rows = connection_.execute(fmt::format("select count(*) from {}", one.range.name)).integer(0, 0);
  for (size_t i = cut_off; i < old.size(); ++i) old[i].kept_because = hindrance(*by[i - cut_off], old[i].range, doubt);
  return old;
}

std::vector<OldPartition> Retention::detached_before() {
  const auto rows = connection_.execute(
      "select partition, table_name, (extract(epoch from range_from) * 1000000)::int8, "
      "(extract(epoch from range_to) * 1000000)::int8, keep, pg_total_relation_size(partition::regclass) from "
      "wxpipe.dropped_partitions where dropped_at is null and to_regclass(partition) is not null and not exists "
      "(select from pg_inherits where inhrelid = to_regclass(partition)) order by range_from");
  std::vector<OldPartition> detached;
  for (size_t i = 0; i < rows.size(); ++i) {
    OldPartition one;
    one.range.name = rows.text(i, 0);
    one.range.table = rows.text(i, 1);
    one.range.from = moment(rows, i, 2);
    one.range.to = moment(rows, i, 3);
    one.keep = rows.text(i, 4);
    one.bytes = rows.integer(i, 5);
    one.detached = true;
    detached.push_back(std::move(one));
  }
  return detached;
}

// Why the partition can't go yet; empty: it can.
std::string Retention::hindrance(const TablePolicy& policy, const postgres::PartitionRange& range, Doubt doubt) {
  const auto replays = main_.execute(fmt::format(
      "select replay from wxpipe.replays where next_offset < end_offset and updated_at > now() - interval '{}' "
      "order by updated_at desc limit 1",
      kReplayIsAlive));
  if (!replays.empty()) return fmt::format("a replay is under way, which may bring rows back: {}", replays.text(0, 0));
  if (auto reader = behind(policy.family); !reader.empty()) return reader;
  return unproven(range, doubt);
}

// The sinks that haven't taken everything yet: those of custody, and the table's own.
std::string Retention::behind(const schemas::FamilyInfo* family) {
  const auto known = behind_.find(family);
  if (known != behind_.end()) return known->second;
  const auto deadline = [&] { return steady_clock::now() + patience_; };
  std::string reader;
  if (family != nullptr && family->name != kJournal) {
    reader = behind(nullptr);
    if (reader.empty()) reader = drain_.facts(connection_, *family, deadline(), stop_);
  } else if (reader = drain_.marks(custody_, deadline(), stop_); reader.empty()) {
    reader = drain_.events(custody_, deadline(), stop_);
  }
  return behind_[family] = reader;
}

std::string Retention::unproven(const postgres::PartitionRange& range, Doubt doubt) {
  Wanted wanted;
  wanted.from = range.from;
  wanted.to = range.to + kComesLater;
  if (const auto open = CustodyStore(custody_).unproven(*wanted.from, *wanted.to); open.unaccounted > 0)
    return fmt::format("{} of its time unaccounted: {} names them", counted(open.unaccounted, "callback"),
                       audit_of(wanted));
  else if (open.marks > 0)
    return fmt::format("custody of its time isn't proven yet: {} open", counted(open.marks, "mark"));
  if (range.table != kJournal) return {};

  const auto found = audit(custody_, drain_, wanted, patience_);
  const auto total = found.total();
  if (total.unaccounted > 0)
    return fmt::format("{} of its time unaccounted: {} names them", counted(total.unaccounted, "callback"),
                       audit_of(wanted));
  if (total.in_flight > 0)
    return fmt::format("{} of its time in flight: {}", counted(total.in_flight, "callback"),
                       found.waiting_for.empty() ? "not stored yet" : found.waiting_for.front());
  if (marks_missing_in(found.marks_missing, wanted))
    return fmt::format("custody marks of its time are missing: {} says which", audit_of(wanted));
  if (!found.in_doubt.empty() && doubt == Doubt::refuse)
    return fmt::format("{} of its time in doubt, such as {}; --accept-doubt drops it all the same",
                       counted(std::ssize(found.in_doubt), "receipt"), found.in_doubt.front());
  return {};
}

// The gaps that an audit finds may be of any time.
bool Retention::marks_missing_in(const std::vector<MarkGap>& gaps, const Wanted& wanted) {
  return std::ranges::any_of(gaps, [&](const MarkGap& gap) {
    const auto rows = custody_.execute(
        fmt::format("select (select max(received_to) from wxpipe.custody_marks where instance = $1::text and boot = "
                    "$2::text and number < $3::int8) < '{}' and (select received_from from wxpipe.custody_marks where "
                    "instance = $1::text and boot = $2::text and number = $3::int8) >= '{}'",
                    to_iso8601(*wanted.to), to_iso8601(*wanted.from)),
        Parameters().text(gap.instance).text(gap.boot).int8(gap.before_number));
    return rows.text(0, 0) == "t";
  });
}

void Retention::drop(OldPartition& partition, const std::stop_token& stop) {
  if (!partition.detached && !detach(partition, stop)) {
    partition.kept_because = fmt::format("somebody holds a lock on {} all the time", partition.range.table);
    return;
  }
  if (!settings_.retention.dump_directory.empty()) dump(partition);
  remove(partition);
  partition.dropped = true;
}

bool Retention::detach(OldPartition& partition, const std::stop_token& stop) {
  const auto& range = partition.range;
  for (int tries = 1; tries <= kTries && !stop.stop_requested(); ++tries) try {
      postgres::Transaction transaction(connection_);
      postgres::detach_partition(transaction, range, kMostWait);
      transaction.execute(fmt::format(
          "insert into wxpipe.dropped_partitions (partition, table_name, range_from, range_to, keep, "
          "command_id) values ('{}', '{}', '{}', '{}', '{}', '{}') "
          // somebody has attached it again before it was dropped
          "on conflict (partition) where dropped_at is null do update set detached_at = now(), keep = excluded.keep, "
          "command_id = excluded.command_id, updated_at = now()",
          range.name, range.table, to_iso8601(range.from), to_iso8601(range.to), partition.keep, command_id_));
      transaction.commit();
      return partition.detached = true;
    } catch (const postgres::SqlError& error) {
      if (classify(error) != postgres::Verdict::retry) throw;
      runtime::wait(stop, kPause * tries);
    }
  return false;
}

// A run that was cut off may have written the file already; nothing has changed in the partition since.
void Retention::dump(OldPartition& partition) {
  const auto& name = partition.range.name;
  const auto written = connection_.execute(
      "select dump_file from wxpipe.dropped_partitions where partition = $1::text and dropped_at is null",
      Parameters().text(name));
  partition.dump_file = written.text(0, 0);
  if (!partition.dump_file.empty() && std::filesystem::exists(partition.dump_file)) return;
  const auto dumped = dump_table(connection_, name, settings_.retention.dump_directory);
  partition.dump_file = dumped.file.string();
  const auto rows = connection_.execute(fmt::format("select count(*) from {}", name)).integer(0, 0);
  if (dumped.rows != rows)
    throw std::runtime_error(fmt::format("{} has {} of the {} rows of {}: it stays detached, and isn't dropped",
                                         partition.dump_file, dumped.rows, rows, name));
  connection_.execute(
      "update wxpipe.dropped_partitions set dump_file = $2::text, updated_at = now() where partition = $1::text and "
      "dropped_at is null",
      Parameters().text(name).text(partition.dump_file));
}

void Retention::remove(OldPartition& partition) {
  const auto& range = partition.range;
  std::optional<SpentMarks> spent;
  if (range.table == kJournal) {
    // Before the rest: which marks are spent is known only after it. Audits leave these receipts out from now on.
    connection_.execute(retire_receipts(range.name));
    spent.emplace(connection_, range.to);
    spent->look();
  }
  postgres::Transaction transaction(connection_);
  partition.rows = transaction.execute(fmt::format("select count(*) from {}", range.name)).integer(0, 0);
  const auto marks = spent ? spent->remove(transaction, range.name) : 0;
  std::string details =
      fmt::format(R"({{"table":"{}","from":"{}","to":"{}","bytes":{},"custody_marks":{},"dump_file":)", range.table,
                  to_iso8601(range.from), to_iso8601(range.to), partition.bytes, marks);
  if (partition.dump_file.empty())
    details += "null";
  else
    json::append_string(details, partition.dump_file);
  details += '}';
  transaction.execute(
      "insert into audit_logs (command_id, operator, address, operation, operation_type, resource_type, resource_id, "
      "filter, affected, details) select command_id, $2::text, $3::text, 'partitions retain', 'DELETE', 'partitions', "
      "partition, keep, $4::int8, $5::text::jsonb from wxpipe.dropped_partitions where partition = $1::text and "
      "dropped_at is null",
      Parameters().text(range.name).text(actor_.name).text(actor_.address).int8(partition.rows).text(details));
  transaction.execute(
      "update wxpipe.dropped_partitions set dropped_at = now(), updated_at = now(), rows = $2::int8, bytes = $3::int8 "
      "where partition = $1::text and dropped_at is null",
      Parameters().text(range.name).int8(partition.rows).int8(partition.bytes));
  transaction.execute(fmt::format("drop table {}", range.name));
  transaction.commit();
}

}  // namespace wxpipe::sinks
