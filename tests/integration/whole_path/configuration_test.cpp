// The life of a configuration: it changes while roles run, in its files or in Postgres, and nothing is lost meanwhile.
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <thread>

#include "tests/integration/whole_path/wxpipe_fixture.hpp"

namespace wxpipe::whole_path {
namespace {
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr auto kNoPostgres = "postgresql://127.0.0.1:1/nowhere";  // nothing listens there

class ConfigurationTest : public WholePathTest {
 protected:
  void SetUp() override {
    WholePathTest::SetUp();
    if (IsSkipped()) return;
    ASSERT_EQ(command({"topics", "apply"}).code(), 0);
    write_token("token_0");
  }
  // The account `clear` of the fixture has its token in a file.
  void write_configuration(const std::string& more = {}) const {
    auto text = configuration() + more;
    const std::string from = "mode = \"plain\"\napp_id = \"wxapp\"\ntoken_env = \"TEST_TOKEN\"\n";
    const auto at = text.find(from);
    ASSERT_NE(at, std::string::npos);
    text.replace(at, from.size(),
                 "mode = \"plain\"\napp_id = \"wxapp\"\ntoken_file = \"token\"\nprevious_token_file = \"previous\"\n");
    folder_.write("wxpipe.toml", text);
  }
  void write_token(const std::string& current, const std::string& previous = "none") const {
    folder_.write("previous", previous);
    folder_.write("token", current);
  }
  static support::HttpRequest clear(int number, const std::string& token) {
    return http(clear_request("clear", mp_text("oUser" + std::to_string(number % 7), 700'000 + number, "hello"), token,
                              now_text()));
  }
  static double reloads(RunningWxpipe& role, const std::string& outcome) {
    return role.metric("wxpipe_configuration_reloads_total{outcome=\"" + outcome + "\"}");
  }
  static bool says(const RunningWxpipe& role, const std::string& words) {
    return eventually([&] { return role.log().find(words) != std::string::npos; });
  }
};

// Senders to the account `clear`, each always on its first connection.
class SignedLoad {
 public:
  SignedLoad(RunningWxpipe& role, std::string first) : token_(std::move(first)) {
    for (size_t sender = 0; sender < answered_under_.size(); ++sender)
      threads_.emplace_back([this, &role, sender](const std::stop_token& stop) {
        try {
          auto client = role.client();
          for (size_t i = 0; !stop.stop_requested(); ++i) {
            const auto [token, number] = current();
            const auto request = http(clear_request(
                "clear",
                mp_text("oUser" + std::to_string(i % 7), static_cast<int64_t>(sender * 1'000'000 + i), "hello"), token,
                now_text()));
            client.send_bytes(support::to_bytes(request, "wxpipe"));
            (client.receive().status == 200 ? accepted_ : refused_)++;
            answered_under_[sender] = number;
          }
        } catch (const support::HttpError&) {
          ++broken_;
        }
      });
  }
  // Returns when no sender uses the token before any more.
  bool sign_with(const std::string& token) {
    int number = 0;
    {
      const std::lock_guard lock(mutex_);
      token_ = token;
      number = ++number_;
    }
    return eventually(
        [&] { return std::ranges::all_of(answered_under_, [&](const auto& one) { return one == number; }); });
  }
  int accepted() const { return accepted_; }
  int refused() const { return refused_; }
  int broken() const { return broken_; }
  void stop() { threads_.clear(); }

