// The oracle must notice: each test breaks one rule, and nothing else may be reported.
#include "chaos/oracle.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wxpipe::chaos {
namespace {
using namespace std::chrono_literals;
using rig::LedgerLine;
using rig::Resend;
using testing::ElementsAre;
using testing::HasSubstr;

std::string digest_text(int content) { return fmt::format("{:064x}", content); }
Digest digest(int content) { return *parse_digest(digest_text(content)); }
Uuid event(int content) {
  Uuid id;
  id.bytes[15] = static_cast<uint8_t>(content);
  return id;
}

// Callbacks 1 … n, sent, acknowledged and stored as they should be. Each test changes one thing.
class OracleTest : public testing::Test {
 protected:
  static LedgerLine line(int content) {
    LedgerLine line;
    line.serial = static_cast<uint64_t>(content);
    line.account = "shop";
    line.subject = "oA";
    line.type = "message.text";
    line.key_order = static_cast<uint64_t>(content);
    line.body_sha256 = digest_text(content);
    line.attempts = 1;
    line.acked = true;
    line.acked_at = line.sent_at + 3ms;
    return line;
  }
  static LedgerLine not_acked(int content) {
    auto one = line(content);
    one.acked = false;
    one.acked_at.reset();
    return one;
  }
  static LedgerLine poison(int content, std::string reason) {
    auto one = line(content);
    one.type.reset();
    one.key_order.reset();
    one.poison = std::move(reason);
    return one;
  }
  static StoredRow row(int content) { return {event(content), "shop", "", "message.text", digest(content)}; }
  static TopicRecord record(int content, int64_t offset, std::string_view receipt = "in-1/b/1") {
    return {event(content), receipt, 0, offset};
  }
  void whole(int content, int64_t offset) {
    oracle_.sent(line(content));
    oracle_.stored(row(content));
    oracle_.on_topic(record(content, offset));
  }
  std::vector<std::string> blamed() const { return oracle_.verdict().examples; }

