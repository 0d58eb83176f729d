// Partitions in a real database, by month, day, ISO week and hash: made ahead and on demand, rows moved out of the
// default partition, comments and keys taken over.
#include "common/postgres/partitions.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "common/result.hpp"
#include "rig/eventually.hpp"
#include "rig/tcp_gate.hpp"
#include "sinks/autopilot.hpp"
#include "tests/support/stack.hpp"
#include "tests/support/temporary_database.hpp"

namespace wxpipe::postgres {
namespace {
using namespace std::chrono;
using Names = std::vector<std::string>;

const Timestamp kNow = sys_days{2026y / December / 31} + 23h;
const std::vector<PartitionedTable> kTables{{"by_month", {By::month, "happened_at"}},
                                            {"by_day", {By::day, "happened_at"}},
                                            {"by_week", {By::iso_week, "happened_at"}},
                                            {"by_hash", {By::hash, "id", 4}}};
constexpr Horizon kHorizon{.months_ahead = 1, .days_ahead = 1, .weeks_ahead = 1};

class Partitions : public testing::Test {
 protected:
  void SetUp() override {
    WXPIPE_NEEDS_STACK();
    database_ = std::make_unique<support::TemporaryDatabase>();
    connection_ = database_->connect();
    for (const auto& table : kTables) {
      const std::string name(table.name);
      const bool hash = table.partitioning.by == By::hash;
      connection_->execute("create table " + name +
                           " (id integer not null, happened_at timestamptz(6) not null, primary key (id" +
                           (hash ? ")) partition by hash (id)" : ", happened_at)) partition by range (happened_at)"));
      connection_->execute("comment on column " + name + ".id is 'which'");
      if (!hash) connection_->execute("create table " + name + "_default partition of " + name + " default");
    }
  }

  Names made() {
    Names names;
    for (const auto& range : missing_ahead(kTables, existing_partitions(*connection_, kTables), kNow, kHorizon)) {
      EXPECT_TRUE(ensure_partition(*connection_, range).created) << range.name;
      names.push_back(range.name);
    }
    return names;
  }
  std::string where(const std::string& table, int id) {
    return database_->query("select tableoid::regclass::text from " + table + " where id = " + std::to_string(id))
        .text(0, 0);
  }

  std::unique_ptr<support::TemporaryDatabase> database_;
  std::unique_ptr<Connection> connection_;
};

TEST_F(Partitions, OfAllFourKindsAreMadeAheadOnceAndTakeTheirRows) {
  EXPECT_EQ(made(),
            (Names{"by_month_202612", "by_month_202701", "by_day_20261231", "by_day_20270101", "by_week_2026w53",
                   "by_week_2027w01", "by_hash_p00", "by_hash_p01", "by_hash_p02", "by_hash_p03"}));
  EXPECT_EQ(made(), Names{}) << "they are there";
  for (const std::string table : {"by_month", "by_day", "by_week", "by_hash"})
    database_->query("insert into " + table +
                     " select i, '2026-12-31 23:30Z'::timestamptz + i * interval '1 hour' "
                     "from generate_series(0, 1) i");
  EXPECT_EQ(where("by_month", 0), "by_month_202612");
  EXPECT_EQ(where("by_month", 1), "by_month_202701");
  EXPECT_EQ(where("by_day", 1), "by_day_20270101");
  EXPECT_EQ(where("by_week", 1), "by_week_2026w53") << "the first of January 2027 is a Friday";
  EXPECT_EQ(where("by_hash", 0).substr(0, 9), "by_hash_p");
  EXPECT_EQ(database_
                ->query("select count(*) from pg_class where relname ~ '^by_.*_(p|2)' and relkind = 'r' and "
                        "col_description(oid, 1) = 'which'")
                .integer(0, 0),
            10);
}

TEST_F(Partitions, RowsThatWaitedInTheDefaultPartitionMoveIntoTheirOwn) {
  for (const std::string table : {"by_month", "by_day", "by_week"})
    database_->query("insert into " + table + " values (1, '2026-12-31 12:00Z'), (2, '1999-06-01 00:00Z')");
  const auto plan = sinks::decide_partitions(kTables, existing_partitions(*connection_, kTables),
                                             stray_rows(*connection_, kTables), kNow, kHorizon);
  Names stray, odd;
  for (const auto& [range, rows] : plan.stray) stray.push_back(range.name);
  for (const auto& [range, rows] : plan.stay_in_default) odd.push_back(range.name);
  EXPECT_EQ(stray, (Names{"by_month_202612", "by_day_20261231", "by_week_2026w53"}));
  EXPECT_EQ(odd, (Names{"by_month_199906", "by_day_19990601", "by_week_1999w22"}));
  int64_t moved = 0;
  for (const auto& range : plan.create) moved += ensure_partition(*connection_, range).moved;
  EXPECT_EQ(moved, 3);
  EXPECT_EQ(where("by_week", 1), "by_week_2026w53");
  EXPECT_EQ(where("by_week", 2), "by_week_default");
}

// A process that is frozen in the middle of it has locks on the table.
TEST_F(Partitions, WhoFreezesWhileMakingOneHoldsOthersUpForSecondsOnly) {
  const auto url = database_->url().reveal();
  const auto at = url.find('@'), colon = url.find(':', at), slash = url.find('/', colon);
  rig::TcpGate gate(url.substr(at + 1, colon - at - 1),
                    static_cast<uint16_t>(std::stoi(url.substr(colon + 1, slash - colon - 1))));
  Connection frozen(Secret(url.substr(0, at + 1) + gate.address() + url.substr(slash)), "frozen", Purpose::sink);
  const auto missing = missing_ahead({&kTables[3], 1}, existing_partitions(*connection_, kTables), kNow, kHorizon);
  // It waits for the test before each new part.
  database_->query(
      "create function wait() returns event_trigger language plpgsql as 'begin perform pg_advisory_xact_lock(1); end'; "
      "create event trigger wait on ddl_command_end when tag in ('COMMENT') execute function wait()");
  auto lock = std::make_optional<Transaction>(*connection_);
  lock->execute("select pg_advisory_xact_lock(1)");
  std::thread maker([&] { EXPECT_THROW(ensure_partition(frozen, missing[0]), std::exception); });
  EXPECT_TRUE(rig::eventually([&] {
    return database_
               ->query(
                   "select count(*) from pg_locks l join pg_database d on d.oid = l.database where l.locktype = "
                   "'advisory' and l.objid = 1 and not l.granted and d.datname = current_database()")
               .integer(0, 0) == 1;
  }));
  gate.freeze();
  lock.reset();

  const auto other = database_->connect();
  EXPECT_TRUE(rig::eventually(
      [&] {
        try {
          return ensure_partition(*other, missing[1]).created;
        } catch (const SqlError&) {
          return false;  // the lock's patience is over
        }
      },
      20s));
  gate.heal();
  maker.join();
}

}  // namespace
}  // namespace wxpipe::postgres