 private:
  std::pair<std::string, int> current() const {
    const std::lock_guard lock(mutex_);
    return {token_, number_};
  }
  mutable std::mutex mutex_;
  std::string token_;
  int number_ = 0;
  std::array<std::atomic<int>, 3> answered_under_{};
  std::atomic<int> accepted_ = 0, refused_ = 0, broken_ = 0;
  std::vector<std::jthread> threads_;
};

TEST_F(ConfigurationTest, AHundredReloadsUnderLoadLoseNoCallbackAndNoConnection) {
  constexpr int kReloads = 100;
  write_configuration();
  auto all = start();
  ASSERT_TRUE(all->ready()) << all->readiness();
  SignedLoad load(*all, "token_0");
  for (int i = 1; i <= kReloads; ++i) {
    write_token("token_" + std::to_string(i), "token_" + std::to_string(i - 1));
    all->process().signal(SIGHUP);
    ASSERT_TRUE(eventually([&] { return all->client().send(clear(i, "token_" + std::to_string(i))).status == 200; }))
        << i;
    ASSERT_TRUE(load.sign_with("token_" + std::to_string(i)));
  }
  load.stop();
  EXPECT_EQ(load.refused(), 0);
  EXPECT_EQ(load.broken(), 0);
  EXPECT_GE(reloads(*all, "taken"), kReloads);
  EXPECT_EQ(reloads(*all, "refused"), 0);
  ASSERT_TRUE(settled(load.accepted() + kReloads));
  EXPECT_EQ(count("dead_letters"), 0);
  // What changed, by name, in the log and in the tables; the values nowhere.
  EXPECT_TRUE(says(*all, "event=configuration_taken changed=\"accounts.clear: token, previous_token\""));
  EXPECT_THAT(all->log(), Not(HasSubstr("token_5")));
  EXPECT_TRUE(eventually([&] { return count("audit_logs where operation = 'configuration taken'") == kReloads; }));
  EXPECT_EQ(
      lines(
          "select distinct operation_type, resource_type, resource_id, details from audit_logs where resource_type <> 'topics'"),
      (Lines{R"((UPDATE,account,clear,"{""changed"": ""token, previous_token"", ""instance"": ""test""}"))"}));
  EXPECT_EQ(lines("select distinct platform, account, module, message from system_logs where module = 'configuration'"),
            (Lines{R"((wxpipe,clear,configuration,"accounts.clear: token, previous_token"))"}));
  EXPECT_EQ(
      count("system_logs s where module = 'configuration' and not exists (select from audit_logs a where a.audit_id = "
            "s.log_id and a.occurred_at = s.occurred_at)"),
      0);
  EXPECT_EQ(all->stop(), (Exit{0, 0}));
}

TEST_F(ConfigurationTest, AWrongFileKeepsTheOldOneAndSaysWhere) {
  write_configuration();
  auto ingest = start({"ingest"});
  ASSERT_TRUE(ingest->ready()) << ingest->readiness();
  write_configuration("[[accounts]]\nname = \"clear\"\nkind = \"nonsense\"\n");
  EXPECT_TRUE(says(*ingest, "event=configuration_kept")) << "without a signal: the file has changed";
  EXPECT_THAT(ingest->log(),
              AllOf(HasSubstr("another account has this name"), HasSubstr("nonsense"), HasSubstr("wxpipe.toml:")));
  EXPECT_EQ(ingest->metric("wxpipe_configuration_refused"), 1);
  EXPECT_EQ(ingest->client().send(clear(1, "token_0")).status, 200);
  write_configuration("[ingest]\n");
  EXPECT_TRUE(eventually([&] { return reloads(*ingest, "refused") == 2; })) << "not even TOML: a table twice";
  EXPECT_EQ(ingest->client().send(clear(2, "token_0")).status, 200);
  write_configuration();
  EXPECT_TRUE(eventually([&] { return ingest->metric("wxpipe_configuration_refused") == 0; }));
  EXPECT_EQ(ingest->stop(), (Exit{0, 0}));
}

TEST_F(ConfigurationTest, RulesAreTakenByProcessWhileItRuns) {
  write_configuration();
  auto all = start();
  ASSERT_TRUE(all->ready()) << all->readiness();
  ASSERT_EQ(all->client().send(clear(1, "token_0")).status, 200);
  ASSERT_TRUE(settled(1));
  write_configuration(
      "[[score.rules]]\nname = \"said_hello\"\ndimension = \"intent\"\npoints = 5\ntypes = [\"message.text\"]\ncontains = [\"hello\"]\n");
  all->process().signal(SIGHUP);
  ASSERT_TRUE(says(*all, "event=configuration_taken changed=\"score.rules.said_hello: added\"")) << all->log();
  ASSERT_EQ(all->client().send(clear(2, "token_0")).status, 200);
  EXPECT_EQ(eventually_equal([&] { return count("lead_activities where rule = 'said_hello'"); }, 1), 1);
  all->process().signal(SIGHUP);
  EXPECT_TRUE(says(*all, "event=configuration_unchanged"));
}

TEST_F(ConfigurationTest, WhatNeedsARestartIsNamed) {
  write_configuration();
  auto sink = start({"sink"});
  ASSERT_TRUE(sink->ready()) << sink->readiness();
  write_configuration("[sink]\nbatch_rows = 17\n");
  EXPECT_TRUE(says(*sink, "event=configuration_needs_restart settings=sink.batch_rows")) << sink->log();
}

class AccountsTest : public ConfigurationTest {
 protected:
  void SetUp() override {
    ConfigurationTest::SetUp();
    if (IsSkipped()) return;
    write_configuration();
    auto whole = rig::read_file(folder_ / "wxpipe.toml");
    const std::string previous = "previous_token_file = \"previous\"\n";
    whole.erase(whole.find(previous), previous.size());
    const auto at = whole.find("[[accounts]]");
    folder_.write("accounts.toml", whole.substr(at));
    folder_.write("wxpipe.toml", whole.substr(0, at) + "[accounts_from]\npostgres = true\ncopy_file = \"copy.json\"\n");
  }
  Ran accounts(std::vector<std::string> arguments, Environment more = {}) const {
    arguments.insert(arguments.begin(), "accounts");
    return command(std::move(arguments), std::move(more), 60s);
  }
  void put_all() const {
    const auto put = accounts({"add", (folder_ / "accounts.toml").string(), "--why", "moved", "--yes"});
    ASSERT_EQ(put.code(), 0) << put.errors << put.output;
  }
};

TEST_F(AccountsTest, ComeFromAFileSealedAndServeAsThoseOfTheFileDid) {
  const auto tried = accounts({"add", (folder_ / "accounts.toml").string()});
  EXPECT_EQ(tried.code(), 0) << tried.errors;
  EXPECT_THAT(tried.output, HasSubstr("nothing was changed"));
  EXPECT_EQ(count("wxpipe.accounts"), 0);
  put_all();
  EXPECT_EQ(count("wxpipe.accounts"), 12);
  EXPECT_EQ(count("wxpipe.accounts a where to_jsonb(a)::text ~ 'QDG6eK|token_0|jWmYm7qr5|whsec_'"), 0)
      << "no secret in clear";
  EXPECT_EQ(
      lines(
          "select operation, operation_type, count(*), min(reason) from audit_logs where resource_type <> 'topics' group by 1, 2"),
      (Lines{"(\"accounts add\",CREATE,12,moved)"}));
  const auto twice = accounts({"add", (folder_ / "accounts.toml").string(), "--name", "shop", "--yes"});
  EXPECT_EQ(twice.code(), 2);
  EXPECT_THAT(twice.errors, HasSubstr("there is an account 'shop' already; --replace"));
  const auto again = accounts({"add", (folder_ / "accounts.toml").string(), "--name", "shop", "--replace", "--yes"});
  EXPECT_EQ(again.code(), 0) << again.errors;
  EXPECT_EQ(count("audit_logs where operation_type = 'UPDATE' and resource_id = 'shop'"), 1);
  const auto listed = accounts({"ls", "--json"});
  EXPECT_THAT(listed.output,
              AllOf(HasSubstr(R"("from":"postgres")"), HasSubstr(R"({"account":"shop","kind":"official_account")"),
                    HasSubstr(R"("keys":"token, encoding_aes_key","previous":"","state":"active")")));
  EXPECT_EQ(command({"check-config"}).code(), 0);

  auto all = start();
  ASSERT_TRUE(all->ready()) << all->readiness();
  auto client = all->client();
  EXPECT_EQ(client.send(http(shop(mp_event("oNew", "subscribe")))).status, 200);
  EXPECT_EQ(client.send(clear(1, "token_0")).status, 200);
  EXPECT_EQ(client.send(http(webhook_now("forms", R"({"event":"form","phone":"13800000000"})", "msg_1"))).status, 204);
  ASSERT_TRUE(settled(3));
  EXPECT_EQ(lines("select reply from messages where account = 'shop'"), (Lines{"(欢迎！)"}));
  // The views of other systems know them.
  EXPECT_EQ(
      lines("select wx_account, app_id, encrypt_type, is_valid, app_secret from official_account.wechat_account where "
            "wx_account in ('shop', 'clear') order by 1"),
      (Lines{"(clear,wxapp,plain,t,)", "(shop,wxapp,aes,t,)"}));
  EXPECT_EQ(lines("select instance_uuid, status from wework.wework_instances"), (Lines{"(instance-1,0)"}));
  EXPECT_EQ(lines("select platform, config ->> 'kind', status from crm.channels where wx_account = 'shop'"),
            (Lines{"(wechat_mp,official_account,active)"}));
  EXPECT_EQ(all->stop(), (Exit{0, 0}));
}

TEST_F(AccountsTest, ThatWouldBeRefusedNeverComeIn) {
  folder_.write("bad.toml", "[[accounts]]\nname = \"new\"\nkind = \"official_account\"\ntoken = \"t\"\n");
  const auto ran = accounts({"add", (folder_ / "bad.toml").string(), "--yes"});
  EXPECT_EQ(ran.code(), 2);
  EXPECT_THAT(ran.errors,
              AllOf(HasSubstr("accounts.new.app_id: is missing"), HasSubstr("encoding_aes_key: is missing")));
  EXPECT_EQ(count("wxpipe.accounts"), 0);
  EXPECT_EQ(count("audit_logs"), 0);
}

TEST_F(AccountsTest, KeysAreRotatedInTwoStepsAndNoCallbackIsRefused) {
  put_all();
  auto all = start();
  ASSERT_TRUE(all->ready()) << all->readiness();
  SignedLoad load(*all, "token_0");
  ASSERT_TRUE(eventually([&] { return load.accepted() > 10; }));
  EXPECT_EQ(accounts({"rotate", "clear", "--yes"}).code(), 2) << "which keys?";
  const auto rotated =
      accounts({"rotate", "clear", "--token-env", "NEW_TOKEN", "--yes", "--why", "yearly"}, {{"NEW_TOKEN", "token_1"}});
  ASSERT_EQ(rotated.code(), 0) << rotated.errors;
  EXPECT_THAT(rotated.output, AllOf(HasSubstr("token rotated"), HasSubstr("--finish")));
  ASSERT_TRUE(eventually([&] { return all->client().send(clear(1, "token_1")).status == 200; }));
  const auto early = accounts({"rotate", "clear", "--token-env", "NEW_TOKEN", "--yes"}, {{"NEW_TOKEN", "token_2"}});
  EXPECT_EQ(early.code(), 2);
  EXPECT_THAT(early.errors, HasSubstr("rotate clear --finish"));
  EXPECT_THAT(accounts({"ls"}).output, HasSubstr("1 account in a rotation"));
  ASSERT_TRUE(load.sign_with("token_1")) << "the console switches";
  EXPECT_EQ(accounts({"rotate", "clear", "--finish", "--yes"}).code(), 0);
  EXPECT_TRUE(eventually([&] { return all->client().send(clear(2, "token_0")).status == 401; }))
      << "no longer accepted";
  load.stop();
  EXPECT_EQ(load.refused(), 0);
  EXPECT_EQ(load.broken(), 0);
  EXPECT_EQ(accounts({"rotate", "clear", "--finish", "--yes"}).code(), 2) << "nothing to finish";
  EXPECT_EQ(
      lines(
          "select operation, details, reason from audit_logs where operation = 'accounts rotate' order by occurred_at"),
      (Lines{R"(("accounts rotate","{""rotated"": [""token""]}",yearly))",
             R"(("accounts rotate","{""finished"": [""token""]}",))"}));

  EXPECT_EQ(accounts({"retire", "clear", "--yes"}).code(), 0);
  EXPECT_TRUE(eventually([&] { return all->client().send(clear(3, "token_1")).status == 404; }));
  EXPECT_EQ(accounts({"retire", "clear", "--yes"}).code(), 2);
  EXPECT_EQ(lines("select is_valid from official_account.wechat_account where wx_account = 'clear'"), (Lines{"(f)"}));
}

TEST_F(AccountsTest, IngestStartsFromTheLastGoodCopyWhilePostgresIsAway) {
  put_all();
  {
    auto ingest = start({"ingest"});
    ASSERT_TRUE(ingest->ready()) << ingest->readiness();
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(folder_ / "copy.json"); }));
    ingest->stop();
  }
  struct stat copy {};
  ASSERT_EQ(::stat((folder_ / "copy.json").c_str(), &copy), 0);
  EXPECT_EQ(copy.st_mode & 0777, 0600u);
  EXPECT_THAT(rig::read_file(folder_ / "copy.json"),
              AllOf(HasSubstr("sealed:v1:"), HasSubstr("\"shop\""), Not(HasSubstr("token_0")),
                    Not(HasSubstr(std::string(kAesKey)))));

