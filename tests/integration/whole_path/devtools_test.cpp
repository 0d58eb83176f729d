// For those who build against wxpipe: why was it refused (trace --refused), send, forward, test.
#include <fstream>

#include "schemas/fact_json.hpp"
#include "tests/integration/whole_path/wxpipe_fixture.hpp"

namespace wxpipe::whole_path {
namespace {
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class DevtoolsTest : public WholePathTest {
 protected:
  void start_ingest() {
    ASSERT_EQ(command({"topics", "apply"}).code(), 0);
    all_ = start({"ingest"});
    ASSERT_TRUE(all_->ready()) << all_->readiness();
  }
  int status(const Request& request) { return all_->client().send(http(request)).status; }
  std::string url() { return fmt::format("http://127.0.0.1:{}", *all_->port()); }
  std::string admin() { return fmt::format("127.0.0.1:{}", *all_->admin_port()); }

  std::unique_ptr<RunningWxpipe> all_;
};

TEST_F(DevtoolsTest, TraceSaysWhatWasRefusedAndWhatToDo) {
  start_ingest();
  const Encryption wrong_token{.token = "not-the-token-of-this-account", .receiveid = "wxapp"};
  EXPECT_EQ(status(encrypted_request("shop", mp_text("oPerson", 1, "not for others"), wrong_token)), 401);
  EXPECT_EQ(status(encrypted_request("shop", mp_text("oPerson", 1, "not for others"), {.receiveid = "wxother"})), 403);
  const Encryption with{.aes_key = kForeignAesKey, .receiveid = "wwcorp"};
  const auto now = now_text();
  auto fresh = with;
  fresh.timestamp = now;
  const auto echo = encrypt("1616140317555161061", fresh);
  EXPECT_EQ(status({.account = "corp",
                    .query = signed_query(echo, fresh) + "&echostr=" + percent_encoded(echo),
                    .method = Method::get}),
            400);
  EXPECT_EQ(all_->client().get("/callback/nobody").status, 404);
  const auto all = command({"trace", "--refused", "--admin", admin(), "--ndjson"});
  EXPECT_EQ(all.code(), 0) << all.errors;
  EXPECT_EQ(std::ranges::count(all.output, '\n'), 4) << all.output;
  EXPECT_THAT(all.output,
              AllOf(HasSubstr(R"("account":"shop","reason":"bad_signature","wrong":"token","method":"POST",)"),
                    HasSubstr(R"("reason":"wrong_receiver","wrong":"receiveid")"),
                    HasSubstr(R"("account":"corp","reason":"bad_request","wrong":"key","method":"GET")"),
                    HasSubstr(R"("account":"","reason":"unknown_account")")));
  EXPECT_THAT(all.output, AllOf(Not(HasSubstr("oPerson")), Not(HasSubstr("not-the-token")), Not(HasSubstr(echo)),
                                Not(HasSubstr("nobody"))));
  const auto shop = command({"trace", "--refused", "--account", "corp", "--admin", admin()});
  EXPECT_THAT(shop.output, AllOf(HasSubstr("copy the EncodingAESKey"), Not(HasSubstr("bad_signature"))));
  const auto nothing = command({"trace", "--refused", "--account", "mini", "--admin", admin()});
  EXPECT_EQ(nothing.code(), 0);
  EXPECT_THAT(nothing.output, HasSubstr("nothing was refused of account mini"));

  // With the right key the address is verified, and that is what the list now says.
  auto right = Encryption{.receiveid = "wwcorp"};
  right.timestamp = now;
  const auto good = encrypt("1616140317555161061", right);
  EXPECT_EQ(status({.account = "corp",
                    .query = signed_query(good, right) + "&echostr=" + percent_encoded(good),
                    .method = Method::get}),
            200);
  const auto verified = command({"trace", "--refused", "--account", "corp", "--admin", admin(), "--json"});
  EXPECT_THAT(verified.output,
              AllOf(HasSubstr(R"("verified":[{"at":")"), HasSubstr(R"("account":"corp","address":"127.0.0.1"}])")));
}

TEST_F(DevtoolsTest, TraceOfRefusedNamesWhatIsWrong) {
  const auto nobody = command({"trace", "--refused", "--admin", "127.0.0.1:1"});
  EXPECT_EQ(nobody.code(), 3);
  EXPECT_THAT(nobody.errors, AllOf(HasSubstr("no admin port of ingest answers at 127.0.0.1:1"),
                                   HasSubstr("[admin] listen or --admin says where")));
  const auto unsent = command({"send", "--account", "shop", "--type", "message.text", "--url", "http://127.0.0.1:1"});
  EXPECT_EQ(unsent.code(), 3);
  EXPECT_THAT(unsent.errors, AllOf(HasSubstr("ingest doesn't answer at 127.0.0.1:1"),
                                   HasSubstr("[ingest] listen or --url says where")));
  EXPECT_EQ(command({"trace", "--refused", "--admin", "here"}).code(), 2);
  EXPECT_EQ(command({"trace", "--refused", "someid"}).code(), 2);
  EXPECT_EQ(command({"trace"}).code(), 2);
  ASSERT_EQ(command({"topics", "apply"}).code(), 0);
  all_ = start({"process"});
  const auto other = command({"trace", "--refused", "--admin", admin()});
  EXPECT_EQ(other.code(), 2);
  EXPECT_THAT(other.errors, HasSubstr("no ingest process"));
}

TEST_F(DevtoolsTest, SendsOneCallbackAndSaysWhichEventItIs) {
  start_ingest();
  const auto sent = command({"send", "--account", "shop", "--type", "menu.clicked", "--set", "EventKey=PRICE",
                             "--subject", "oSomebody", "--url", url(), "--json"});
  EXPECT_EQ(sent.code(), 0) << sent.output << sent.errors;
  EXPECT_THAT(sent.output, AllOf(HasSubstr(R"("type":"menu.clicked")"), HasSubstr(R"("subject":"oSomebody")"),
                                 HasSubstr(R"("status":200)"), HasSubstr("wxpipe trace ")));
  const auto records = support::read_topic(topics_->settings(), topics_->name(TopicName::events));
  ASSERT_EQ(records.size(), 1u);
  const auto event = schemas::decode<schemas::Event>(records.front().value).value();
  EXPECT_THAT(sent.output, HasSubstr(to_string(event.id)));
  EXPECT_EQ(event.content, "PRICE");
  EXPECT_EQ(event.subject, "oSomebody");

  const auto reply = command({"send", "--account", "shop", "--type", "follower.subscribed", "--url", url()});
  EXPECT_THAT(reply.output, HasSubstr("欢迎！")) << "the passive reply, decrypted";
  const auto stranger =
      command({"send", "--account", "shop", "--type", "message.text", "--url", url()}, {{"TEST_TOKEN", "another"}});
  EXPECT_EQ(stranger.code(), 1);
  EXPECT_THAT(stranger.output, HasSubstr("bad_signature"));
}

TEST_F(DevtoolsTest, PrintsTheRequestForCurl) {
  const auto printed =
      command({"send", "--account", "forms", "--type", "lead.submitted", "--url", "http://h:1", "--print"});
  EXPECT_EQ(printed.code(), 0) << printed.errors;
  EXPECT_THAT(printed.output, AllOf(HasSubstr("curl -i 'http://h:1/callback/forms'"),
                                    HasSubstr("'webhook-signature: v1,"), HasSubstr("--data-binary '{")));
  EXPECT_THAT(command({"send", "--account", "shop", "--types"}).output, HasSubstr("menu.clicked"));
  EXPECT_THAT(command({"send", "--account", "shp", "--type", "message.text"}).errors, HasSubstr("shop, outlet"));
  EXPECT_EQ(command({"send", "--account", "shop", "--type", "message.text", "--url", "http://127.0.0.1:1"}).code(), 3);
}

TEST_F(DevtoolsTest, ForwardsRecordedCallbacksAsThePlatformWouldSendThem) {
  start_ingest();
  const auto one = shop(mp_text("oOne", 1, "一"));
  EXPECT_EQ(status(one), 200);
  EXPECT_EQ(status(one), 200) << "again: it is forwarded once";
  EXPECT_EQ(status(shop(mp_text("oTwo", 2, "二"))), 200);
  EXPECT_EQ(status(encrypted_request("component", kTicket, {.receiveid = "wxcomponent"})), 200);
  // Another ingest takes their place at the developer's: it proves that signature, key and id are right.
  const auto to = [&](const std::string& account) { return url() + "/callback/" + account; };
  const auto sent = command({"forward", "--account", "shop", "--to", to("shop"), "--since", "10m", "--json"});
  EXPECT_EQ(sent.code(), 0) << sent.output << sent.errors;
  EXPECT_THAT(sent.output,
              AllOf(HasSubstr(R"("sent":2)"), HasSubstr(R"("repeats_left_out":1)"), HasSubstr(R"("answer":"200")")));
  const auto some = command(
      {"forward", "--account", "shop", "--to", to("shop"), "--since", "10m", "--where", "subject=oTwo", "--ndjson"});
  EXPECT_THAT(some.output, AllOf(HasSubstr("oTwo"), Not(HasSubstr("oOne"))));
  const auto opened =
      command({"forward", "--account", "component", "--to", to("component"), "--since", "10m", "--json"});
  EXPECT_THAT(opened.output, AllOf(HasSubstr(R"("sent":1)"), HasSubstr(R"("with_sealed_credentials":0)")));
  const auto sealed =
      command({"forward", "--account", "component", "--to", to("component"), "--since", "10m", "--json"},
              {{"WXPIPE_SEALING_KEY", ""}});
  EXPECT_THAT(sealed.output, HasSubstr(R"("with_sealed_credentials":1)")) << sealed.errors;
  const auto refused = command({"forward", "--account", "shop", "--to", to("nobody"), "--since", "10m"});
  EXPECT_EQ(refused.code(), 1);
  EXPECT_EQ(command({"forward", "--account", "shop", "--to", "http://127.0.0.1:1/x", "--since", "10m"}).code(), 3);
}

TEST_F(DevtoolsTest, ForwardsLiveCallbacksUntilItIsStopped) {
  start_ingest();
  RunningWxpipe forward({"forward", "--account", "shop", "--to", url() + "/callback/shop", "--follow", "--since", "1m",
                         "--where", "subject=oLive", "--ndjson"},
                        environment());
  EXPECT_EQ(status(shop(mp_text("oLive", 1, "一"))), 200);
  EXPECT_TRUE(eventually([&] { return forward.process().output().find("oLive") != std::string::npos; }))
      << forward.log();
  forward.process().signal(SIGINT);
  const auto exit = forward.process().wait(10s);
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->code, 0) << forward.log();
}

TEST_F(DevtoolsTest, ForwardsToAnotherMachineOnlyWhenTold) {
  const auto away = command({"forward", "--account", "shop", "--to", "http://192.0.2.1/callback", "--since", "1h"});
  EXPECT_EQ(away.code(), 2);
  EXPECT_THAT(away.errors, HasSubstr("--anywhere"));
  EXPECT_EQ(command({"forward", "--account", "shop", "--to", "http://127.0.0.1:1/callback"}).code(), 2)
      << "since when?";
}

TEST_F(DevtoolsTest, TestsCasesWithoutServersAndSecrets) {
  const auto folder = folder_ / "cases" / "shop" / "price";
  std::filesystem::create_directories(folder);
  const Timestamp at(std::chrono::seconds(1736928000));
  std::ofstream(folder / "body.xml") << mp_text("oAsks", 1, "价格是多少", at);
  std::filesystem::create_directories(folder_ / "cases" / "shop" / "new");
  std::ofstream(folder_ / "cases" / "shop" / "new" / "body.xml") << mp_event("oNew", "subscribe", {}, at);
  const Environment without{{"TEST_TOKEN", ""},
                            {"TEST_AES_KEY", ""},
                            {"TEST_WEBHOOK_SECRET", ""},
                            {"WXPIPE_SEALING_KEY", ""},
                            {"KAFKA_BOOTSTRAP", "127.0.0.1:1"},
                            {"DATABASE_URL", "postgresql://127.0.0.1:1/none"}};
  const auto cases = (folder_ / "cases").string();
  const auto missing = command({"test", cases}, without);
  EXPECT_EQ(missing.code(), 1) << missing.errors;
  EXPECT_THAT(missing.output, HasSubstr("--update"));
  EXPECT_EQ(command({"test", cases, "--update"}, without).code(), 0);
  std::ifstream file(folder / "expected.json");
  const std::string expected((std::istreambuf_iterator<char>(file)), {});
  EXPECT_THAT(expected, AllOf(HasSubstr(R"("type": "message.text")"), HasSubstr(R"("subject": "oAsks")"),
                              HasSubstr(R"("lead_activity": [)"), HasSubstr(R"("rule": "asked_for_price")"),
                              HasSubstr(R"("points": 15)"), HasSubstr(R"("answer": "200 success")")));
  std::ifstream other(folder_ / "cases" / "shop" / "new" / "expected.json");
  EXPECT_THAT(std::string((std::istreambuf_iterator<char>(other)), {}),
              AllOf(HasSubstr("encrypted"), HasSubstr("欢迎！"), HasSubstr(R"("follower": [)")));
  const auto same = command({"test", cases, "--json"}, without);
  EXPECT_EQ(same.code(), 0) << same.output;
  EXPECT_THAT(same.output, HasSubstr(R"("cases":2,"different":0)"));

  // The rule changes: the case says which line.
  std::ifstream config(config_);
  std::string text((std::istreambuf_iterator<char>(config)), {});
  text.replace(text.find("points = 15"), 11, "points = 20");
  const auto changed = folder_.write("changed.toml", text);
  const auto differs = command({"test", cases, "-c", changed.string()}, without);
  EXPECT_EQ(differs.code(), 1);
  EXPECT_THAT(differs.output, AllOf(HasSubstr("expected facts.lead_activity[0].points = 15"),
                                    HasSubstr("came     facts.lead_activity[0].points = 20")));
  std::ofstream(folder / "case.toml") << "acount = \"shop\"\n";
  EXPECT_THAT(command({"test", cases}, without).errors, AllOf(HasSubstr("case.toml:1"), HasSubstr("account")));
}

}  // namespace
}  // namespace wxpipe::whole_path
