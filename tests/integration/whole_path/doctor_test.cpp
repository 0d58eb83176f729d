// wxpipe doctor on servers that are fine, on servers that are away, and with what can be wrong in between.
#include <future>

#include "rig/socket.hpp"
#include "tests/integration/whole_path/wxpipe_fixture.hpp"
#include "tests/support/certificate.hpp"

namespace wxpipe::whole_path {
namespace {
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class DoctorTest : public WholePathTest {
 protected:
  // A port where somebody listens and never says a word.
  std::string silent() {
    silent_ = rig::listening(0);
    return fmt::format("127.0.0.1:{}", rig::local_port(silent_));
  }
  rig::Socket silent_;
};

TEST_F(DoctorTest, FindsNothingWrongWhereNothingIs) {
  ASSERT_EQ(command({"topics", "apply"}).code(), 0);
  auto all = start();
  ASSERT_TRUE(all->ready()) << all->readiness();
  ASSERT_EQ(all->client().send(http(shop(mp_text("o_one", 1, "你好")))).status, 200);
  ASSERT_TRUE(settled(1));
  ASSERT_EQ(command({"partitions", "apply"}).code(), 0) << "what the sinks may not have made yet";
  const auto ran = command({"doctor", "--admin", fmt::format("127.0.0.1:{}", all->admin_port().value())});
  EXPECT_EQ(ran.code(), 0) << ran.output << ran.errors;
  EXPECT_THAT(ran.output, Not(HasSubstr("error:"))) << ran.errors;
  for (const auto* said :
       {"configuration: ", "kafka: 1 broker at", "topics: all 13 topics are as they should be",
        "transactions: no transaction stays open", "clock: agrees with Postgres's", "schema: as this version",
        "permissions: the tables can be read", "custody: everything that was acknowledged"})
    EXPECT_THAT(ran.output, HasSubstr(said));
}

TEST_F(DoctorTest, SaysWhatIsWrongAndWhatToDo) {
  ASSERT_EQ(command({"topics", "apply"}).code(), 0);
  std::filesystem::create_directory(folder_ / "spool");
  std::filesystem::permissions(folder_ / "spool", std::filesystem::perms::owner_all);
  folder_.write("spool/old.spool.damaged-20261124T080000Z", "");
  database_->query(
      "insert into dead_letters (dead_letter_id, occurred_at, failed_at, stage, reason, body) values"
      " (gen_random_uuid(), now(), now(), 'ingest', 'undecryptable', '')");
  database_->query(
      "insert into wxpipe.custody_marks (instance, boot, number, first_sequence, next_sequence, received_from,"
      " received_to, marked_at, last, mark, unaccounted) values"
      " ('in-1', '1', 1, 0, 5, now() - interval '2 h', now() - interval '2 h', now(), false, '{}', 3)");
  const auto ran = command({"doctor", "--admin", "127.0.0.1:1"});
  EXPECT_EQ(ran.code(), 1);
  EXPECT_THAT(ran.output, AllOf(HasSubstr("a damaged spool was kept"), HasSubstr("1 dead letter open: undecryptable 1"),
                                HasSubstr("3 callbacks acknowledged and found nowhere"),
                                HasSubstr("wxpipe audit --repair"), HasSubstr("no role answers at 127.0.0.1:1")));
}

TEST_F(DoctorTest, LooksAtTheRestWhileAServerIsAway) {
  const auto began = steady_clock::now();
  const auto ran = command({"doctor", "--limit", "2s"}, {{"KAFKA_BOOTSTRAP", "127.0.0.1:1"}});
  EXPECT_EQ(ran.code(), 3) << ran.output;
  EXPECT_THAT(ran.output, AllOf(HasSubstr("kafka: no Kafka broker answers at 127.0.0.1:1"),
                                HasSubstr("topics: not looked at, because Kafka doesn't answer"),
                                HasSubstr("schema: as this version")));
  const auto both =
      command({"doctor", "--json", "--limit", "2s"},
              {{"KAFKA_BOOTSTRAP", "127.0.0.1:1"}, {"DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none"}});
  EXPECT_EQ(both.code(), 3);
  EXPECT_THAT(both.output, HasSubstr(R"({"check":"schema","state":"not looked at","took_us":0})"));
  EXPECT_LT(steady_clock::now() - began, 12s);
}

TEST_F(DoctorTest, DoesNotWaitForAServerThatSaysNothing) {
  const auto began = steady_clock::now();
  const auto ran =
      command({"doctor", "--limit", "1s"}, {{"DATABASE_URL", fmt::format("postgresql://nobody@{}/none", silent())}});
  EXPECT_EQ(ran.code(), 3) << ran.output << ran.errors;
  EXPECT_THAT(ran.output, HasSubstr("postgres: no answer within"));
  EXPECT_LT(steady_clock::now() - began, 8s);
}

TEST_F(DoctorTest, TellsEveryMistakeOfTheConfigurationAndLooksAtTheRest) {
  const auto file = folder_.write("wrong.toml", configuration() + "[[accounts]]\nname = \"x\"\nkind = \"nonsense\"\n");
  const auto ran = command({"doctor", "-c", file.string()});
  EXPECT_EQ(ran.code(), 2);
  EXPECT_THAT(ran.errors, AllOf(HasSubstr("configuration: "), HasSubstr("nonsense"), HasSubstr("kafka: 1 broker")));
  EXPECT_EQ(command({"doctor", "--limit", "soon"}).code(), 2);
  EXPECT_EQ(command({"doctor", "--admin", "nowhere"}).code(), 2);
}

TEST_F(DoctorTest, ASinksMachineNeedsNoSecretsOfAccounts) {
  ASSERT_EQ(command({"topics", "apply"}).code(), 0);
  ASSERT_EQ(command({"partitions", "apply"}).code(), 0);
  const Environment none{
      {"TEST_TOKEN", ""}, {"TEST_AES_KEY", ""}, {"TEST_WEBHOOK_SECRET", ""}, {"WXPIPE_SEALING_KEY", ""}};
  EXPECT_EQ(command({"doctor"}, none).code(), 2);
  EXPECT_EQ(command({"doctor", "--role", "sink"}, none).code(), 0);
}

TEST_F(DoctorTest, ACertificateThatEndsSoonIsAWarning) {
  support::make_certificate(folder_ / "cert.pem", folder_ / "key.pem");  // for an hour
  const Environment tls{{"WXPIPE_INGEST__TLS_CERTIFICATE_FILE", (folder_ / "cert.pem").string()},
                        {"WXPIPE_INGEST__TLS_KEY_FILE", (folder_ / "key.pem").string()}};
  EXPECT_THAT(command({"doctor"}, tls).output, HasSubstr("cert.pem expires in 0 days"));
}

// ---- doctor callback ----

TEST_F(DoctorTest, PlaysTheConsoleForEachKindOfAccount) {
  ASSERT_EQ(command({"topics", "apply"}).code(), 0);
  auto ingest = start({"ingest"});
  ASSERT_TRUE(ingest->ready()) << ingest->readiness();
  const auto url = fmt::format("http://127.0.0.1:{}", ingest->port().value());
  for (const auto* account : {"shop", "clear", "component", "authorised", "corp", "suite", "suitedata", "robot"}) {
    const auto ran = command({"doctor", "callback", account, "--url", url});
    EXPECT_EQ(ran.code(), 0) << account << ran.output << ran.errors;
    EXPECT_THAT(ran.output, HasSubstr("a console would accept this address"));
  }
  EXPECT_THAT(command({"doctor", "callback", "forms", "--url", url}).output, HasSubstr("no console verifies it"));
  // Another token, as a console would have it.
  const auto token = command({"doctor", "callback", "shop", "--url", url}, {{"TEST_TOKEN", "another"}});
  EXPECT_EQ(token.code(), 1);
  EXPECT_THAT(token.output, AllOf(HasSubstr("status: 401: wxpipe refuses it: bad_signature"),
                                  HasSubstr("the token (of webhooks: the secret) differs")));
  const auto elsewhere = command({"doctor", "callback", "shop", "--url", url + "/callback/nobody"});
  EXPECT_THAT(elsewhere.output, HasSubstr("unknown_account"));
}

TEST_F(DoctorTest, NamesTheStationThatFails) {
  const auto probe = [&](const std::string& url, Environment more = {}) {
    return command({"doctor", "callback", "shop", "--limit", "1s", "--url", url}, std::move(more));
  };
  EXPECT_THAT(probe("https://nowhere.invalid").output, HasSubstr("dns: nowhere.invalid can't be resolved"));
  EXPECT_THAT(probe("http://127.0.0.1:1").output, HasSubstr("tcp: 127.0.0.1:1: connecting"));
  const auto quiet = silent();
  EXPECT_THAT(probe("https://" + quiet).output, HasSubstr("tls: "));
  EXPECT_THAT(probe("http://" + quiet).output, HasSubstr("status: "));
  EXPECT_EQ(probe("http://" + quiet).code(), 1);
  EXPECT_EQ(probe("nowhere").code(), 2);
  EXPECT_EQ(probe("").code(), 2);
  const auto unknown = command({"doctor", "callback", "shopp", "--url", "http://127.0.0.1:1"});
  EXPECT_EQ(unknown.code(), 2);
  EXPECT_THAT(unknown.errors, HasSubstr("the nearest is 'shop'"));
}

}  // namespace
}  // namespace wxpipe::whole_path
