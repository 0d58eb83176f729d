// Marks say what became of every receipt, once, in the order of receipts, in whatever order the decisions come.
#include "ingest/custody/mark_builder.hpp"
#include "schemas/fact_json.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <random>

namespace wxpipe::ingest {
namespace {
using namespace std::chrono_literals;
using schemas::CustodyMark;
using Acknowledged = CustodyMark::Acknowledged;
using Runs = std::vector<CustodyMark::Run>;

const std::string kShop = "shop", kCorp = "corp";
const Timestamp kMinute = Timestamp(29'700'000min);
const Timestamp kNow = kMinute + 65s;

Decision by_broker(int64_t sequence, Timestamp at = kMinute + 1s) {
  return {sequence, &kShop, at, DeliveryPath::broker};
}
Decision by_spool(int64_t sequence, Timestamp at = kMinute + 1s) { return {sequence, &kShop, at, DeliveryPath::spool}; }
Decision failed(int64_t sequence) { return {sequence, &kShop, kMinute, DeliveryPath::nowhere}; }

class MarkBuilderTest : public ::testing::Test {
 protected:
  void add(std::vector<Decision> decisions) { builder_.add(decisions); }
  std::optional<CustodyMark> next(std::optional<int64_t> spool_events = 0, bool ending = false) {
    return builder_.next(kNow, spool_events, ending);
  }
  // Skips the mark with which every boot begins.
  void begin() { EXPECT_EQ(next()->number, 1); }

