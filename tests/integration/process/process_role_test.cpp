// The role around the workers: what it waits for, what it reports, and where unreadable records go.
#include "tests/integration/process/process_fixture.hpp"

#include "rig/socket.hpp"
#include "schemas/fact_json.hpp"
#include "schemas/facts/dead_letter.hpp"

namespace wxpipe::processors::test {
namespace {
using testing::HasSubstr;

class ProcessRoleTest : public ProcessTest {
 protected:
  void produce_raw(const std::string& key, const std::optional<std::string>& value) {
    writer_->begin();
    writer_->produce(
        static_cast<size_t>(TopicName::events),
        {key, value ? std::string_view(*value) : std::string_view(), {}, system_clock().now(), RD_KAFKA_PARTITION_UA});
    writer_->commit();
  }
};

TEST_F(ProcessRoleTest, ARecordThatIsNoEventBecomesADeadLetterAndTheOffsetMovesOn) {
  const auto sent = events(0, 30);
  const std::string key = partition_key(sent[0]);
  std::string not_ours = json_of(sent[0]);
  not_ours.replace(not_ours.find(schemas::kEventSchema), schemas::kEventSchema.size(), "somebody.elses.v1");
  RunningProcess process(settings("one"));
  produce({sent.begin(), sent.begin() + 10});
  produce_raw(key, "{not json");
  produce_raw(key, std::string("\xff\x00\xfe", 3));
  produce({sent.begin() + 10, sent.begin() + 20});
  produce_raw(key, not_ours);
  produce_raw(key, std::nullopt);
  produce({sent.begin() + 20, sent.end()});
  await_messages(30);
  support::TopicReader letters(topics_->settings(), topics_->name(TopicName::dead_letters));
  ASSERT_EQ(letters.at_least(4).size(), 4u);
  EXPECT_EQ(process.metric("wxpipe_dead_letters_total{reason=\"unreadable_record\",stage=\"process\"}"), 4);
  process.stop();

  EXPECT_EQ(outcome(), once_each(sent));
  std::vector<std::string> bodies;
  for (const auto& record : letters.all()) {
    const auto letter = schemas::decode<schemas::DeadLetter>(record.value).value();
    EXPECT_EQ(letter.stage, "process");
    EXPECT_EQ(letter.reason, Reason::unreadable_record);
    EXPECT_EQ(letter.topic, topics_->name(TopicName::events));
    EXPECT_EQ(letter.account, "shop");
    EXPECT_EQ(letter.key, key);
    bodies.push_back(letter.body);
  }
  EXPECT_EQ(bodies, (std::vector<std::string>{"{not json", std::string("\xff\x00\xfe", 3), not_ours, ""}));

  std::map<int, int64_t> ends;
  for (const auto& record : read(TopicName::events)) ends[record.partition] = record.offset + 1;
  for (const auto& [partition, end] : ends) EXPECT_EQ(committed_offsets(settings("one"))[partition], end);
}

TEST_F(ProcessRoleTest, WaitsForTheTopicsAndSaysWhatToRun) {
  support::TopicPrefix empty(support::Create::nothing);
  auto waiting = settings("one");
  waiting.kafka = empty.settings();
  RunningProcess process(waiting);
  EXPECT_TRUE(eventually([&] { return process.readiness().find("run `wxpipe topics apply`") != std::string::npos; }))
      << process.readiness();
  EXPECT_THAT(process.readiness(), HasSubstr(empty.name(TopicName::events)));
  std::vector<TopicName> all;
  for (const auto& topic : schemas::kTopics) all.push_back(topic.name);
  empty.create(all);
  EXPECT_TRUE(eventually([&] { return process.ready(); })) << process.readiness();
}

TEST_F(ProcessRoleTest, WaitsForABrokerThatIsAwayAndSaysSo) {
  auto lonely = settings("one");
  const rig::Socket nobody = rig::bound(0);
  lonely.kafka.bootstrap_servers = fmt::format("127.0.0.1:{}", rig::local_port(nobody));
  RunningProcess process(lonely);
  EXPECT_TRUE(eventually([&] {
    return process.readiness().find("no Kafka broker answers at 127.0.0.1:") != std::string::npos;
  })) << process.readiness();
  const auto asked = std::chrono::steady_clock::now();
  process.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - asked, 10s);
}

TEST_F(ProcessRoleTest, LagIsNothingOnceEverythingIsTakenThoughTransactionsLeaveMarkers) {
  RunningProcess process(settings("one"));
  for (int i = 0; i < 5; ++i) produce(events(i * 10, i * 10 + 10));
  await_messages(50);
  EXPECT_TRUE(eventually([&] {
    return process.taken() == 50 && process.metric("wxpipe_consumer_lag_records{group=\"process\"}") == 0 &&
           process.metric("wxpipe_consumer_lag_seconds{group=\"process\"}") == 0;
  })) << process.metric("wxpipe_consumer_lag_records{group=\"process\"}");
}

TEST_F(ProcessRoleTest, TheRecordsTimeIsWhenTheCallbackWasReceivedWhateverThePlatformSays) {
  auto sent = events(0, 1);
  sent[0].occurred_at = Timestamp(std::chrono::sys_days{std::chrono::year{2012} / 1 / 1});
  sent[0].id = schemas::event_id(sent[0].account, sent[0].tenant, {}, sent[0].raw, sent[0].occurred_at);
  RunningProcess process(settings("one"));
  produce(sent);
  await_messages(1);
  process.stop();
  const auto records = read(TopicName::messages);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].timestamp, std::chrono::floor<std::chrono::milliseconds>(sent[0].received_at));
  EXPECT_EQ(records[0].receipt, sent[0].receipt);
  EXPECT_EQ(records[0].event_id, to_string(sent[0].id));
  EXPECT_EQ(records[0].headers, std::vector<std::string>{"traceparent"});
  EXPECT_EQ(records[0].traceparent.substr(0, 36), "00-" + sent[0].trace_id + "-");
}

}  // namespace
}  // namespace wxpipe::processors::test
