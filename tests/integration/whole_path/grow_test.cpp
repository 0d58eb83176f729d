// wxpipe topics grow: more partitions while callbacks come, and no key's order is lost.
#include <atomic>
#include <set>
#include <thread>

#include "common/kafka/admin.hpp"
#include "common/kafka/partition_reader.hpp"
#include "schemas/fact_json.hpp"
#include "tests/integration/whole_path/wxpipe_fixture.hpp"

namespace wxpipe::whole_path {
namespace {
using testing::AllOf;
using testing::HasSubstr;

class GrowTest : public WholePathTest {
 protected:
  void SetUp() override {
    WholePathTest::SetUp();
    if (IsSkipped()) return;
    // The shortest time that a producer may have to give up is 30 s; only the rest can be shortened.
    auto text = configuration();
    const std::string_view place = "properties = { ";
    text.insert(text.find(place) + place.size(), "\"topic.metadata.refresh.interval.ms\" = \"1000\", ");
    config_ = folder_.write("wxpipe.toml", text);
    ASSERT_EQ(command({"topics", "apply", "--partitions", "2"}).code(), 0);
    settings_.bootstrap_servers = support::stack().kafka;
    settings_.topic_prefix = topics_->prefix();
  }
  int partitions(TopicName topic) const {
    return kafka::Admin(settings_).view().topics.at(schemas::topic_name(settings_.topic_prefix, topic)).partitions;
  }
  std::string in_sync() const {
    const auto events = schemas::topic_name(settings_.topic_prefix, TopicName::events);
    return kafka::Admin(settings_).configs({events}).at(events).at("min.insync.replicas").value;
  }
  // By key: the numbers of its messages in each partition of events.v1, in the log's order.
  std::map<std::string, std::map<int, std::vector<int64_t>>> events() const {
    std::map<std::string, std::map<int, std::vector<int64_t>>> found;
    kafka::PartitionReader log(settings_);
    std::vector<kafka::Partition> all;
    for (int i = 0; i < partitions(TopicName::events); ++i)
      all.push_back({schemas::topic_name(settings_.topic_prefix, TopicName::events), i});
    std::vector<kafka::Stretch> stretches;
    for (const auto& end : log.ends(all, 10s)) stretches.push_back({end.partition, 0, end.offset});
    log.read(
        stretches,
        [&](const kafka::Record& record) {
          const auto event = schemas::decode<schemas::Event>(record.value());
          ASSERT_TRUE(event);
          found[std::string(record.key())][record.partition()].push_back(std::stoll(event->msg_id));
        },
        20s);
    return found;
  }

  config::KafkaSettings settings_;
};

TEST_F(GrowTest, KeepsEachKeysOrderWhileCallbacksCome) {
  auto all = start();
  ASSERT_TRUE(all->ready()) << all->readiness();
  constexpr int kPeople = 12;
  std::atomic<bool> enough = false;
  std::atomic<int64_t> sent = 0, not_acknowledged = 0;
  std::vector<std::thread> platforms;
  for (int worker = 0; worker < 3; ++worker)
    platforms.emplace_back([&, worker] {
      auto client = all->client();
      for (int64_t i = 1; !enough; ++i)
        for (int person = worker; person < kPeople; person += 3) {
          const auto body = mp_text("o_" + std::to_string(person), i * 100 + person, "你好");
          if (client.send(http(shop(body))).status == 200)
            ++sent;
          else
            ++not_acknowledged;
        }
    });
  const auto ran =
      run({"topics", "grow", "events", "--to", "8", "--why", "a test", "--yes", "--json"}, environment(), 150s);
  const auto before_more = sent.load();
  const bool more = eventually([&] { return sent > before_more + 100; });
  enough = true;
  for (auto& platform : platforms) platform.join();
  ASSERT_EQ(ran.code(), 0) << ran.output << ran.errors << all->log();
  EXPECT_TRUE(more);
  EXPECT_EQ(not_acknowledged, 0) << "the spool takes what comes meanwhile";
  EXPECT_EQ(partitions(TopicName::events), 8);
  EXPECT_EQ(partitions(TopicName::seen_ids), 8);
  EXPECT_EQ(in_sync(), "1");
  EXPECT_EQ(count("audit_logs where operation = 'topics grow' and affected = 6 and reason = 'a test'"), 1);
  EXPECT_EQ(eventually_equal([&] { return count("messages"); }, sent.load(), 60s), sent.load());

  size_t moved = 0;
  for (const auto& [key, by_partition] : events()) {
    ASSERT_LE(by_partition.size(), 2u) << key << " was in more than its old and its new partition";
    int64_t last = 0;
    // The partition that it had before comes first: growing only moves keys to new ones.
    for (const auto& [partition, numbers] : by_partition) {
      std::set<int64_t> seen;
      for (const auto number : numbers) {
        if (!seen.insert(number).second) continue;  // the same event again, by broker and spool
        EXPECT_GT(number, last) << key << " in partition " << partition;
        last = number;
      }
    }
    moved += by_partition.size() == 2;
  }
  EXPECT_GT(moved, 0u);
}

TEST_F(GrowTest, ChangesNothingWithoutYesOrBeforeEverythingWasRead) {
  const auto dry = command({"topics", "grow", "events", "--to", "8"});
  EXPECT_EQ(dry.code(), 0);
  EXPECT_THAT(dry.output, AllOf(HasSubstr("nothing was changed"), HasSubstr("--yes")));
  {
    auto ingest = start({"ingest"});
    ASSERT_TRUE(ingest->ready()) << ingest->readiness();
    ASSERT_EQ(ingest->client().send(http(shop(mp_text("o_one", 1, "你好")))).status, 200);
    ingest->stop();
  }
  // Nobody takes it.
  const auto hindered = command({"topics", "grow", "events", "--to", "8", "--patience", "1s", "--yes"});
  EXPECT_EQ(hindered.code(), 1);
  EXPECT_THAT(hindered.output, HasSubstr("process had not taken everything in time, 1 left"));
  EXPECT_EQ(partitions(TopicName::events), 2);
  EXPECT_EQ(in_sync(), "1");
  EXPECT_EQ(count("audit_logs"), 0);
}

TEST_F(GrowTest, SaysWhyItCanNot) {
  const auto refuse = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"topics", "grow"});
    const auto ran = command(words);
    EXPECT_EQ(ran.code(), 2);
    return ran.errors;
  };
  EXPECT_THAT(refuse({"events", "--to", "2"}), HasSubstr("it can only grow"));
  EXPECT_THAT(refuse({"custody", "--to", "2"}), HasSubstr("there are events, messages, followers, leads, logs"));
  auto text = configuration();
  const std::string_view directory = "directory = ";
  text.replace(text.find(directory), directory.size(), "# ");
  const auto no_spool = folder_.write("no_spool.toml", text);
  EXPECT_THAT(refuse({"events", "--to", "8", "-c", no_spool.string()}), HasSubstr("[spool] directory is empty"));
  const auto events = schemas::topic_name(settings_.topic_prefix, TopicName::events);
  kafka::Admin(settings_).set_config(events, {{"min.insync.replicas", "2"}});
  EXPECT_THAT(refuse({"events", "--to", "8"}), HasSubstr("is held already"));
  // What a grow that was killed leaves is seen and mended by the usual commands.
  EXPECT_THAT(command({"doctor"}).output, HasSubstr("min.insync.replicas should be 1"));
  EXPECT_EQ(command({"topics", "apply", "--partitions", "2"}).code(), 0);
  EXPECT_EQ(in_sync(), "1");
}

}  // namespace
}  // namespace wxpipe::whole_path
