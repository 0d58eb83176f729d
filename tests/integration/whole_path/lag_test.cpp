// wxpipe lag on logs that transactions have written: records count, markers never do.
#include "tests/integration/whole_path/wxpipe_fixture.hpp"

namespace wxpipe::whole_path {
namespace {
using testing::HasSubstr;

class LagTest : public WholePathTest {
 protected:
  void SetUp() override {
    WholePathTest::SetUp();
    if (IsSkipped()) return;
    ASSERT_EQ(command({"topics", "apply"}).code(), 0);
  }
  // One callback after the other, so that each becomes a transaction of its own, with its own markers.
  void send(RunningWxpipe& wxpipe, int first, int count) const {
    for (int i = first; i < first + count; ++i)
      ASSERT_EQ(wxpipe.client().send(http(shop(mp_text("o_one", i, "你好")))).status, 200);
  }
  std::string lag() const {
    const auto ran = command({"lag", "--json", "--between", "200ms"});
    EXPECT_EQ(ran.code(), 0) << ran.errors;
    return ran.output;
  }
};

TEST_F(LagTest, IsNothingAfterEverythingWasTakenAndExactWhileSomethingWaits) {
  {
    auto all = start();
    ASSERT_TRUE(all->ready()) << all->readiness();
    send(*all, 1, 5);
    ASSERT_TRUE(settled(5));
    all->stop();
  }
  // The logs end with markers behind the readers' offsets.
  EXPECT_THAT(lag(), HasSubstr(R"({"reader":"process","partitions":6,"records":0,)"));
  EXPECT_THAT(lag(), HasSubstr(R"({"reader":"sink.messages","partitions":6,"records":0,)"));
  {
    auto ingest = start({"ingest"});
    ASSERT_TRUE(ingest->ready()) << ingest->readiness();
    send(*ingest, 6, 7);
    ingest->stop();
  }
  const auto behind = lag();
  EXPECT_THAT(behind, HasSubstr(R"({"reader":"process","partitions":6,"records":7,"estimated":false,)"));
  EXPECT_THAT(behind, HasSubstr("process takes nothing, and 7 records are waiting"));
}

TEST_F(LagTest, SaysInOneSentenceWhatIsAway) {
  const auto no_kafka = command({"lag"}, {{"KAFKA_BOOTSTRAP", "127.0.0.1:1"}});
  EXPECT_EQ(no_kafka.code(), 3);
  const auto no_postgres = command({"lag"}, {{"DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none"}});
  EXPECT_EQ(no_postgres.code(), 3);
  const auto nonsense = command({"lag", "--between", "soon"});
  EXPECT_EQ(nonsense.code(), 2);
  EXPECT_THAT(nonsense.errors, HasSubstr("--between: 'soon' is not a duration"));
}

}  // namespace
}  // namespace wxpipe::whole_path
