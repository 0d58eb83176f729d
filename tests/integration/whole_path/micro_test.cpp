// wxpipe micro: all roles in memory, for other people's tests.
#include "tests/integration/whole_path/wxpipe_fixture.hpp"

namespace wxpipe::whole_path {
namespace {
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// Needs no servers.
class MicroTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto config = folder_.write("micro.toml", R"([ingest]
listen = "127.0.0.1:0"
[admin]
listen = "127.0.0.1:0"
[[score.rules]]
name = "asked_for_price"
dimension = "intent"
points = 15
types = ["message.text"]
contains = ["价格"]
[[accounts]]
name = "shop"
kind = "official_account"
mode = "safe"
app_id = "wxapp"
token_env = "TEST_TOKEN"
encoding_aes_key_env = "TEST_AES_KEY"
)");
    micro_ = std::make_unique<RunningWxpipe>(
        std::vector<std::string>{"micro", "--config", config},
        Environment{{"TEST_TOKEN", std::string(kToken)}, {"TEST_AES_KEY", std::string(kAesKey)}});
    ASSERT_TRUE(micro_->ready()) << micro_->readiness() << micro_->log();
  }
  int send(const Request& request) { return micro_->client().send(http(request)).status; }
  std::string ask(const std::string& target) { return micro_->admin().get("/micro/" + target).body; }

  rig::TemporaryFolder folder_;
  std::unique_ptr<RunningWxpipe> micro_;
};

TEST_F(MicroTest, TakesCallbacksAndAnswersQuestions) {
  EXPECT_THAT(micro_->log(), testing::StartsWith("time=")) << "no line of the broker's own client";
  const Encryption with{.receiveid = "wxapp"};
  const auto asked = encrypted_request("shop", mp_text("oPerson", 1, "价格 run-17"), with);
  EXPECT_EQ(send(asked), 200);
  EXPECT_EQ(send(asked), 200) << "a retry";
  EXPECT_EQ(send(encrypted_request("shop", mp_text("oPerson", 2, "run-18"), with)), 200);
  EXPECT_EQ(send(encrypted_request("shop", "<xml>not whole", with)), 200);
  EXPECT_THAT(ask("good?count=2&within=20"), AllOf(HasSubstr(R"("found":2)"), HasSubstr(R"("type":"message.text")")));
  EXPECT_THAT(ask("bad?count=1&within=20"), HasSubstr(R"("reason":"malformed_xml")"));
  EXPECT_TRUE(eventually([&] { return ask("all").find(R"("repeats":1)") != std::string::npos; }));
  EXPECT_TRUE(eventually([&] { return ask("good?tag=run-17").find("asked_for_price") != std::string::npos; }))
      << ask("good?tag=run-17");
  EXPECT_THAT(ask("good?tag=run-17"), Not(HasSubstr("run-18")));
  EXPECT_THAT(ask("good?colour=red"), HasSubstr("there is id, account"));
  EXPECT_THAT(ask("reset"), HasSubstr(R"("good":2,"bad":1)"));
  EXPECT_THAT(ask("all"), HasSubstr(R"("found":0)"));
  EXPECT_EQ(micro_->stop(), (Exit{.code = 0, .signal = 0}));
  EXPECT_THAT(micro_->log(), HasSubstr("nothing survives a restart"));
}

}  // namespace
}  // namespace wxpipe::whole_path