  Oracle oracle_;
};

TEST_F(OracleTest, IsContentWhenEverythingIsThereOnce) {
  for (int i = 1; i < 9; ++i) whole(i, i);
  const auto verdict = oracle_.verdict();
  EXPECT_TRUE(verdict.fine());
  EXPECT_EQ(verdict.callbacks, 8u);
  EXPECT_EQ(verdict.acknowledged, 8u);
  EXPECT_EQ(verdict.rows, 8u);
  EXPECT_EQ(verdict.longest_ack, 3ms);
  EXPECT_EQ(verdict.stored_unacknowledged, 0u);
}

TEST_F(OracleTest, MissesWhatWasAcknowledged) {
  whole(1, 1);
  oracle_.sent(line(2));
  EXPECT_THAT(blamed(), ElementsAre("lost: serial 2 (shop message.text)"));
  EXPECT_EQ(oracle_.verdict().count(Violation::lost), 1u);
}

TEST_F(OracleTest, DoesNotMissWhatWasNotAcknowledgedAndAllowsItToBeThere) {
  oracle_.sent(not_acked(1));
  oracle_.sent(not_acked(2));
  oracle_.stored(row(2));
  EXPECT_TRUE(oracle_.verdict().fine());
  EXPECT_EQ(oracle_.verdict().stored_unacknowledged, 1u);
}

TEST_F(OracleTest, NoticesASecondRowEvenOfWhatWasNotAcknowledged) {
  oracle_.sent(not_acked(1));
  oracle_.stored(row(1));
  oracle_.stored(row(1));
  EXPECT_THAT(blamed(), ElementsAre("doubled: serial 1 (shop message.text): 2 times"));
}

TEST_F(OracleTest, NoticesBytesThatNobodySent) {
  whole(1, 1);
  oracle_.stored(row(7));
  EXPECT_THAT(
      blamed(),
      ElementsAre(HasSubstr("wrong: row 00000000-0000-0000-0000-000000000007 (shop message.text): nobody sent")));
}

TEST_F(OracleTest, NoticesTheWrongAccountTenantOrType) {
  oracle_.sent(line(1));
  auto wrong = row(1);
  wrong.account = "corp";
  wrong.tenant = "wx1";
  wrong.type = "message.image";
  oracle_.stored(wrong);
  EXPECT_THAT(
      blamed(),
      ElementsAre("wrong: row of serial 1 (shop message.text): account is 'corp' rather than 'shop'",
                  "wrong: row of serial 1 (shop message.text): tenant is 'wx1' rather than ''",
                  "wrong: row of serial 1 (shop message.text): type is 'message.image' rather than 'message.text'"));
}

TEST_F(OracleTest, TakesARepetitionWithTheSameBytesForTheSame) {
  whole(1, 1);
  auto again = line(1);
  again.serial = 9;
  again.key_order.reset();
  again.identity_of = 1;
  again.resend = Resend::same;
  oracle_.sent(again);
  EXPECT_TRUE(oracle_.verdict().fine());
  EXPECT_EQ(oracle_.verdict().repeated, 1u);
}

TEST_F(OracleTest, WantsTheRowWhenOnlyTheRepetitionWasAcknowledged) {
  oracle_.sent(not_acked(1));
  auto again = line(1);
  again.resend = Resend::same;
  oracle_.sent(again);
  EXPECT_EQ(oracle_.verdict().count(Violation::lost), 1u);
}

TEST_F(OracleTest, TakesARepetitionWithOtherBytesForItsOwn) {
  whole(1, 1);
  auto changed = line(2);
  changed.identity_of = 1;
  changed.resend = Resend::changed;
  oracle_.sent(changed);
  EXPECT_THAT(blamed(), ElementsAre("lost: serial 2 (shop message.text)"));
}

TEST_F(OracleTest, WantsPoisonAmongTheDeadLettersWithItsReason) {
  oracle_.sent(poison(1, "nul_byte"));
  oracle_.sent(poison(2, "nul_byte"));
  oracle_.sent(poison(3, "doctype"));
  oracle_.dead_letter({"ingest", "nul_byte", "shop", digest(1)});
  oracle_.dead_letter({"ingest", "doctype", "shop", digest(2)});
  EXPECT_THAT(blamed(), ElementsAre("wrong: dead letter of serial 2 (shop nul_byte): doctype of shop",
                                    "lost: serial 3 (shop doctype)"));
}

TEST_F(OracleTest, NoticesADeadLetterOfWhatWasGood) {
  whole(1, 1);
  oracle_.dead_letter({"ingest", "implausible_time", "shop", digest(1)});
  oracle_.dead_letter({"sink.messages", "invalid_value", "shop", digest(8)});
  EXPECT_THAT(blamed(),
              ElementsAre("wrong: dead letter (sink.messages shop invalid_value): nobody sent these bytes as poison",
                          "wrong: serial 1 (shop message.text) is a dead letter"));
}

TEST_F(OracleTest, NoticesPoisonThatBecameARow) {
  oracle_.sent(poison(1, "nul_byte"));
  oracle_.dead_letter({"ingest", "nul_byte", "shop", digest(1)});
  oracle_.stored(row(1));
  EXPECT_THAT(blamed(), ElementsAre("wrong: serial 1 (shop nul_byte) is a row"));
}

TEST_F(OracleTest, NoticesStrangersThatWereLetIn) {
  auto answered = poison(1, ""), stored = not_acked(2), refused = not_acked(3);
  answered.poison.reset();
  answered.stranger = stored.stranger = refused.stranger = "bad_signature";
  for (const auto& one : {answered, stored, refused}) oracle_.sent(one);
  oracle_.stored(row(2));
  EXPECT_EQ(oracle_.verdict().count(Violation::stranger), 2u);
  EXPECT_EQ(oracle_.verdict().count(Violation::wrong), 0u);
}

TEST_F(OracleTest, NoticesAnEventThatIsOnTheTopicAndInNoRow) {
  oracle_.sent(not_acked(1));
  oracle_.on_topic(record(1, 12));
  EXPECT_THAT(blamed(), ElementsAre(HasSubstr("is on messages.v1 (partition 0, offset 12) and has no row")));
}

TEST_F(OracleTest, NoticesTheSecondRecordOfAnEventUnlessClocksJumped) {
  whole(1, 1);
  oracle_.on_topic(record(1, 2));
  EXPECT_THAT(blamed(), ElementsAre("doubled_on_topic: serial 1 (shop message.text): 2 times"));
  Oracle forgiving(false);
  forgiving.sent(line(1));
  forgiving.stored(row(1));
  forgiving.on_topic(record(1, 1));
  forgiving.on_topic(record(1, 2));
  EXPECT_TRUE(forgiving.verdict().fine());
}

TEST_F(OracleTest, NoticesASubjectsEventsInTheWrongOrder) {
  whole(1, 10);
  whole(2, 30);
  whole(3, 20);
  EXPECT_THAT(blamed(),
              ElementsAre("out_of_order: serial 3 (shop message.text) came before serial 2 (shop message.text) in "
                          "partition 0, both by in-1"));
}

TEST_F(OracleTest, ComparesTheOrderOfOneProcessAndOneSubjectOnly) {
  whole(1, 10);
  whole(3, 20);
  oracle_.sent(line(2));
  oracle_.stored(row(2));
  oracle_.on_topic(record(2, 30, "in-2/b/1"));  // from another process's spool
  auto other = line(0);
  other.subject = "oB";
  oracle_.sent(other);
  oracle_.stored(row(0));
  oracle_.on_topic(record(0, 40));
  EXPECT_TRUE(oracle_.verdict().fine());
}

TEST_F(OracleTest, KnowsNoOrderBehindWhatWasNotAcknowledged) {
  oracle_.sent(not_acked(1));
  oracle_.stored(row(1));
  whole(2, 10);
  oracle_.on_topic(record(1, 20));  // written late, after a failure was answered
  EXPECT_TRUE(oracle_.verdict().fine());
}

TEST_F(OracleTest, NoticesASubjectThatMovedToAnotherPartition) {
  whole(1, 10);
  oracle_.sent(line(2));
  oracle_.stored(row(2));
  oracle_.on_topic({event(2), "in-1/b/2", 1, 99});
  EXPECT_EQ(oracle_.verdict().count(Violation::out_of_order), 1u);
}

TEST_F(OracleTest, NamesAFewAndCountsAll) {
  for (int i = 1; i <= 40; ++i) oracle_.sent(line(i));
  EXPECT_EQ(oracle_.verdict().count(Violation::lost), 40u);
  EXPECT_EQ(blamed().size(), 5u);
}

TEST(Digest, IsSixtyFourHexDigits) {
  EXPECT_EQ(parse_digest(digest_text(255))->back(), 255);
  EXPECT_EQ(parse_digest("ff"), std::nullopt);
  EXPECT_EQ(parse_digest(std::string(64, 'g')), std::nullopt);
}

}  // namespace
}  // namespace wxpipe::chaos