  auto ingest = start({"ingest"}, {{"DATABASE_URL", kNoPostgres}});
  ASSERT_TRUE(ingest->ready()) << ingest->readiness();
  EXPECT_THAT(ingest->log(), AllOf(HasSubstr("event=accounts_from_copy"), HasSubstr("event=accounts_away")));
  EXPECT_EQ(ingest->client().send(clear(1, "token_0")).status, 200);
  EXPECT_EQ(ingest->stop(), (Exit{0, 0})) << "in time, although it looks for Postgres";

  std::filesystem::remove(folder_ / "copy.json");
  const auto none = command({"ingest"}, {{"DATABASE_URL", kNoPostgres}});
  EXPECT_EQ(none.code(), 3);
  EXPECT_THAT(none.errors, AllOf(HasSubstr("the accounts stand in Postgres, which is away"), HasSubstr("copy.json")));
}

TEST_F(AccountsTest, SecretsThatNoKeyOpensAreNotCalledMissing) {
  put_all();
  const auto ran = command({"check-config"}, {{"WXPIPE_SEALING_KEY", "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="}});
  EXPECT_EQ(ran.code(), 2);
  EXPECT_THAT(ran.errors,
              AllOf(HasSubstr("accounts.shop.token: no sealing key opens it"), Not(HasSubstr("is missing"))));
}

