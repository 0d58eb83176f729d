// wxpipe tail: every event with its fate, none left out. And what it does with a limit, as the console has it.
#include "operate/tail.hpp"
#include "tests/integration/whole_path/wxpipe_fixture.hpp"

namespace wxpipe::whole_path {
namespace {
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class TailTest : public WholePathTest {
 protected:
  void SetUp() override {
    WholePathTest::SetUp();
    if (IsSkipped()) return;
    ASSERT_EQ(command({"topics", "apply"}).code(), 0);
    all_ = start();
    ASSERT_TRUE(all_->ready()) << all_->readiness();
  }
  void send(const Request& request) { ASSERT_EQ(all_->client().send(http(request)).status, 200); }
  std::string tail(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"tail", "--since", "10m", "--duration", "30s"});
    const auto ran = command(std::move(arguments), {}, 40s);
    EXPECT_EQ(ran.code(), 0) << ran.errors;
    return ran.output;
  }

  std::unique_ptr<RunningWxpipe> all_;
};

TEST_F(TailTest, ShowsEachEventWithItsFate) {
  const auto once = shop(mp_text("o_one", 1, "一"));
  send(once), send(once);
  send(shop(mp_event("o_two", "subscribe")));
  send(encrypted_request("shop", "<xml><ToUserName>", {.receiveid = "wxapp"}));
  ASSERT_TRUE(settled(4));
  const auto all = tail({"--count", "4", "--ndjson"});
  EXPECT_THAT(
      all,
      AllOf(HasSubstr(R"("fate":"stored","account":"shop","type":"message.text","subject":"o_one","content":"一")"),
            HasSubstr(R"("fate":"repeat","account":"shop","type":"message.text")"),
            HasSubstr(R"("fate":"stored","account":"shop","type":"follower.subscribed")"),
            HasSubstr(R"("fate":"dead_letter")"), HasSubstr("ingest: malformed_xml")));
  EXPECT_EQ(std::ranges::count(all, '\n'), 4);
  EXPECT_EQ(tail({"--count", "4", "--json"}), all) << "events never end, so that no object could hold them";
  EXPECT_THAT(tail({"--count", "1", "--where", "type=follower.*,account=sh*p"}),
              AllOf(HasSubstr("follower.subscribed"), Not(HasSubstr("message.text"))));
  EXPECT_THAT(tail({"--count", "2", "--match", "/content=一", "--count-by", "fate", "--json"}),
              AllOf(HasSubstr(R"({"fate":"repeat","events":1})"), HasSubstr(R"({"fate":"stored","events":1})")));
}

TEST_F(TailTest, KnowsARepeatWhoseRowIsGone) {
  const auto once = shop(mp_text("o_one", 1, "一"));
  send(once), send(once);
  ASSERT_TRUE(settled(2));
  database_->query("delete from messages");  // as retention does
  EXPECT_THAT(
      tail({"--count", "2", "--patience", "300ms", "--ndjson"}),
      AllOf(HasSubstr(R"("fate":"on_its_way")"), HasSubstr(R"("fate":"repeat")"), HasSubstr("had met it before")));
}

TEST_F(TailTest, TellsOfAFloodASampleAndCountsTheRest) {
  config::Settings settings;
  settings.kafka.bootstrap_servers = support::stack().kafka;
  settings.kafka.topic_prefix = topics_->prefix();
  const auto connection = database_->connect();
  const auto from = system_clock().now();
  operate::Tail all(settings, {}, from, {.patience = 5s, .most_a_second = 5}),
      texts(settings, operate::EventFilter("type=message.text", {}), from, {.patience = 5s, .most_a_second = 5});
  // Each step has a second of its own, whatever time it takes.
  auto second = std::chrono::steady_clock::now();
  const auto told = [&](operate::Tail& tail) {
    size_t events = 0;
    for (const auto now : {second, second + 900ms}) events += tail.step(*connection, now).size();
    EXPECT_EQ(tail.behind(), 0);
    return std::pair(events, tail.left_out());
  };
  int64_t sent = 0;
  const auto next = [&](int messages) {
    for (int i = 0; i < messages; ++i) send(shop(mp_text("o_one", static_cast<int>(sent) * 10 + i, "一")));
    send(shop(mp_event(fmt::format("o_{}", sent), "subscribe")));
    sent += messages + 1;
    ASSERT_TRUE(settled(sent));
    second += 1s;
  };
  next(5);  // and who comes
  EXPECT_EQ(told(all), std::pair(size_t{5}, uint64_t{1}));
  EXPECT_EQ(told(texts), std::pair(size_t{5}, uint64_t{0})) << "what the filter refuses doesn't count";
  next(5);
  EXPECT_EQ(told(all), std::pair(size_t{1}, uint64_t{6})) << "a fifth, after a second with too many";
  EXPECT_EQ(told(texts), std::pair(size_t{5}, uint64_t{0}));
  next(2);
  EXPECT_EQ(told(all), std::pair(size_t{0}, uint64_t{9}));
  next(2);
  EXPECT_EQ(told(all), std::pair(size_t{3}, uint64_t{9})) << "few came in the second before";
  // A step that took long has more to read, not a flood.
  next(2), next(2), next(2);
  EXPECT_EQ(told(all), std::pair(size_t{9}, uint64_t{9}));
}

TEST_F(TailTest, SaysThatAnEventIsOnItsWayWhileNobodyWritesRows) {
  all_->stop();
  all_ = start({"ingest"});
  ASSERT_TRUE(all_->ready());
  send(shop(mp_text("o_one", 1, "一")));
  EXPECT_THAT(tail({"--count", "1", "--patience", "300ms", "--ndjson"}), HasSubstr(R"("fate":"on_its_way")"));
}

TEST_F(TailTest, AsksForRowsBeforeItsPatienceEnds) {
  send(shop(mp_text("o_one", 1, "一")));
  ASSERT_TRUE(settled(1));
  all_->stop();
  topics_->empty(schemas::TopicName::messages);  // so that only the row tells the fate
  EXPECT_THAT(tail({"--count", "1", "--patience", "1ms", "--ndjson"}), HasSubstr(R"("fate":"stored")"));
}

TEST_F(TailTest, NamesWhatIsWrongWithAFilter) {
  const auto name = command({"tail", "--where", "acount=shop"});
  EXPECT_EQ(name.code(), 2);
  EXPECT_THAT(name.errors, AllOf(HasSubstr("'acount'"), HasSubstr("'account'")));
  EXPECT_THAT(command({"tail", "--match", "EventKey=1"}).errors, HasSubstr("POINTER=PATTERN"));
  EXPECT_THAT(command({"tail", "--count-by", "person"}).errors, HasSubstr("type, account and fate"));
}

}  // namespace
}  // namespace wxpipe::whole_path
