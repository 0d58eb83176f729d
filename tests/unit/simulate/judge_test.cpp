// The platform's rule decides what counts as acknowledged, kind by kind: not just any 200.
#include "simulate/judge.hpp"

#include <gtest/gtest.h>

#include "ingest/replies.hpp"
#include "simulate/speaker.hpp"
#include "tests/unit/simulate/accounts.hpp"

namespace wxpipe::simulate {
namespace {

ingest::Account account(const char* kind, const char* mode = "") {
  return make_speaker(ingest::test::account(kind, mode), 1, 1).account;
}

TEST(Judge, TakesTheSuccessThatEachKindGives) {
  for (const auto& settings : test::every_account()) {
    const auto speaker = make_speaker(settings, 1, 1);
    const auto reply = ingest::success_reply(speaker.account.kind);
    EXPECT_EQ(judge(speaker.account, reply.status, reply.body), Verdict::acknowledged) << settings.name;
  }
}

TEST(Judge, WantsExactlySuccessWhereThePlatformDoes) {
  for (const char* kind : {"open_platform", "wework_suite_command"})
    for (const char* body : {"", "SUCCESS", "success\n", "\"success\"", "ok"})
      EXPECT_EQ(judge(account(kind), 200, body), Verdict::illegal_reply) << kind << ' ' << body;
  EXPECT_EQ(judge(account("official_account"), 200, "\"success\""), Verdict::illegal_reply);
}

TEST(Judge, TellsRefusalsFromFailures) {
  EXPECT_EQ(judge(account("official_account"), 401, ""), Verdict::refused);
  EXPECT_EQ(judge(account("official_account"), 503, "success"), Verdict::failed);
  EXPECT_EQ(judge(account("official_account"), 302, ""), Verdict::failed);
  EXPECT_EQ(judge(account("channel"), 202, "whatever"), Verdict::acknowledged);
}

TEST(Judge, OpensAPassiveReplyAsThePlatformDoes) {
  const auto safe = account("official_account"), plain = account("official_account", "plain");
  const std::string message = "<xml><ToUserName>oUser</ToUserName><MsgType>text</MsgType></xml>";
  EXPECT_EQ(judge(plain, 200, message), Verdict::replied);
  EXPECT_EQ(judge(safe, 200, message), Verdict::illegal_reply);
  for (const auto format : {ingest::wxcrypt::EnvelopeFormat::xml, ingest::wxcrypt::EnvelopeFormat::json,
                            ingest::wxcrypt::EnvelopeFormat::json_lower_case}) {
    auto reply = ingest::encrypted_reply(message, {safe.tokens[0], safe.aes_keys[0], safe.app_id, format}, Timestamp(),
                                         ingest::test::counting_random());
    EXPECT_EQ(judge(safe, 200, reply.body), Verdict::replied) << reply.body;
    reply = ingest::encrypted_reply(message, {Secret("another"), safe.aes_keys[0], safe.app_id, format}, Timestamp(),
                                    ingest::test::counting_random());
    EXPECT_EQ(judge(safe, 200, reply.body), Verdict::illegal_reply) << reply.body;
  }
}

}  // namespace
}  // namespace wxpipe::simulate