  MarkBuilder builder_{"edge-1", "19ab"};
};

TEST_F(MarkBuilderTest, BeginsWithAMarkOfNothingSoThatTheBootIsKnown) {
  const auto mark = next(12);
  ASSERT_TRUE(mark);
  CustodyMark expected;
  expected.instance = "edge-1";
  expected.boot = "19ab";
  expected.marked_at = kNow;
  expected.spool_events = 12;
  EXPECT_EQ(*mark, expected);
  EXPECT_EQ(next(12), std::nullopt) << "nothing new";
}

TEST_F(MarkBuilderTest, SaysWhatBecameOfEachReceipt) {
  begin();
  add({by_broker(1),
       by_broker(2, kMinute + 2s),
       failed(3),
       by_spool(4, kMinute + 61s),
       {5, &kCorp, kMinute + 500ms, DeliveryPath::broker}});
  const auto mark = next();
  ASSERT_TRUE(mark);
  EXPECT_EQ(mark->number, 2);
  EXPECT_EQ(mark->first, 1);
  EXPECT_EQ(mark->next, 6);
  EXPECT_EQ(mark->acknowledged,
            (std::vector<Acknowledged>{
                {"shop", kMinute, false, 2}, {"shop", kMinute + 1min, true, 1}, {"corp", kMinute, false, 1}}));
  EXPECT_EQ(mark->outcomes, (Runs{{1, 2}, {0, 1}, {2, 1}, {3, 1}}));
  EXPECT_EQ(mark->received_from, kMinute + 500ms);
  EXPECT_EQ(mark->received_to, kMinute + 61s);
  std::string json;
  encode(*mark, json);
  EXPECT_EQ(*schemas::decode<schemas::CustodyMark>(json), *mark);
}

TEST_F(MarkBuilderTest, AnAccountIsOneWhateverThreadNamesIt) {
  begin();
  const std::string elsewhere = kShop;
  add({by_broker(1), {2, &elsewhere, kMinute + 1s, DeliveryPath::broker}, by_broker(3)});
  const auto mark = next();
  EXPECT_EQ(mark->acknowledged, (std::vector<Acknowledged>{{"shop", kMinute, false, 3}}));
  EXPECT_EQ(mark->outcomes, (Runs{{1, 3}}));
}

TEST_F(MarkBuilderTest, AnOpenReceiptHoldsBackWhatCameBehindIt) {
  begin();
  add({by_broker(1), by_broker(3), by_broker(4)});
  EXPECT_EQ(next()->next, 2);
  EXPECT_EQ(next(), std::nullopt);
  add({by_broker(2)});
  const auto mark = next();
  EXPECT_EQ(mark->first, 2);
  EXPECT_EQ(mark->next, 5);
}

TEST_F(MarkBuilderTest, ASpoolThatBecomesEmptyIsNews) {
  begin();
  add({by_spool(1)});
  EXPECT_EQ(next(1)->spool_events, 1);
  EXPECT_EQ(next(5), std::nullopt) << "how many is no news by itself";
  const auto mark = next(0);
  ASSERT_TRUE(mark);
  EXPECT_EQ(mark->spool_events, 0);
  EXPECT_EQ(mark->first, mark->next);
  EXPECT_EQ(next(0), std::nullopt);
}

TEST_F(MarkBuilderTest, EndsWithEverythingDecidedAndNothingAfterIt) {
  begin();
  add({by_broker(1), by_broker(3)});
  builder_.void_open(5);
  const auto mark = next(0, true);
  ASSERT_TRUE(mark);
  EXPECT_TRUE(mark->last);
  EXPECT_EQ(mark->next, 6);
  EXPECT_EQ(mark->outcomes, (Runs{{1, 1}, {0, 1}, {1, 1}, {0, 2}}));
  EXPECT_EQ(next(0, true), std::nullopt);
}

TEST_F(MarkBuilderTest, AnIdleBootEndsToo) {
  begin();
  const auto mark = next(0, true);
  ASSERT_TRUE(mark);
  EXPECT_TRUE(mark->last);
  EXPECT_EQ(mark->first, mark->next);
}

TEST_F(MarkBuilderTest, FailuresTakeNoRoomHoweverMany) {
  begin();
  for (int64_t i = 1; i <= 450'000; i += 1000) {
    std::vector<Decision> batch;
    for (int64_t j = i; j < i + 1000; ++j) batch.push_back(failed(j));
    builder_.add(batch);
  }
  std::vector<int64_t> stretches;
  while (const auto mark = next()) {
    EXPECT_EQ(mark->outcomes.size(), 1u);
    stretches.push_back(mark->next - mark->first);
  }
  EXPECT_EQ(stretches, (std::vector<int64_t>{200'000, 200'000, 50'000}));
}

TEST_F(MarkBuilderTest, AMarkHoldsNoMoreAccountsAndMinutesThanFit) {
  begin();
  std::vector<Decision> decisions;
  for (int64_t i = 1; i <= 8'001; ++i) decisions.push_back(by_broker(i, kMinute + i * 1min));
  builder_.add(decisions);
  EXPECT_EQ(next()->acknowledged.size(), schemas::kMostAcknowledgedInMark);
  EXPECT_EQ(next()->acknowledged.size(), 1u);
}

// In any order, in any batches, with marks made at any time: together they say the same.
TEST(MarkBuilderProperty, MarksCoverEveryReceiptOnceAndTellTheTruth) {
  const bool held = rc::check("coverage", [](uint32_t seed) {
    std::mt19937 random(seed);
    const auto pick = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
    const int receipts = 1 + pick(300);
    std::vector<Decision> decisions;
    for (int64_t i = 1; i <= receipts; ++i)
      decisions.push_back({i, pick(2) ? &kShop : &kCorp, kMinute + pick(180) * 1s, static_cast<DeliveryPath>(pick(3))});
    auto shuffled = decisions;
    for (size_t i = 0; i + 1 < shuffled.size(); ++i)  // moved only a little, as io threads answer
      std::swap(shuffled[i], shuffled[std::min(shuffled.size() - 1, i + static_cast<size_t>(pick(20)))]);

    MarkBuilder builder("edge-1", "19ab");
    std::vector<CustodyMark> marks;
    for (size_t at = 0; at < shuffled.size();) {
      const auto size = std::min(shuffled.size() - at, static_cast<size_t>(1 + pick(40)));
      builder.add(std::span(shuffled).subspan(at, size));
      at += size;
      if (pick(2))
        if (auto mark = builder.next(kNow, 0, false)) marks.push_back(*mark);
    }
    while (auto mark = builder.next(kNow, 0, true)) marks.push_back(*mark);

    int64_t sequence = 1, number = 0;
    for (const auto& mark : marks) {
      RC_ASSERT(mark.number == ++number);
      RC_ASSERT(mark.first == sequence);
      std::string json;
      encode(mark, json);
      RC_ASSERT(*schemas::decode<schemas::CustodyMark>(json) == mark);
      for (const auto& [outcome, length] : mark.outcomes)
        for (uint32_t i = 0; i < length; ++i) {
          const auto& truth = decisions[static_cast<size_t>(sequence++ - 1)];
          RC_ASSERT((outcome == 0) == (truth.path == DeliveryPath::nowhere));
          if (outcome == 0) continue;
          const auto& said = mark.acknowledged[outcome - 1];
          RC_ASSERT(said.account == *truth.account);
          RC_ASSERT(said.spooled == (truth.path == DeliveryPath::spool));
          RC_ASSERT(said.minute == std::chrono::floor<std::chrono::minutes>(truth.received_at));
          RC_ASSERT(mark.received_from <= truth.received_at && truth.received_at <= mark.received_to);
        }
      RC_ASSERT(mark.next == sequence);
    }
    RC_ASSERT(sequence == receipts + 1);
    RC_ASSERT(marks.back().last);
  });
  EXPECT_TRUE(held);
}

TEST(Decisions, AReceiptThatNobodyDecidesIsVoid) {
  Decisions decisions;
  {
    OpenReceipt open(decisions, {1, decisions.name_of("shop"), kNow});
    OpenReceipt kept(decisions, {2, decisions.name_of("shop"), kNow});
    kept.decide(DeliveryPath::spool);
  }
  const auto taken = decisions.fetch({});
  ASSERT_EQ(taken.size(), 2u);
  EXPECT_EQ(taken[0].path, DeliveryPath::spool);
  EXPECT_EQ(taken[1].path, DeliveryPath::nowhere);
  EXPECT_EQ(taken[0].account, taken[1].account);
  EXPECT_TRUE(decisions.fetch({}).empty());
}

}  // namespace
}  // namespace wxpipe::ingest
