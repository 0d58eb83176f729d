// What stays of refused callbacks: which part was wrong, and nothing secret.
#include "ingest/refusals.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/crypto/base64.hpp"
#include "common/result.hpp"
#include "tests/unit/ingest/platform_side.hpp"

namespace wxpipe::ingest {
namespace {
using namespace std::chrono_literals;
using namespace test;

const Timestamp kAt = kReceivedAt;
const IpAddress kSomebody = v4_address({192, 0, 2, 7});

RefusalKind kind(std::string account, IpAddress from = kSomebody) {
  return {std::move(account), Refusal::bad_signature, WrongPart::token, Method::post, from};
}

std::string wrong(const Request& request) {
  const auto accounts = book({account("official_account"), account("wework_app"), account("channel")});
  const auto outcome = accounts.interpret(request.callback());
  const auto* const refused = std::get_if<Refused>(&outcome);
  return refused == nullptr ? "it was not refused" : std::string(to_string(wrong_part(*refused)));
}

Request verification(const Encryption& with, std::string echo = "1616140317555161061") {
  const auto encrypted = encrypt(echo, with);
  return {.account = "wework_app",
          .query = signed_query(encrypted, with) + "&echostr=" + percent_encoded(encrypted),
          .method = Method::get};
}

TEST(WrongPart, OfAVerificationIsTheOneThatDiffersFromTheConsole) {
  const Encryption right{.receiveid = "wwcorp"};
  EXPECT_EQ(wrong(verification(right)), "it was not refused");
  auto with = right;
  with.token = "another token";
  EXPECT_EQ(wrong(verification(with)), "token");
  with = right;
  with.aes_key = kForeignAesKey;
  EXPECT_EQ(wrong(verification(with)), "key");
  with = right;
  with.receiveid = "wwother";
  EXPECT_EQ(wrong(verification(with)), "receiveid");
  with = right;
  with.timestamp = "1409650000";
  EXPECT_EQ(wrong(verification(with)), "age");
}

TEST(WrongPart, IsThePaddingWhereTheKeyFits) {
  // Its last block is taken away: the id of ours still follows the message, but there is no padding.
  const Encryption with{.receiveid = "wwcorp-and-so-many-letters-that-they-fill-a-block-of-their-own"};
  std::string bytes, cut;
  ASSERT_TRUE(crypto::decode_base64(encrypt("1616140317555161061", with), bytes));
  crypto::append_base64(cut, std::string_view(bytes).substr(0, bytes.size() - 32));
  const Request request{.account = "wework_app",
                        .query = signed_query(cut, with) + "&echostr=" + percent_encoded(cut),
                        .method = Method::get};
  EXPECT_EQ(wrong(request), "padding");
}

TEST(WrongPart, OfACallback) {
  EXPECT_EQ(wrong(encrypted_request("official_account", kTextMessage, {.token = "another", .receiveid = "wxapp"})),
            "token");
  EXPECT_EQ(wrong(encrypted_request("official_account", kTextMessage, {.receiveid = "wxother"})), "receiveid");
  EXPECT_EQ(wrong(webhook_request("channel", "{}", "msg_1", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")), "token");
  EXPECT_EQ(wrong(webhook_request("channel", "{}", "msg_1", kWebhookSecret, "1409650000")), "age");
  EXPECT_EQ(wrong({.account = "official_account", .body = kTextMessage}), "") << "the reason says it";
}

TEST(Refusals, AreOneRecordWithACountWhereTheyAreAlike) {
  Refusals refusals;
  refusals.add(kind("shop"), kAt, 10);
  refusals.add(kind("outlet"), kAt + 1s, 20);
  refusals.add(kind("shop"), kAt + 2s, 30);
  EXPECT_EQ(refusals.latest("", 10, kAt + 3s),
            (std::vector<RefusedCallback>{{kind("shop"), kAt, kAt + 2s, 2, 30},
                                          {kind("outlet"), kAt + 1s, kAt + 1s, 1, 20}}));
  EXPECT_EQ(refusals.latest("outlet", 10, kAt + 3s).size(), 1u);
  EXPECT_EQ(refusals.latest("", 1, kAt + 3s).front().kind.account, "shop") << "the newest first";
}

TEST(Refusals, AreKeptForADay) {
  Refusals refusals;
  refusals.add(kind("shop"), kAt, 0);
  EXPECT_EQ(refusals.latest("", 10, kAt + 24h - 1us).size(), 1u);
  EXPECT_EQ(refusals.latest("", 10, kAt + 24h).size(), 0u);
}

TEST(Refusals, AreBoundedAndAFloodFromOneAddressPushesNobodyOut) {
  Refusals refusals;
  refusals.add(kind("shop"), kAt, 0);
  for (int i = 0; i < 100'000; ++i) refusals.add(kind("outlet"), kAt, 0);
  EXPECT_EQ(refusals.latest("shop", 1, kAt).size(), 1u);
  for (int i = 0; i < 20'000; ++i)
    refusals.add(kind("", v4_address({10, 0, static_cast<unsigned char>(i >> 8), static_cast<unsigned char>(i)})), kAt,
                 0);
  EXPECT_EQ(refusals.latest("", 100'000, kAt).size(), Refusals::kMost);
  EXPECT_EQ(refusals.latest("shop", 1, kAt).size(), 0u) << "the oldest goes first";
  refusals.add(kind("shop"), kAt, 0);
  EXPECT_EQ(refusals.latest("shop", 1, kAt).front().times, 1u) << "and is a new one when it comes again";
}

TEST(Refusals, NameWhomAProxyOfOursHadAtItsOtherEnd) {
  Refusals refusals({*parse_ip_network("127.0.0.0/8")});
  Callback callback;
  const std::vector<Header> headers{{"X-Forwarded-For", "198.51.100.1, 192.0.2.7"}};
  callback.headers = headers;
  callback.received_at = kAt;
  callback.from = v4_address({127, 0, 0, 1});
  refusals.add(callback, "shop", {Refusal::bad_signature});
  EXPECT_EQ(to_string(refusals.latest("", 1, kAt).front().kind.address), "192.0.2.7");
  callback.from = v4_address({203, 0, 113, 9});
  refusals.add(callback, "shop", {Refusal::bad_signature});
  EXPECT_EQ(to_string(refusals.latest("", 1, kAt).front().kind.address), "203.0.113.9") << "a stranger's word is none";
}

TEST(Refusals, HoldNothingThatTheRequestSaid) {
  Refusals refusals;
  auto request = encrypted_request("official_account", kTextMessage, {.token = "another", .receiveid = "wxapp"});
  request.headers = {{"authorization", "secret in a header"}};
  refusals.add(request.callback(), "official_account", {Refusal::bad_signature});
  EXPECT_EQ(refusals_json(refusals, "account=official_account&limit=5", kAt),
            R"({"refusals":[{"at":"2014-09-02T12:10:13.000000Z","first_at":"2014-09-02T12:10:13.000000Z","times":1,)"
            R"("account":"official_account","reason":"bad_signature","wrong":"token","method":"POST","address":"::",)" +
                fmt::format("\"body_bytes\":{}}}],\"verified\":[]}}\n", request.body.size()));
}

TEST(Refusals, TellWhenAnAccountsAddressWasLastVerified) {
  Refusals refusals;
  Callback callback;
  callback.account = "shop";
  callback.from = kSomebody;
  callback.received_at = kAt;
  refusals.add_verified(callback);
  callback.received_at = kAt + 1h;
  refusals.add_verified(callback);
  callback.account = "outlet";
  refusals.add_verified(callback);
  EXPECT_EQ(refusals.verified("shop", kAt + 2h), (std::vector<VerifiedAddress>{{"shop", kAt + 1h, kSomebody}}));
  EXPECT_EQ(refusals.verified("", kAt + 2h).size(), 2u);
  EXPECT_EQ(refusals.verified("", kAt + 25h).size(), 0u) << "kept for a day";
  EXPECT_EQ(refusals_json(refusals, "account=outlet", kAt + 2h),
            R"({"refusals":[],"verified":[{"account":"outlet","at":"2014-09-02T13:10:13.000000Z",)"
            R"("address":"192.0.2.7"}]})"
            "\n");
}

TEST(Refusals, DontTakeTheDoctorForThePlatform) {
  Refusals refusals;
  const std::vector<Header> headers{{"User-Agent", kDoctorsName}};
  Callback callback;
  callback.account = "shop";
  callback.headers = headers;
  callback.received_at = kAt;
  refusals.add_verified(callback);
  EXPECT_EQ(refusals.verified("", kAt).size(), 0u);
}

TEST(Refusals, PageSaysWhatIsWrongWithItsQuery) {
  const Refusals refusals;
  EXPECT_EQ(refusals_json(refusals, "", kAt), "{\"refusals\":[],\"verified\":[]}\n");
  for (const auto* query : {"limit=0", "limit=x", "limit=10001", "acount=shop", "account=%zz"})
    EXPECT_THROW(refusals_json(refusals, query, kAt), UsageError) << query;
}

}  // namespace
}  // namespace wxpipe::ingest
