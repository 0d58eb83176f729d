// A pooler that lends sessions on is refused by name, because wxpipe would lose locks, settings and prepared statements
// without a word. One that keeps sessions apart is as good as Postgres itself.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <thread>

#include "common/postgres/connection.hpp"
#include "common/postgres/migrations.hpp"
#include "rig/process.hpp"
#include "rig/socket.hpp"
#include "tests/support/stack.hpp"
#include "tests/support/temporary_database.hpp"

namespace wxpipe::postgres {
namespace {
using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr const char* kPgbouncer = "/usr/sbin/pgbouncer";

uint16_t free_port() { return rig::local_port(rig::bound(0)); }

// "host:port" of a postgresql:// URL.
std::pair<std::string, std::string> server_of(const std::string& url) {
  const auto at = url.find('@') == std::string::npos ? url.find("//") + 2 : url.find('@') + 1;
  const auto end = url.find('/', at);
  const auto colon = url.find(':', at);
  return {url.substr(at, colon - at), url.substr(colon + 1, end - colon - 1)};
}

// A pgbouncer of the test's own, before the stack's Postgres.
class Pgbouncer {
 public:
  Pgbouncer(const std::string& mode, const std::string& more, const support::TemporaryDatabase& database)
      : port_(free_port()) {
    const auto [host, port] = server_of(database.url().reveal());
    folder_.write("users.txt", "\"wxpipe\" \"\"\n");
    const auto file = folder_.write(
        "pgbouncer.ini",
        fmt::format("[databases]\n* = host={} port={} user=wxpipe\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
                    "listen_port = {}\nunix_socket_dir =\nauth_type = any\nauth_file = {}\npool_mode = {}\n{}\n",
                    host, port, port_, (folder_ / "users.txt").string(), mode, more));
    std::filesystem::permissions(folder_.path(), std::filesystem::perms(0755));
    rig::Command command{.program = kPgbouncer, .arguments = {file.string()}};
    if (::geteuid() == 0)  // it refuses to be root
      command = {.program = "setpriv",
                 .arguments = {"--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=KILL", kPgbouncer,
                               file.string()}};
    process_.emplace(command);
    if (!rig::eventually([&] { return answers(); })) throw std::runtime_error("pgbouncer: " + process_->errors());
    url_ = Secret(fmt::format("postgresql://wxpipe@127.0.0.1:{}/{}", port_, database.name()));
  }
  const Secret& url() const { return url_; }

 private:
  bool answers() const {
    try {
      rig::connected("127.0.0.1", port_);
      return true;
    } catch (const std::exception&) {
      return false;
    }
  }

  uint16_t port_;
  rig::TemporaryFolder folder_;
  std::optional<rig::Process> process_;
  Secret url_;
};

class PoolerTest : public testing::Test {
 protected:
  void SetUp() override {
    WXPIPE_NEEDS_STACK();
    if (!std::filesystem::exists(kPgbouncer)) GTEST_SKIP() << "needs pgbouncer: dev/install pgbouncer";
    database_ = std::make_unique<support::TemporaryDatabase>(support::Schema::none);
  }
  Pgbouncer pgbouncer(const std::string& mode, const std::string& more = "") const { return {mode, more, *database_}; }
  static auto connect(const Secret& url) {
    return [url] { Connection(url, "test", Purpose::sink); };
  }
  static auto refused() {
    return ThrowsMessage<UsageError>(AllOf(HasSubstr("pooler"), HasSubstr("transaction mode"),
                                           HasSubstr("pool_mode = session"), HasSubstr("postgres.url")));
  }

  std::unique_ptr<support::TemporaryDatabase> database_;
};

TEST_F(PoolerTest, InTransactionModeIsRefusedByNameWithTheRemedy) {
  const auto pooler = pgbouncer("transaction");
  for (int i = 0; i < 5; ++i) EXPECT_THAT(connect(pooler.url()), refused());
}

TEST_F(PoolerTest, InTransactionModeIsRefusedWhateverItHandsOutNext) {
  const auto pooler = pgbouncer("transaction", "server_round_robin = 1\nmin_pool_size = 4");
  EXPECT_THAT(connect(pooler.url()), refused());
}

TEST_F(PoolerTest, InTransactionModeIsRefusedWhileOthersUseItToo) {
  const auto pooler = pgbouncer("transaction");
  std::vector<std::jthread> others;
  for (int i = 0; i < 4; ++i)
    others.emplace_back([&pooler](const std::stop_token& stop) {
      const std::unique_ptr<PGconn, decltype(&PQfinish)> other(PQconnectdb(pooler.url().reveal().c_str()), &PQfinish);
      while (!stop.stop_requested()) PQclear(PQexec(other.get(), "select 1"));
    });
  EXPECT_THAT(connect(pooler.url()), refused());
}

TEST_F(PoolerTest, InStatementModeIsRefusedToo) {
  const auto pooler = pgbouncer("statement");
  EXPECT_THAT(connect(pooler.url()), refused());
}

TEST_F(PoolerTest, ARefusalLeavesNoSettingInTheSessionsOfOthers) {
  const auto pooler = pgbouncer("transaction");
  EXPECT_THAT(connect(pooler.url()), refused());
  const std::unique_ptr<PGconn, decltype(&PQfinish)> other(PQconnectdb(pooler.url().reveal().c_str()), &PQfinish);
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(other.get(), "show plan_cache_mode"), &PQclear);
  ASSERT_EQ(PQntuples(result.get()), 1) << PQerrorMessage(other.get());
  EXPECT_STREQ(PQgetvalue(result.get(), 0, 0), "auto");
}

TEST_F(PoolerTest, InSessionModeItWorks) {
  const auto pooler = pgbouncer("session");
  Connection first(pooler.url(), "test", Purpose::administration);
  migrate(first);
  Connection second(pooler.url(), "test", Purpose::sink);
  for (auto* connection : {&first, &second}) {
    Transaction transaction(*connection);
    EXPECT_EQ(transaction.execute(Statement{"same_name", "select $1::text"}, Parameters().text("x")).text(0, 0), "x");
    transaction.commit();
  }
}

TEST_F(PoolerTest, InSessionModeWithoutAFreeSessionItDoesNotHang) {
  const auto pooler = pgbouncer("session", "default_pool_size = 1");
  Connection only(pooler.url(), "test", Purpose::sink);
  EXPECT_EQ(only.execute("select 1").text(0, 0), "1");
}

// Without pgbouncer: what a pooler that nothing shows does to prepared statements.
TEST(Pooler, ThatShowsItselfByAPreparedStatementIsNamedThen) {
  WXPIPE_NEEDS_STACK();
  Connection connection(Secret(support::stack().database), "test", Purpose::sink);
  connection.execute("prepare taken as select 1");
  Transaction transaction(connection);
  EXPECT_THAT(
      [&] {
        transaction.execute(Statement{"taken", "select 2"}, Parameters());
      },
      ThrowsMessage<UsageError>(HasSubstr("pool_mode = session")));
}

}  // namespace
}  // namespace wxpipe::postgres
