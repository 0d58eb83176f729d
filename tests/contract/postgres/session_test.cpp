// A DBA's settings for a role or a database change nothing that wxpipe stores or reads; those that it can't go on with
// are named.
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/postgres/connection.hpp"
#include "common/postgres/migrations.hpp"
#include "sinks/batch_writer.hpp"
#include "sinks/families.hpp"
#include "sinks/offset_store.hpp"
#include "tests/integration/sinks/facts.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/stack.hpp"
#include "tests/support/temporary_database.hpp"
#include "tests/support/unique_name.hpp"

namespace wxpipe::postgres {
namespace {
using namespace std::chrono_literals;
using namespace sinks::testing;
using support::TemporaryDatabase;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// Every default that could change what wxpipe writes, reads or waits for. Time-outs that would end most statements
// anywhere aren't here: a role that has them can't even log in reliably.
const std::vector<std::string> kStrict{
    "statement_timeout = '50ms'",
    "lock_timeout = '1ms'",
    "idle_in_transaction_session_timeout = '5ms'",
    "idle_session_timeout = '20ms'",
    "default_transaction_isolation = 'serializable'",
    "default_transaction_deferrable = on",
    "search_path = pg_catalog",
    "client_encoding = 'GBK'",
    "datestyle = 'German, DMY'",
    "intervalstyle = 'iso_8601'",
    "timezone = 'Asia/Shanghai'",
    "standard_conforming_strings = off",
    "bytea_output = 'escape'",
    "extra_float_digits = -10",
    "array_nulls = off",
    "plan_cache_mode = 'force_custom_plan'",
};

// A database whose owner logs in with settings of a DBA's.
class StrictDatabase {
 public:
  explicit StrictDatabase(const std::vector<std::string>& settings)
      : role_(support::unique_name("wxpipe_strict")),
        url_(with_role()) {
    database_.query("create role " + role_ + " login");
    database_.query(fmt::format("alter database {} owner to {}", database_.name(), role_));
    database_.query(fmt::format("alter schema public owner to {}", role_));
    for (size_t i = 0; i < settings.size(); ++i)
      database_.query(i % 2 == 0
                          ? fmt::format("alter role {} set {}", role_, settings[i])
                          : fmt::format("alter role {} in database {} set {}", role_, database_.name(), settings[i]));
  }
  ~StrictDatabase() {
    // What the role owns is in this database alone.
    database_.query(fmt::format("reassign owned by {0} to current_user; drop owned by {0}", role_));
    database_.query("drop role " + role_);
  }
  StrictDatabase(const StrictDatabase&) = delete;
  StrictDatabase& operator=(const StrictDatabase&) = delete;

  const Secret& url() const { return url_; }
  const TemporaryDatabase& database() const { return database_; }

 private:
  Secret with_role() const {
    std::string url = database_.url().reveal();
    const auto from = url.find("//") + 2, to = url.find('@');
    return Secret(url.replace(from, to - from, role_));
  }

  TemporaryDatabase database_{support::Schema::none};
  std::string role_;
  Secret url_;
};

// Messages, and a record that becomes a dead letter with its bytes.
void write_a_batch(const Secret& url) {
  Connection connection(url, "test", Purpose::sink);
  const config::SinkSettings settings;
  support::ManualClock clock{noon()};
  sinks::ReadBatch batch(sinks::make_sink(family("messages")));
  sinks::OffsetStore offsets("group", "me");
  sinks::BatchWriter writer(batch.rows().family(), offsets, settings, "me", clock);
  const kafka::Partition partition{"t", 0};
  const auto claim = offsets.claim(connection, {&partition, 1}, "cluster").at(0);
  Records records;
  for (int i = 0; i < 40; ++i) records.add(value_of(message(i, noon() + std::chrono::hours(24 * (i % 3)) + 1234567us)));
  records.add("not a record: \\x00 \x01\xff'");
  batch.read(records.all());
  const sinks::Advance step{partition, claim.epoch, 0, static_cast<int64_t>(records.all().size())};
  sinks::BatchOutcome outcome;
  writer.write(connection, batch, {&step, 1}, outcome);
}

std::vector<std::string> everything(const TemporaryDatabase& database) {
  std::vector<std::string> all;
  for (const std::string table : {"messages", "dead_letters", "wxpipe.ledger", "wxpipe.sink_offsets"})
    for (auto& row : content(database, table)) all.push_back(table + " " + row);
  return all;
}

class SessionTest : public ::testing::Test {
 protected:
  void SetUp() override { WXPIPE_NEEDS_STACK(); }
};

TEST_F(SessionTest, RowsAreTheSameWhateverARoleAndItsDatabaseHaveSet) {
  const TemporaryDatabase usual;
  write_a_batch(usual.url());
  const StrictDatabase strict(kStrict);
  {
    Connection connection(strict.url(), "test", Purpose::administration);
    migrate(connection);
  }
  write_a_batch(strict.url());
  EXPECT_EQ(everything(usual).size(), 40U + 1 + 3 + 1);
  EXPECT_EQ(everything(strict.database()), everything(usual));
}

TEST_F(SessionTest, EachDefaultThatMattersIsSetByUs) {
  const StrictDatabase strict(kStrict);
  for (const auto purpose : {Purpose::sink, Purpose::administration}) {
    Connection connection(strict.url(), "test", purpose);
    std::vector<std::string> left;
    for (const auto& setting : kStrict) {
      const auto name = setting.substr(0, setting.find(' '));
      if (purpose == Purpose::administration && name == "plan_cache_mode") continue;
      const auto rows =
          connection.execute(fmt::format("select source from pg_catalog.pg_settings where lower(name) = '{}'", name));
      if (rows.text(0, 0) != "session") left.push_back(name + ": " + rows.text(0, 0));
    }
    EXPECT_EQ(left, std::vector<std::string>{});
  }
}

TEST_F(SessionTest, AStatementMayTakeItsTimeAndASessionItsRest) {
  const StrictDatabase strict({"statement_timeout = '50ms'", "idle_session_timeout = '20ms'"});
  Connection connection(strict.url(), "test", Purpose::administration);
  EXPECT_EQ(connection.execute("select 'slept' from pg_sleep(0.2)").text(0, 0), "slept");
}

TEST_F(SessionTest, ReadOnlyIsNamed) {
  const StrictDatabase strict({"default_transaction_read_only = on"});
  EXPECT_THAT([&] { Connection(strict.url(), "test", Purpose::sink); },
              ThrowsMessage<Unavailable>(AllOf(HasSubstr("read-only"), HasSubstr("default_transaction_read_only"))));
}

TEST_F(SessionTest, ADatabaseThatCannotHoldEveryTextIsNamed) {
  const TemporaryDatabase any(support::Schema::none);
  const auto name = support::unique_name("wxpipe_latin");
  any.query("create database " + name + " encoding 'LATIN1' locale 'C' template template0");
  EXPECT_THAT([&] { Connection(Secret(support::with_database(any.url().reveal(), name)), "test", Purpose::sink); },
              ThrowsMessage<UsageError>(AllOf(HasSubstr("LATIN1"), HasSubstr("encoding 'UTF8'"))));
  any.query("drop database " + name + " with (force)");
}

}  // namespace
}  // namespace wxpipe::postgres
