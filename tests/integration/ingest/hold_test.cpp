// Ingest holds its events back while a topic gets more partitions (ingest/delivery/hold_rule.hpp): it answers all the
// same, nothing reaches the topic meanwhile, and every key keeps its order although it moves to another partition.
#include <algorithm>
#include <set>

#include "common/kafka/group_note.hpp"
#include "common/runtime/stop_wait.hpp"
#include "ingest/delivery/hold_rule.hpp"
#include "tests/integration/ingest/ingest_fixture.hpp"

namespace wxpipe::ingest::test {
namespace {

constexpr int kPeople = 7;  // of text_message
constexpr int kGrown = 24;

// Whoever grows the topic: writes a new note again and again.
class Asking {
 public:
  explicit Asking(const support::TopicPrefix& topics)
      : note_(topics.settings(), hold_group(topics.prefix()), {topics.name(TopicName::events), 0}) {
    note_.write("test 0", 10s);
    thread_ = std::jthread([this](const std::stop_token& stop) {
      for (int i = 1; !stop.stop_requested(); ++i) {
        note_.write(fmt::format("test {}", i), 10s);
        runtime::wait(stop, 300ms);
      }
    });
  }
  void end() {
    thread_.request_stop();
    thread_.join();
    note_.write({}, 10s);
    note_.remove(10s);
  }

 private:
  kafka::GroupNote note_;
  std::jthread thread_;
};

class HoldTest : public IngestTest {
 protected:
  void send(const RunningIngest& ingest, int count) {
    auto client = ingest.client();
    for (const int end = sent_ + count; sent_ < end; ++sent_) ASSERT_EQ(client.send(http(plain(sent_))).status, 200);
  }
  std::vector<support::TopicRecord> records() const {
    return support::read_topic(topics_->settings(), topics_->name(TopicName::events));
  }
  // Sends until the spool takes everything.
  void send_until_held(const RunningIngest& ingest) {
    ASSERT_TRUE(eventually([&] {
      const auto before = ingest.delivered("spool");
      send(ingest, kPeople);
      return ingest.delivered("spool") - before == kPeople;
    }));
  }
  void grow() { kafka::Admin(topics_->settings()).raise_partitions(topics_->name(TopicName::events), kGrown); }

  int sent_ = 0;
};

TEST_F(HoldTest, KeepsEveryKeyInOrderAlthoughItMovesToAnotherPartition) {
  RunningIngest ingest(with_spool());
  send(ingest, 5 * kPeople);
  Asking asking(*topics_);
  send_until_held(ingest);
  const auto before = records();
  send(ingest, 5 * kPeople);
  EXPECT_EQ(records().size(), before.size()) << "nothing comes while events are held";
  EXPECT_TRUE(eventually([&] { return ingest.metric("wxpipe_spool_events") >= 5 * kPeople; }));
  grow();
  send(ingest, kPeople);
  asking.end();
  ASSERT_TRUE(eventually([&] { return ingest.metric("wxpipe_spool_events") == 0; }));
  send(ingest, kPeople);

  // A person's numbers rise, first in the partition of before, then in the one of now.
  std::map<std::string, std::vector<int64_t>> numbers;
  std::map<std::string, std::set<int>> places_before, places_after;
  const auto all = records();
  const auto number_of = [](const auto& record) {
    return std::stoll(schemas::decode<schemas::Event>(record.value).value().msg_id);
  };
  std::set<std::string> early, ids;
  for (const auto& record : before) early.insert(record.event_id);
  for (const auto& record : all) ids.insert(record.event_id);
  EXPECT_EQ(static_cast<int>(ids.size()), sent_);
  bool moved = false;
  for (const auto& record : all) {
    const bool is_early = early.contains(record.event_id);
    (is_early ? places_before : places_after)[record.key].insert(record.partition);
    moved |= !is_early && record.partition >= 6;
    if (!is_early) numbers[record.key].push_back(number_of(record));
  }
  EXPECT_TRUE(moved);
  for (const auto& [key, places] : places_before) EXPECT_EQ(places.size(), 1U) << key;
  for (const auto& [key, places] : places_after) EXPECT_EQ(places.size(), 1U) << key << " by two producers";
  for (const auto& [key, list] : numbers) EXPECT_TRUE(std::ranges::is_sorted(list)) << key;
}

TEST_F(HoldTest, AProcessThatStartsMeanwhileHoldsFromItsFirstCallbackOn) {
  Asking asking(*topics_);
  RunningIngest ingest(with_spool());
  send(ingest, 3 * kPeople);
  EXPECT_EQ(records().size(), 0U);
  EXPECT_TRUE(eventually([&] { return ingest.metric("wxpipe_spool_events") == sent_; }));
  asking.end();
  EXPECT_TRUE(eventually([&] { return ingest.metric("wxpipe_spool_events") == 0; }));
  EXPECT_EQ(static_cast<int>(records().size()), sent_);
}

TEST_F(HoldTest, WithoutASpoolEventsGoOn) {
  Asking asking(*topics_);
  RunningIngest ingest(settings());
  send(ingest, kPeople);
  EXPECT_EQ(static_cast<int>(records().size()), sent_);
  asking.end();
}

}  // namespace
}  // namespace wxpipe::ingest::test
