// wxpipe top and wxpipe scale advise on roles that run, and on some that don't.
#include "tests/integration/whole_path/wxpipe_fixture.hpp"

namespace wxpipe::whole_path {
namespace {
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class TopTest : public WholePathTest {
 protected:
  void SetUp() override {
    WholePathTest::SetUp();
    if (IsSkipped()) return;
    ASSERT_EQ(command({"topics", "apply"}).code(), 0);
  }
  // Asked again while a busy Postgres doesn't answer within top's own limit: the frame says so then.
  Ran frame(const Lines& arguments) {
    Ran ran;
    eventually([&] {
      ran = command(arguments);
      return ran.output.find("can't be asked for") == std::string::npos;
    });
    return ran;
  }
  static std::string admin_of(RunningWxpipe& wxpipe) {
    return fmt::format("127.0.0.1:{}", wxpipe.admin_port().value());
  }
  void send(RunningWxpipe& wxpipe, int first, int count) const {
    for (int i = first; i < first + count; ++i)
      ASSERT_EQ(wxpipe.client().send(http(shop(mp_text("o_one", i, "你好")))).status, 200);
  }
};

TEST_F(TopTest, OneFrameHasEveryRoleAndEveryReader) {
  auto ingest = start({"ingest"}, {{"WXPIPE_INSTANCE", "in"}});
  auto rest = start({"process"}, {{"WXPIPE_INSTANCE", "proc"}});
  ASSERT_TRUE(ingest->ready() && rest->ready()) << ingest->readiness() << rest->readiness();
  send(*ingest, 1, 3);
  ASSERT_TRUE(eventually([&] { return rest->metric("wxpipe_process_events_total{outcome=\"processed\"}") == 3; }));
  const auto ran = frame({"top", "--once", "--every", "300ms", "--json", "--admin", admin_of(*ingest), "--admin",
                          admin_of(*rest), "--admin", "127.0.0.1:1"});
  EXPECT_EQ(ran.code(), 0) << ran.errors;
  EXPECT_THAT(ran.output,
              AllOf(HasSubstr(fmt::format(R"({{"address":"{}","role":"ingest","per_second":0,)", admin_of(*ingest))),
                    HasSubstr(fmt::format(R"({{"address":"{}","role":"process",)", admin_of(*rest))),
                    HasSubstr("no role answers at 127.0.0.1:1"), HasSubstr(R"("reader":"sink.messages","records":3,)"),
                    HasSubstr(R"("unaccounted":0)"), HasSubstr(R"("open_dead_letters":0)")));
}

TEST_F(TopTest, ShowsTheRolesWhenKafkaAndPostgresAreAway) {
  auto ingest = start({"ingest"});
  ASSERT_TRUE(ingest->ready()) << ingest->readiness();
  const auto ran = command({"top", "--once", "--every", "100ms", "--admin", admin_of(*ingest)},
                           {{"DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none"}});
  EXPECT_EQ(ran.code(), 3) << ran.errors;
  EXPECT_THAT(ran.output, AllOf(HasSubstr("ingest"), HasSubstr("can't be asked for")));
  const auto text = frame({"top", "--once", "--every", "100ms", "--admin", admin_of(*ingest)});
  EXPECT_THAT(text.output, AllOf(HasSubstr("readers"), HasSubstr("sink.messages")));
  EXPECT_EQ(text.code(), 0) << text.errors;
  const auto nobody = frame({"top", "--once", "--every", "100ms", "--admin", "127.0.0.1:1"});
  EXPECT_EQ(nobody.code(), 3) << nobody.output;
  EXPECT_THAT(nobody.output, AllOf(HasSubstr("no role answers at 127.0.0.1:1"), HasSubstr("sink.messages")));
  EXPECT_EQ(command({"top", "--every", "now"}).code(), 2);
  EXPECT_EQ(command({"top", "--admin", "9464"}).code(), 2);
}

// Each answer is what KEDA's metrics-api scaler reads.
TEST_F(TopTest, AdviceIsAskedForOverHttp) {
  auto advice = start({"scale", "advise", "--listen", "127.0.0.1:0", "--between", "100ms"});
  ASSERT_TRUE(advice->ready()) << advice->readiness();
  const auto answer = advice->admin().get("/scale");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "{\"process\": 1, \"sink\": 1}\n");
  const auto ran = command({"scale", "advise", "--between", "100ms", "--json"});
  EXPECT_THAT(ran.output, HasSubstr(R"("advised":{"process":1,"sink":1})"));
  EXPECT_EQ(advice->stop(), Exit{});

  auto without = start({"scale", "advise", "--listen", "127.0.0.1:0", "--between", "100ms"},
                       {{"DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none"}});
  EXPECT_TRUE(eventually([&] { return without->readiness().find("connect") != std::string::npos; }))
      << without->readiness();
  EXPECT_EQ(without->admin().get("/scale").status, 400) << "no number is better than a wrong one";
  EXPECT_EQ(without->stop(), Exit{});
  EXPECT_EQ(command({"scale", "advise", "--listen", "9465"}).code(), 2);
}

TEST_F(TopTest, AdviceCountsTheWorkersThatAreThere) {
  {
    auto ingest = start({"ingest"}, {{"WXPIPE_INSTANCE", "in"}});
    ASSERT_TRUE(ingest->ready()) << ingest->readiness();
    send(*ingest, 1, 3);
    ingest->stop();
  }
  const auto nobody = command({"scale", "advise", "--between", "200ms", "--json"});
  EXPECT_EQ(nobody.code(), 0) << nobody.errors;
  EXPECT_THAT(nobody.output,
              AllOf(HasSubstr(R"("process":{"processes":0,"advised":1,"partitions_are_the_limit":false})"),
                    HasSubstr("process: 3 records waiting, and nobody takes them")));
  auto all = start({"run"}, {{"WXPIPE_PROCESS__WORKERS", "2"}});
  ASSERT_TRUE(all->ready()) << all->readiness();
  ASSERT_TRUE(settled(3));
  const auto two = command({"scale", "advise", "--between", "200ms"}, {{"WXPIPE_PROCESS__WORKERS", "2"}});
  EXPECT_THAT(two.output, AllOf(HasSubstr("processes of process"), HasSubstr("1 now, 1 advised"),
                                Not(HasSubstr("nobody takes them"))));
  const auto one = command({"scale", "advise", "--between", "200ms", "--json"});
  EXPECT_THAT(one.output, HasSubstr(R"("process":{"processes":2,"advised":2,)"))
      << "one worker each, says this configuration";
}

TEST_F(TopTest, AdviceSaysInOneSentenceWhatIsAway) {
  EXPECT_EQ(command({"scale", "advise"}, {{"KAFKA_BOOTSTRAP", "127.0.0.1:1"}}).code(), 3);
  EXPECT_EQ(command({"scale", "advise"}, {{"DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none"}}).code(), 3);
  EXPECT_EQ(command({"scale", "advise", "--target", "0s"}).code(), 2);
}

}  // namespace
}  // namespace wxpipe::whole_path
