// The small values of a simulation: latencies, URLs, the ledger's lines.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "simulate/latencies.hpp"
#include "simulate/ledger.hpp"
#include "simulate/url.hpp"
#include "tests/support/temporary_folder.hpp"

namespace wxpipe::simulate {
namespace {
using namespace std::chrono_literals;

TEST(Latencies, GivePercentilesWithinABucket) {
  Latencies latencies;
  for (int i = 1; i <= 100'000; ++i) latencies.add(std::chrono::microseconds(i));
  for (const double percent : {1.0, 50.0, 90.0, 99.0, 99.9}) {
    const auto expected = percent * 1000;
    EXPECT_NEAR(static_cast<double>(latencies.percentile(percent).count()), expected, expected * 0.017) << percent;
  }
  EXPECT_EQ(latencies.max(), 100'000us);
  EXPECT_EQ(latencies.percentile(100), 100'000us);
  EXPECT_EQ(latencies.count(), 100'000u);
  EXPECT_EQ(latencies.mean(), 50'000us);
}

TEST(Latencies, TakeAnyDuration) {
  Latencies latencies;
  EXPECT_EQ(latencies.percentile(99), 0us);
  latencies.add(-5us);
  EXPECT_EQ(latencies.max(), 0us);
  latencies.add(1000h);
  EXPECT_EQ(latencies.max(), 1000h);
  EXPECT_EQ(latencies.percentile(1), 0us);
}

TEST(Url, IsTakenApart) {
  EXPECT_EQ(parse_url("http://127.0.0.1:8080"), (Url{false, "127.0.0.1", "8080", "127.0.0.1:8080", ""}));
  EXPECT_EQ(parse_url("https://hooks.example.com/wx/"),
            (Url{true, "hooks.example.com", "443", "hooks.example.com", "/wx"}));
  EXPECT_EQ(parse_url("http://[::1]:9000"), (Url{false, "::1", "9000", "[::1]:9000", ""}));
  for (const char* wrong : {"", "127.0.0.1:8080", "ftp://host", "http://", "http://host:port",
                            "http://host:", "http://ho st", "http://host/?a=b", "http://me@host"})
    EXPECT_EQ(parse_url(wrong), std::nullopt) << wrong;
}

LedgerLine line() {
  LedgerLine line;
  line.serial = 17;
  line.account = "shop";
  line.kind = "official_account";
  line.tenant = "wx1";
  line.subject = "oUser \"quoted\" 名";
  line.type = "message.text";
  line.key_order = 3;
  line.body_sha256 = "9f86d081";
  line.token = "5f3a91c2-17";
  line.sealed = true;
  line.identity_of = 4;
  line.resend = Resend::changed;
  line.attempts = 2;
  line.outcome = "acknowledged";
  line.status = 200;
  line.acked = true;
  line.planned_at = line.sent_at = Timestamp(1'768'444'200'000'123us);
  line.acked_at = line.sent_at + 1834us;
  line.latency_us = 1834;
  return line;
}

TEST(Ledger, LinesComeBackAsTheyWere) {
  LedgerLine poison;
  poison.poison = "nul_byte";
  poison.stranger = "bad_signature";
  poison.outcome = "timed_out";
  for (const auto& each : {line(), poison}) {
    std::string text;
    encode(each, text);
    const auto decoded = decode_ledger_line(text);
    ASSERT_TRUE(decoded) << decoded.error().detail << ' ' << text;
    EXPECT_EQ(*decoded, each) << text;
  }
}

TEST(Ledger, RefusesWhatIsNoLine) {
  for (const char* text :
       {"", "[]", "{", R"({"account":"shop"})", R"({"serial":"1"})", R"({"serial":1,"resend":"twice"})"})
    EXPECT_FALSE(decode_ledger_line(text)) << text;
}

TEST(Ledger, IsOnTheDiskOnceFlushed) {
  const support::TemporaryFolder folder;
  const auto path = (folder.path() / "ledger.jsonl").string();
  Ledger ledger(path);
  for (int i = 0; i < 3; ++i) ledger.add(line());
  ledger.flush();
  std::ifstream file(path);
  std::string text;
  int lines = 0;
  while (std::getline(file, text)) {
    EXPECT_EQ(*decode_ledger_line(text), line());
    ++lines;
  }
  EXPECT_EQ(lines, 3);
  EXPECT_THROW(Ledger((folder.path() / "no" / "folder").string()), UsageError);
}

}  // namespace
}  // namespace wxpipe::simulate
