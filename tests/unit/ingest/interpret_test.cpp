// "At the edge" (docs/contract.md §2), line by line and kind by kind.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "ingest/platforms.hpp"
#include "tests/unit/ingest/platform_side.hpp"

namespace wxpipe::ingest {

void PrintTo(const Interpretation& interpretation, std::ostream* out) {
  if (const auto* refused = std::get_if<Refused>(&interpretation)) *out << "Refused " << to_string(refused->refusal);
  if (const auto* challenge = std::get_if<Challenge>(&interpretation)) *out << "Challenge " << challenge->reply.body;
  if (const auto* accepted = std::get_if<Accepted>(&interpretation))
    *out << "Accepted " << accepted->event.type << " " << accepted->event.raw;
  if (const auto* unreadable = std::get_if<Unreadable>(&interpretation))
    *out << "Unreadable " << to_string(unreadable->letter.reason) << " " << unreadable->letter.detail;
}

namespace {

using namespace test;

const AccountBook& all_kinds() {
  static const AccountBook accounts = [] {
    std::vector<config::AccountSettings> settings;
    for (const auto* kind :
         {"official_account", "mini_program", "open_platform", "open_platform_messages", "wework_app",
          "wework_suite_command", "wework_suite_data", "wework_bot", "wework_instance", "channel"})
      settings.push_back(account(kind));
    for (const auto* mode : {"plain", "compatible"}) {
      settings.push_back(account("official_account", mode));
      settings.back().name = mode;
    }
    return book(settings);
  }();
  return accounts;
}

Interpretation interpret(const Request& request) { return all_kinds().interpret(request.callback()); }
Interpretation refused(unsigned status, Refusal refusal) {
  EXPECT_EQ(status_of(refusal), status);
  return Refused{refusal};
}

Accepted accepted(const Request& request) {
  Interpretation interpretation = interpret(request);
  if (auto* found = std::get_if<Accepted>(&interpretation)) return std::move(*found);
  std::ostringstream text;
  PrintTo(interpretation, &text);
  throw std::logic_error(text.str());
}

Request with_tenant(Request request, std::string tenant) {
  request.tenant = std::move(tenant);
  return request;
}

// ---- URL verification ----

TEST(Verification, WechatAnswersTheEchoVerbatim) {
  for (const auto* name : {"official_account", "mini_program", "plain", "compatible", "open_platform"}) {
    Request request = clear_request(name, "");
    request.method = Method::get;
    request.query += "&echostr=49%2B+%3Cx";
    EXPECT_EQ(interpret(request), Interpretation(Challenge{{200, "49++<x"}})) << name;
  }
}

Request echo_request(std::string name, const Encryption& with, std::string_view echo = "1616140317555161061") {
  const std::string encrypted = encrypt(echo, with);
  Request request{.account = std::move(name)};
  request.method = Method::get;
  request.query = signed_query(encrypted, with) + "&echostr=" + percent_encoded(encrypted);
  return request;
}

TEST(Verification, WeworkAnswersTheDecryptedEchoOfItsOwnReceiver) {
  const std::pair<std::string, std::string> receivers[] = {{"wework_app", "wwcorp"},
                                                           {"wework_suite_command", "wwprovider"},
                                                           {"wework_suite_data", "wwprovider"},
                                                           {"wework_bot", ""},
                                                           {"wework_bot", "any"}};
  for (const auto& [name, receiveid] : receivers)
    EXPECT_EQ(interpret(echo_request(name, {.receiveid = receiveid})),
              Interpretation(Challenge{{200, "1616140317555161061"}}))
        << name;
  EXPECT_EQ(interpret(with_tenant(echo_request("wework_suite_data", {.receiveid = "wwprovider"}), "$CORPID$")),
            Interpretation(Challenge{{200, "1616140317555161061"}}));
  EXPECT_EQ(interpret(echo_request("wework_app", {.receiveid = "wwother"})), refused(403, Refusal::wrong_receiver));
  EXPECT_EQ(interpret(echo_request("wework_suite_command", {.receiveid = "wwsuite"})),
            refused(403, Refusal::wrong_receiver));
}

// An encrypted echo with a plus in its base64, and that text.
std::pair<Encryption, std::string> echo_with_plus() {
  static const std::vector<std::string> heads = [] {
    std::vector<std::string> all;
    for (char c = 'a'; c <= 'z'; ++c) all.emplace_back(16, c);
    return all;
  }();
  for (const std::string& head : heads) {
    const Encryption with{.receiveid = "wwcorp", .random16 = head};
    if (std::string encrypted = encrypt("echo", with); encrypted.find('+') != std::string::npos)
      return {with, std::move(encrypted)};
  }
  throw std::logic_error("none of them has a plus");
}

TEST(Verification, ARawPlusInTheEchoStaysAPlus) {
  const auto [with, encrypted] = echo_with_plus();
  Request request{
      .account = "wework_app", .query = signed_query(encrypted, with) + "&echostr=" + encrypted, .method = Method::get};
  EXPECT_EQ(interpret(request), Interpretation(Challenge{{200, "echo"}}));
}

TEST(Verification, APlusThatBecameABlankOnTheWayIsAPlusAgain) {
  const auto [with, encrypted] = echo_with_plus();
  std::string blanks = percent_encoded(encrypted);
  for (size_t at = 0; (at = blanks.find("%2B", at)) != std::string::npos;) blanks.replace(at, 3, "%20");
  Request request{
      .account = "wework_app", .query = signed_query(encrypted, with) + "&echostr=" + blanks, .method = Method::get};
  EXPECT_EQ(interpret(request), Interpretation(Challenge{{200, "echo"}}));
  request.query += "%20";
  EXPECT_EQ(interpret(request), refused(401, Refusal::bad_signature));
}

TEST(Verification, AnswersNothingThatDecryptsAndIsNoEcho) {
  const std::tuple<std::string, std::string, std::string> captured[] = {
      {"wework_app", "wwcorp", kWeworkMessage},
      {"wework_suite_command", "wwprovider", kSuiteTicket},
      {"wework_suite_data", "wwprovider", kWeworkMessage},
      {"wework_bot", "", kBotMessage},
      {"wework_bot", "", R"({"response_url":"https://a.b/c"})"}};
  for (const auto& [name, receiveid, message] : captured)
    EXPECT_EQ(interpret(echo_request(name, {.receiveid = receiveid}, message)), refused(401, Refusal::not_an_echo))
        << name;
  for (const std::string& message : {std::string(), std::string("<a>"), std::string("a > b"), std::string("{}"),
                                     std::string("[1]"), std::string("\"1\""), std::string("a&b"), std::string("1\n"),
                                     std::string("1\0", 2), std::string("\xff"), std::string(129, '1')})
    EXPECT_EQ(interpret(echo_request("wework_app", {.receiveid = "wwcorp"}, message)),
              refused(401, Refusal::not_an_echo))
        << message;
  for (const std::string& echo : {std::string("An echo, 1+1=2/2 (of_its-own)."), std::string(128, '1')})
    EXPECT_EQ(interpret(echo_request("wework_app", {.receiveid = "wwcorp"}, echo)),
              Interpretation(Challenge{{200, echo}}));
}

TEST(Verification, AChallengeIsAnsweredForFiveMinutesUnlessTheAccountSaysOtherwise) {
  Request clear = clear_request("official_account", "");
  clear.method = Method::get;
  clear.query += "&echostr=1";
  for (Request request : {echo_request("wework_app", {.receiveid = "wwcorp"}), clear}) {
    for (const auto age : {std::chrono::seconds(300), std::chrono::seconds(-300)}) {
      request.received_at = kReceivedAt + age;
      EXPECT_TRUE(std::holds_alternative<Challenge>(interpret(request))) << request.account;
    }
    for (const auto age : {std::chrono::seconds(301), std::chrono::seconds(-301)}) {
      request.received_at = kReceivedAt + age;
      EXPECT_EQ(interpret(request), refused(401, Refusal::stale_timestamp)) << request.account;
    }
    auto settings = account(request.account);
    settings.max_timestamp_age = std::chrono::hours(1);
    EXPECT_TRUE(std::holds_alternative<Challenge>(book({settings}).interpret(request.callback()))) << request.account;
  }
}

TEST(Verification, RefusesStrangersAndBrokenEchoes) {
  Request request = echo_request("wework_app", {.token = "other", .receiveid = "wwcorp"});
  EXPECT_EQ(interpret(request), refused(401, Refusal::bad_signature));
  request.query = "";
  EXPECT_EQ(interpret(request), refused(401, Refusal::missing_signature));
  EXPECT_EQ(interpret(echo_request("wework_app", {.aes_key = kForeignAesKey, .receiveid = "wwcorp"})),
            Interpretation(Refused{Refusal::bad_request, WrongPart::key}));
  Request clear = clear_request("official_account", "", "other");
  clear.method = Method::get;
  EXPECT_EQ(interpret(clear), refused(401, Refusal::bad_signature));
  clear.query = "echostr=1";
  EXPECT_EQ(interpret(clear), refused(401, Refusal::missing_signature));
}

// ---- Which account ----

TEST(Interpret, KnowsItsAccountsAndTheirTenants) {
  EXPECT_EQ(interpret(clear_request("nobody", kTextMessage)), refused(404, Refusal::unknown_account));
  EXPECT_EQ(interpret(with_tenant(encrypted_request("official_account", kTextMessage, {.receiveid = "wxapp"}), "wx1")),
            refused(404, Refusal::unknown_tenant));
  const Request messages = encrypted_request("open_platform_messages", kTextMessage, {.receiveid = "wxcomponent"});
  EXPECT_EQ(interpret(messages), refused(404, Refusal::unknown_tenant));
  EXPECT_EQ(interpret(with_tenant(messages, "../x")), refused(404, Refusal::unknown_tenant));
  EXPECT_EQ(accepted(with_tenant(messages, "wx1")).event.tenant, "wx1");
}

TEST(Interpret, StandardWebhooksHaveNoGet) {
  Request request{.account = "channel", .method = Method::get};
  EXPECT_EQ(interpret(request), refused(405, Refusal::method_not_allowed));
}

// ---- What is accepted, with its reply ----

TEST(Interpret, EachKindGetsTheReplyItsPlatformWants) {
  const Reply success{200, "success"}, empty{200, ""}, nothing{204, ""};
  EXPECT_EQ(accepted(encrypted_request("official_account", kTextMessage, {.receiveid = "wxapp"})).reply, success);
  EXPECT_EQ(accepted(encrypted_request("mini_program", kTextMessage, {.receiveid = "wxapp"})).reply, success);
  EXPECT_EQ(accepted(encrypted_request("compatible", kTextMessage, {.receiveid = "wxapp"})).reply, success);
  EXPECT_EQ(accepted(clear_request("plain", kTextMessage)).reply, success);
  EXPECT_EQ(accepted(encrypted_request("open_platform", kTicket, {.receiveid = "wxcomponent"})).reply, success);
  EXPECT_EQ(
      accepted(
          with_tenant(encrypted_request("open_platform_messages", kTextMessage, {.receiveid = "wxcomponent"}), "wx1"))
          .reply,
      success);
  EXPECT_EQ(accepted(encrypted_request("wework_app", kWeworkMessage, {.receiveid = "wwcorp"})).reply, empty);
  EXPECT_EQ(accepted(encrypted_request("wework_suite_command", kSuiteTicket, {.receiveid = "wwsuite"})).reply, success);
  EXPECT_EQ(accepted(encrypted_request("wework_suite_data", kWeworkMessage, {.receiveid = "wwcorp"})).reply, empty);
  EXPECT_EQ(accepted(encrypted_json_request("wework_bot", kBotMessage, {})).reply, empty);
  EXPECT_EQ(accepted(webhook_request("wework_instance", "{}")).reply, nothing);
  EXPECT_EQ(accepted(webhook_request("channel", R"([1,{"any":"shape"}])")).reply, nothing);
}

TEST(Interpret, KeepsTheDecryptedBodyVerbatimAndOnlySuiteCommandsAreUrgent) {
  const Accepted message = accepted(encrypted_request("official_account", kTextMessage, {.receiveid = "wxapp"}));
  EXPECT_EQ(message.event.raw, kTextMessage);
  EXPECT_EQ(message.event.account, "official_account");
  EXPECT_EQ(message.event.received_at, kReceivedAt);
  EXPECT_FALSE(message.urgent);
  EXPECT_TRUE(accepted(encrypted_request("wework_suite_command", kSuiteTicket, {.receiveid = "wwsuite"})).urgent);
}

TEST(Interpret, TrustsOnlyTheDecryptedCopyOfACompatibleBody) {
  Request request = encrypted_request("compatible", kTextMessage, {.receiveid = "wxapp"});
  request.body.replace(request.body.find("<Encrypt>"), 0,
                       "<Content><![CDATA[<Encrypt>forged</Encrypt>]]></Content><MsgType>event</MsgType>");
  EXPECT_EQ(accepted(request).event.raw, kTextMessage);
}

TEST(Interpret, AnyPairingOfCurrentAndPreviousSecretsIsGoodDuringARotation) {
  for (const auto token : {kToken, kPreviousToken})
    for (const auto key : {kAesKey, kPreviousAesKey})
      EXPECT_EQ(accepted(encrypted_request("wework_app", kWeworkMessage,
                                           {.token = token, .aes_key = key, .receiveid = "wwcorp"}))
                    .event.raw,
                kWeworkMessage);
  EXPECT_EQ(accepted(clear_request("plain", kTextMessage, kPreviousToken)).event.raw, kTextMessage);
}

TEST(Interpret, ARetryUnderAnotherNonceIsTheSameEvent) {
  const auto first = accepted(encrypted_request("official_account", kTextMessage, {.receiveid = "wxapp"}));
  const auto again = accepted(encrypted_request(
      "official_account", kTextMessage,
      {.receiveid = "wxapp", .timestamp = "1409659818", .nonce = "7", .random16 = "fedcba9876543210"}));
  EXPECT_EQ(again, first);
}

TEST(Interpret, CountsAddressesThatDifferInsideAndAcceptsThem) {
  const auto mismatch = [](const Request& request) { return accepted(request).address_mismatch; };
  const auto replaced = [](std::string text, std::string_view from, std::string_view to) {
    return text.replace(text.find(from), from.size(), to);
  };
  EXPECT_FALSE(mismatch(encrypted_request("official_account", kTextMessage, {.receiveid = "wxapp"})));
  EXPECT_TRUE(mismatch(encrypted_request("official_account", replaced(kTextMessage, "gh_original", "gh_other"),
                                         {.receiveid = "wxapp"})));
  EXPECT_FALSE(mismatch(encrypted_request("wework_app", kWeworkMessage, {.receiveid = "wwcorp"})));
  EXPECT_TRUE(mismatch(
      encrypted_request("wework_app", replaced(kWeworkMessage, "wwcorp", "wwother"), {.receiveid = "wwcorp"})));
  EXPECT_FALSE(mismatch(encrypted_request("wework_suite_command", kSuiteTicket, {.receiveid = "wwsuite"})));
  EXPECT_TRUE(mismatch(encrypted_request("wework_suite_command", replaced(kSuiteTicket, "wwsuite", "wwother"),
                                         {.receiveid = "wwsuite"})));
  auto settings = account("wework_app");
  settings.agent_id = 218;
  const Request request = encrypted_request("wework_app", kWeworkMessage, {.receiveid = "wwcorp"});
  EXPECT_FALSE(std::get<Accepted>(book({settings}).interpret(request.callback())).address_mismatch);
  settings.agent_id = 1000002;
  EXPECT_TRUE(std::get<Accepted>(book({settings}).interpret(request.callback())).address_mismatch);
}

TEST(Interpret, SuiteDataBelongsToTheCorporationInItsPath) {
  const Request request = encrypted_request("wework_suite_data", kWeworkMessage, {.receiveid = "wwcorp"});
  EXPECT_EQ(accepted(with_tenant(request, "wwcorp")).event.tenant, "wwcorp");
  EXPECT_EQ(accepted(request).event.tenant, "wwcorp");
  EXPECT_EQ(interpret(with_tenant(request, "wwother")), refused(403, Refusal::wrong_receiver));
}

// ---- What is refused ----

TEST(Interpret, RefusesWhatIsForSomebodyElse) {
  EXPECT_EQ(interpret(encrypted_request("official_account", kTextMessage, {.receiveid = "wxother"})),
            refused(403, Refusal::wrong_receiver));
  EXPECT_EQ(interpret(encrypted_request("official_account", kTextMessage, {})), refused(403, Refusal::wrong_receiver));
  EXPECT_EQ(interpret(encrypted_request("open_platform", kTicket, {.receiveid = "wxapp"})),
            refused(403, Refusal::wrong_receiver));
  EXPECT_EQ(interpret(encrypted_request("wework_suite_command", kSuiteTicket, {.receiveid = "wwprovider"})),
            refused(403, Refusal::wrong_receiver));
}

TEST(Interpret, RefusesBadAndMissingSignatures) {
  Request request = encrypted_request("official_account", kTextMessage, {.token = "other", .receiveid = "wxapp"});
  EXPECT_EQ(interpret(request), refused(401, Refusal::bad_signature));
  request.query = "signature=" + sign({kToken, kNow, "99"}) + "&timestamp=" + std::string(kNow) + "&nonce=99";
  EXPECT_EQ(interpret(request), refused(401, Refusal::missing_signature));
  request.query.clear();
  EXPECT_EQ(interpret(request), refused(401, Refusal::missing_signature));
  EXPECT_EQ(interpret(clear_request("plain", kTextMessage, "other")), refused(401, Refusal::bad_signature));
  request.account = "plain";
  EXPECT_EQ(interpret(request), refused(401, Refusal::missing_signature));
}

TEST(Interpret, TheConfigurationDecidesTheModeAndNeverTheRequest) {
  for (const auto* name : {"official_account", "compatible"}) {
    Request request = clear_request(name, kTextMessage);
    EXPECT_EQ(interpret(request), refused(400, Refusal::downgrade)) << name;
    request.query += "&encrypt_type=raw";
    EXPECT_EQ(interpret(request), refused(400, Refusal::downgrade)) << name;
    request.query = "";
    EXPECT_EQ(interpret(request), refused(401, Refusal::missing_signature)) << name;
  }
  EXPECT_EQ(interpret(clear_request("wework_app", R"({"MsgType":"text"})")), refused(400, Refusal::downgrade));
  // An encrypted body to an account in plain mode: the query's signature is right, so it is kept until somebody
  // corrects the account's mode.
  Request encrypted = encrypted_request("plain", kTextMessage, {.receiveid = "wxapp"});
  encrypted.query = clear_request("plain", "").query;
  EXPECT_EQ(std::get<Unreadable>(interpret(encrypted)).letter.reason, Reason::undecryptable);
}

TEST(Interpret, RefusesDuplicateParametersAndBrokenEscapes) {
  Request request = encrypted_request("official_account", kTextMessage, {.receiveid = "wxapp"});
  const std::string query = request.query;
  request.query = query + "&nonce=1372623149";
  EXPECT_EQ(interpret(request), refused(400, Refusal::duplicate_parameter));
  request.query = query + "&x=%GG";
  EXPECT_EQ(interpret(request), refused(400, Refusal::bad_request));
  request.query = query;
  request.body.resize(request.body.find("]]></Encrypt>"));
  EXPECT_EQ(interpret(request), refused(400, Refusal::bad_request));
}

TEST(Interpret, AgeMattersForWechatOnlyWhereConfigured) {
  Request request = encrypted_request("official_account", kTextMessage, {.receiveid = "wxapp"});
  request.received_at = kReceivedAt + std::chrono::hours(24 * 365);
  auto settings = account("official_account");
  EXPECT_TRUE(std::holds_alternative<Accepted>(book({settings}).interpret(request.callback())));
  settings.max_timestamp_age = std::chrono::minutes(10);
  const AccountBook strict = book({settings});
  EXPECT_EQ(strict.interpret(request.callback()), refused(401, Refusal::stale_timestamp));
  request.received_at = kReceivedAt - std::chrono::minutes(10);
  EXPECT_TRUE(std::holds_alternative<Accepted>(strict.interpret(request.callback())));
}

TEST(Interpret, StandardWebhooksAreSignedAndFresh) {
  Request request = webhook_request("channel", R"({"a":1})");
  request.received_at = kReceivedAt + std::chrono::minutes(5);
  EXPECT_TRUE(std::holds_alternative<Accepted>(interpret(request)));
  request.received_at += std::chrono::seconds(1);
  EXPECT_EQ(interpret(request), refused(401, Refusal::stale_timestamp));
  request.received_at = kReceivedAt - std::chrono::minutes(6);
  EXPECT_EQ(interpret(request), refused(401, Refusal::stale_timestamp));
  request = webhook_request("channel", R"({"a":1})");
  request.body += ' ';
  EXPECT_EQ(interpret(request), refused(401, Refusal::bad_signature));
  request.webhook_signature.clear();
  EXPECT_EQ(interpret(request), refused(401, Refusal::missing_signature));
}

TEST(Interpret, StandardWebhooksTakeThePreviousSecretDuringARotation) {
  constexpr std::string_view kNext = "whsec_bmV4dCBzZWNyZXQgb2YgdGhlIGNoYW5uZWw=";
  auto settings = account("channel");
  settings.previous_secret = settings.secret;
  settings.secret = Secret(std::string(kNext));
  const AccountBook rotating = book({settings});
  for (const auto secret : {kNext, kWebhookSecret})
    EXPECT_TRUE(
        std::holds_alternative<Accepted>(rotating.interpret(webhook_request("channel", "{}", "m", secret).callback())));
}

TEST(Interpret, TwoWebhooksWithEqualBodiesAndDifferentIdsAreTwoEvents) {
  EXPECT_NE(accepted(webhook_request("channel", "{}", "m1")).event.id,
            accepted(webhook_request("channel", "{}", "m2")).event.id);
  EXPECT_EQ(accepted(webhook_request("channel", "{}", "m1")).event.id,
            accepted(webhook_request("channel", "{}", "m1")).event.id);
}

// ---- What is kept though it can't be read ----

TEST(Interpret, KeepsBodyAndSignedQueryOfWhatNoKeyOpens) {
  const Request request =
      encrypted_request("wework_suite_command", kSuiteTicket, {.aes_key = kForeignAesKey, .receiveid = "wwsuite"});
  schemas::DeadLetter letter;
  letter.id = schemas::ingest_dead_letter_id("wework_suite_command", "", request.body);
  letter.occurred_at = letter.failed_at = kReceivedAt;
  letter.stage = "ingest";
  letter.reason = Reason::undecryptable;
  letter.detail = "the padding is wrong: most likely another AES key";
  letter.account = "wework_suite_command";
  letter.body = request.body;
  letter.context = {{"query", request.query}, {"content_type", "text/xml"}};
  Unreadable expected;
  expected.letter = letter;
  expected.reply = {200, "success"};
  expected.urgent = true;
  expected.signature = request.query.substr(std::strlen("msg_signature="), 40);
  EXPECT_EQ(interpret(request), Interpretation(expected));
}

// By it the receiver knows a delivery that is sent again with another body.
TEST(Interpret, NamesWhatOnlyOneDeliveryHasOfWhatItCannotRead) {
  const auto signature_of = [](const Request& request) { return std::get<Unreadable>(interpret(request)).signature; };
  const Request clear = clear_request("plain", "<xml");
  EXPECT_EQ(signature_of(clear), clear.query.substr(std::strlen("signature="), 40));
  const Request webhook = webhook_request("channel", "{");
  EXPECT_EQ(signature_of(webhook), webhook.webhook_id);
  EXPECT_NE(webhook.webhook_id, "");
}

Request with_encrypt(std::string_view encrypted, std::string_view token = kToken) {
  return {.account = "official_account",
          .query = signed_query(encrypted, {.token = token}),
          .body = "<xml><Encrypt><![CDATA[" + std::string(encrypted) + "]]></Encrypt></xml>"};
}

TEST(Interpret, KeepsTruncatedCiphertextThatWasSignedSo) {
  const std::string encrypted = encrypt(kTextMessage, {.receiveid = "wxapp"});
  const std::string not_base64(43, '!'), one_block = encrypted.substr(0, 43) + "=";
  for (const std::string& cut : {encrypted.substr(0, encrypted.size() - 1), encrypted.substr(0, encrypted.size() - 4),
                                 encrypted.substr(0, encrypted.size() / 2), not_base64, one_block}) {
    const auto interpretation = interpret(with_encrypt(cut));
    ASSERT_TRUE(std::holds_alternative<Unreadable>(interpretation)) << cut;
    EXPECT_EQ(std::get<Unreadable>(interpretation).letter.reason, Reason::undecryptable);
    EXPECT_EQ(std::get<Unreadable>(interpretation).reply, (Reply{200, "success"}));
  }
}

// Whoever has seen one query has its `signature`, which is the msg_signature of an empty Encrypt, and of an Encrypt
// that was cut off from the timestamp or the nonce.
TEST(Interpret, RefusesAnEncryptThatIsTooShortToBeACiphertext) {
  const std::string encrypted = encrypt(kTextMessage, {.receiveid = "wxapp"});
  for (const std::string& cut : {std::string(), std::string("=="), encrypted.substr(0, 24), encrypted.substr(0, 40),
                                 encrypted.substr(0, 42) + "=="})  // 31 bytes
    EXPECT_EQ(interpret(with_encrypt(cut)), refused(400, Refusal::no_ciphertext)) << cut;
  EXPECT_EQ(interpret(with_encrypt("", "other")), refused(401, Refusal::bad_signature));

  const std::string seen = sign({kToken, "1409659813", "1372623149"});
  for (const auto& [timestamp, nonce, encrypt] :
       {std::tuple("1409659813", "1372623149", ""), std::tuple("9659813", "9140", "137262314"),
        std::tuple("91409659813", "137", "262314")}) {
    Request forged = with_encrypt(encrypt);
    forged.query = fmt::format("msg_signature={}&timestamp={}&nonce={}", seen, timestamp, nonce);
    EXPECT_EQ(interpret(forged), refused(400, Refusal::no_ciphertext)) << encrypt;
  }
}

TEST(Interpret, KeepsAuthenticBodiesThatCannotBeReadWithTheirReason) {
  const std::pair<std::string, Reason> bodies[] = {{std::string("<xml>\0</xml>", 12), Reason::nul_byte},
                                                   {"<xml><a></xml>", Reason::malformed_xml},
                                                   {"", Reason::malformed_xml},
                                                   {"{\"a\":", Reason::malformed_json},
                                                   {"<!DOCTYPE x><xml></xml>", Reason::doctype}};
  for (const auto& [body, reason] : bodies) {
    const Request request = encrypted_request("wework_app", body, {.receiveid = "wwcorp"});
    const auto kept = std::get<Unreadable>(interpret(request));
    EXPECT_EQ(kept.letter.reason, reason);
    EXPECT_EQ(kept.letter.body, request.body);
    EXPECT_EQ(kept.letter.id, schemas::ingest_dead_letter_id("wework_app", "", body));
    EXPECT_EQ(kept.reply, (Reply{200, ""}));
    EXPECT_EQ(std::get<Unreadable>(interpret(clear_request("plain", body))).letter.reason, reason);
  }
}

TEST(Interpret, WebhooksThatAreNotJsonAreKeptAsSuch) {
  for (const auto* body : {"<xml></xml>", "hello", "", "{", "<!DOCTYPE x><x/>"}) {
    const auto kept = std::get<Unreadable>(interpret(webhook_request("wework_instance", body)));
    EXPECT_EQ(kept.letter.reason, Reason::malformed_json) << body;
    EXPECT_EQ(kept.reply, (Reply{204, ""}));
  }
}

TEST(Interpret, CloudHostingProbesAreUnknownEvents) {
  for (const auto* body : {R"({ "action": "CheckContainerPath"})", "<xml><action>CheckContainerPath</action></xml>"}) {
    const Accepted probe = accepted(clear_request("plain", body));
    EXPECT_EQ(probe.reply, (Reply{200, "success"}));
    EXPECT_TRUE(probe.event.type.starts_with("unknown.")) << probe.event.type;
  }
}

// ---- credentials in dead letters ----

schemas::DeadLetter letter_of(const Request& request) { return std::get<Unreadable>(interpret(request)).letter; }

TEST(DeadLetter, OfAClearBodyHidesWhatTheCatalogueKnowsAndGivesItsBytesBack) {
  struct Case {
    Request request;
    Reason reason;
  };
  const std::string ticket = "<ComponentVerifyTicket><![CDATA[ticket@@@secret]]></ComponentVerifyTicket>";
  for (const auto& [request, reason] : std::vector<Case>{
           {clear_request("plain",
                          "<xml><MsgType>text</MsgType><CreateTime>1409659813</CreateTime>" + ticket + "</xml>"),
            Reason::missing_field},
           {clear_request("plain", "{\"MsgType\":\"text\",\"\\u0041uthCode\":\"ticket@@@secret\"}"),
            Reason::missing_field},
           {clear_request("plain", "<xml>" + ticket), Reason::malformed_xml},
           {clear_request("plain", "<xml>" + ticket + std::string(1, '\0') + "</xml>"), Reason::nul_byte},
           {clear_request("plain", "<!DOCTYPE x><xml>" + ticket + "</xml>"), Reason::doctype},
           {clear_request("plain", "<xml><Content>QUERY_AUTH_CODE:ticket@@@secret</Content>"), Reason::malformed_xml},
           {webhook_request("channel", R"({"auth_code": "ticket@@@secret")"), Reason::malformed_json},
           {webhook_request("channel", "phone=13800000000&access_token=ticket@@@secret"), Reason::malformed_json}}) {
    const auto letter = letter_of(request);
    EXPECT_EQ(letter.reason, reason) << request.body;
    EXPECT_EQ(letter.body.find("ticket@@@secret"), std::string::npos) << letter.body;
    EXPECT_EQ(sealer().open_all(letter.body), request.body);
    EXPECT_EQ(letter.id, schemas::ingest_dead_letter_id(request.account, request.webhook_id, request.body));
  }
}

TEST(DeadLetter, OfAReadableBodyStaysReadable) {
  const auto letter = letter_of(clear_request("plain",
                                              "<xml><MsgType>text</MsgType><CreateTime>1409659813</CreateTime>"
                                              "<Token><![CDATA[a long token]]></Token><Content>hello</Content></xml>"));
  EXPECT_EQ(letter.body, "<xml><MsgType>text</MsgType><CreateTime>1409659813</CreateTime><Token><![CDATA[" +
                             sealer().seal("a long token") + "]]></Token><Content>hello</Content></xml>");
}

TEST(DeadLetter, OfABodyThatOnlySpeaksOfCredentialsStaysVerbatim) {
  for (const std::string body :
       {"<xml><Content>my token, my password; secret</Content>", "no password here", "{\"a\":1"})
    EXPECT_EQ(letter_of(clear_request("plain", body)).body, body);
}

TEST(DeadLetter, HidesACredentialInTheQuery) {
  auto request = clear_request("plain", "<xml>");
  request.query += "&access_token=in-the-address";
  const auto context = letter_of(request).context;
  ASSERT_EQ(context.at(0).first, "query");
  EXPECT_EQ(context.at(0).second, sealer().seal(request.query));
}

}  // namespace
}  // namespace wxpipe::ingest