TEST_F(AccountsTest, ARowThatIsWrongKeepsTheAccountsFromBefore) {
  put_all();
  auto ingest = start({"ingest"});
  ASSERT_TRUE(ingest->ready()) << ingest->readiness();
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(folder_ / "copy.json"); }));
  const auto copy = rig::read_file(folder_ / "copy.json");
  database_->query("update wxpipe.accounts set app_id = null where name = 'shop'");
  EXPECT_TRUE(says(*ingest, "event=configuration_kept")) << ingest->log();
  EXPECT_THAT(ingest->log(), HasSubstr("wxpipe.accounts: accounts.shop.app_id: is missing"));
  EXPECT_EQ(rig::read_file(folder_ / "copy.json"), copy) << "the last good ones";
  database_->query("update wxpipe.accounts set app_id = 'wxapp', title = '旗舰店' where name = 'shop'");
  EXPECT_TRUE(says(*ingest, "changed=\"accounts.shop: title\"")) << ingest->log();
}

TEST_F(ConfigurationTest, WithAccountsInTheFileTheCommandsSayWhatToEdit) {
  write_configuration();
  for (const auto& arguments : {std::vector<std::string>{"accounts", "rotate", "clear", "--finish", "--yes"},
                                {"accounts", "retire", "clear", "--yes"},
                                {"accounts", "add", "nothing.toml", "--yes"}}) {
    const auto ran = command(arguments);
    EXPECT_EQ(ran.code(), 2);
    EXPECT_THAT(ran.errors, AllOf(HasSubstr("the accounts stand in"), HasSubstr("SIGHUP")));
  }
  const auto listed = command({"accounts", "ls", "--json"});
  EXPECT_EQ(listed.code(), 0) << listed.errors;
  EXPECT_THAT(listed.output, AllOf(HasSubstr(R"("from":"file")"), HasSubstr(R"("previous":"token")")));
}

}  // namespace
}  // namespace wxpipe::whole_path
