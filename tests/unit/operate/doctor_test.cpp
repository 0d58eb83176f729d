// What doctor makes of what it sees.
#include "operate/doctor.hpp"

#include <gtest/gtest.h>

namespace wxpipe::operate {
namespace {
using namespace std::chrono_literals;
using report::Level;

const Timestamp kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + 8h;

TEST(JudgeClock, TakesOffWhatTheQuestionTook) {
  EXPECT_EQ(judge_clock(500ms, 1ms).level, Level::fine);
  EXPECT_EQ(judge_clock(5s, 8s).level, Level::fine) << "the answer was four seconds on its way, perhaps";
  const auto behind = judge_clock(-5s, 1ms);
  EXPECT_EQ(behind.level, Level::warning);
  EXPECT_NE(behind.sentence.find("behind Postgres's"), std::string::npos) << behind.sentence;
  EXPECT_EQ(judge_clock(10min, 1ms).level, Level::error);
}

TEST(JudgeCertificate, WarnsTwoWeeksAhead) {
  EXPECT_EQ(judge_certificate("c.pem", kNow - 24h, kNow + 24h * 30, kNow).level, Level::fine);
  const auto soon = judge_certificate("c.pem", kNow - 24h, kNow + 24h * 3 + 1h, kNow);
  EXPECT_EQ(soon.level, Level::warning);
  EXPECT_EQ(soon.sentence, "c.pem expires in 3 days, on 2026-11-27");
  EXPECT_EQ(judge_certificate("c.pem", kNow - 48h, kNow - 24h, kNow).level, Level::error);
  EXPECT_EQ(judge_certificate("c.pem", kNow + 1h, kNow + 24h * 90, kNow).level, Level::error);
}

TEST(JudgeDisk, ComparesWithWhatTheSpoolMayStillTake) {
  constexpr uint64_t kGiB = 1ULL << 30;
  EXPECT_EQ(judge_disk("/spool", 3 * kGiB, 0, 2 * kGiB).level, Level::fine);
  EXPECT_EQ(judge_disk("/spool", kGiB, 0, 2 * kGiB).level, Level::warning);
  EXPECT_EQ(judge_disk("/spool", kGiB, kGiB, 2 * kGiB).level, Level::fine) << "half of it is on the disk already";
  EXPECT_EQ(judge_disk("/spool", 1 << 20, 2 * kGiB, 2 * kGiB).level, Level::error);
}

TEST(JudgeReadiness, HasEachPartThatIsNotReadyAndEachRemark) {
  const auto ready = judge_readiness("a:1", R"({"ready":true,"parts":{"process":{"ready":true}}})");
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_EQ(ready[0].level, Level::fine);
  const auto found = judge_readiness(
      "a:1", R"({"ready":false,"parts":{"kafka":{"ready":true},"sink.leads":{"ready":false,"reason":"no broker"}},)"
             R"("findings":[{"level":"warning","text":"one replica","remedy":"three"}]})");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].sentence, "a:1: sink.leads is not ready: no broker");
  EXPECT_EQ(found[0].level, Level::error);
  EXPECT_EQ(found[1].sentence, "a:1: one replica");
  EXPECT_EQ(found[1].remedy, "three");
}

TEST(JudgeReadiness, KnowsWhatIsNoRole) {
  for (const auto* other : {"", "<html>", "[]", "{}", R"({"parts":3})", R"({"parts":{"a":{}}})"}) {
    const auto found = judge_readiness("a:1", other);
    ASSERT_EQ(found.size(), 1u) << other;
    EXPECT_EQ(found[0].sentence, "what answers at a:1 is no role of wxpipe");
  }
}

}  // namespace
}  // namespace wxpipe::operate
