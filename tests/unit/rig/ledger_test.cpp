#include "rig/ledger.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "rig/temporary_folder.hpp"

namespace wxpipe::rig {
namespace {
using namespace std::chrono_literals;

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
  const TemporaryFolder folder;
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
}  // namespace wxpipe::rig
