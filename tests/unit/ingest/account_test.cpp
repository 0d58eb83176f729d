#include "ingest/account.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "common/result.hpp"
#include "tests/unit/ingest/platform_side.hpp"

namespace wxpipe::ingest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> complaints(const config::AccountSettings& settings) {
  std::vector<std::string> errors;
  make_account(settings, errors);
  return errors;
}

TEST(Account, EveryKindIsFineWithItsOwnIdsAndSecrets) {
  for (int i = 0; i < kAccountKindCount; ++i) {
    const auto kind = static_cast<AccountKind>(i);
    EXPECT_EQ(account_kind(to_string(kind)), kind);
    EXPECT_THAT(complaints(test::account(std::string(to_string(kind)))), IsEmpty()) << to_string(kind);
  }
}

TEST(Account, DecodesCurrentAndPreviousSecretsInThatOrder) {
  std::vector<std::string> errors;
  const Account account = make_account(test::account("official_account", "compatible"), errors);
  EXPECT_EQ(account.mode, EncryptionMode::compatible);
  EXPECT_EQ(account.tokens,
            (std::vector{Secret(std::string(test::kToken)), Secret(std::string(test::kPreviousToken))}));
  EXPECT_EQ(account.aes_keys,
            (std::vector{*wxcrypt::decode_aes_key(test::kAesKey), *wxcrypt::decode_aes_key(test::kPreviousAesKey)}));
  EXPECT_EQ(make_account(test::account("channel"), errors).webhook_secrets.size(), 1U);
  EXPECT_THAT(errors, IsEmpty());
}

TEST(Account, PlainModeNeedsNoKey) {
  auto settings = test::account("mini_program", "plain");
  settings.encoding_aes_key = settings.previous_encoding_aes_key = Secret();
  EXPECT_THAT(complaints(settings), IsEmpty());
}

TEST(Account, SaysTheAddressToEnterWithoutItsSecret) {
  constexpr auto kBase = "https://hooks.example.com";
  const auto address = [&](std::string kind, std::string sender = "") {
    auto settings = test::account(std::move(kind));
    settings.name = "one";
    settings.sender = std::move(sender);
    return address_to_enter(settings, kBase);
  };
  EXPECT_EQ(address("official_account"), "https://hooks.example.com/callback/one");
  EXPECT_EQ(address("open_platform_messages"), "https://hooks.example.com/callback/one/$APPID$");
  EXPECT_EQ(address("wework_suite_data"), "https://hooks.example.com/callback/one/$CORPID$");
  EXPECT_EQ(address("channel"), "https://hooks.example.com/callback/one");
  for (const auto* sender : {"caoliao", "dustess", "jinshuju", "ocean_engine"})
    EXPECT_EQ(address("channel", sender), "https://hooks.example.com/callback/one?key=<secret>") << sender;
  EXPECT_EQ(address("channel", "tanma"), "https://hooks.example.com/callback/one") << "it signs";
}

TEST(Account, SaysTheAddressWithoutAHostAndWithASlashBehindIt) {
  auto settings = test::account("open_platform_messages");
  settings.name = "one";
  EXPECT_EQ(address_to_enter(settings, ""), "https://<your host>/callback/one/$APPID$");
  EXPECT_EQ(address_to_enter(settings, "https://hooks.example.com/"), "https://hooks.example.com/callback/one/$APPID$");
}

TEST(Account, SaysWhereWhichKeyWhatIsWrongAndHowToMendIt) {
  auto settings = test::account("official_account", "safest");
  settings.name = "shop";
  settings.app_id.clear();
  settings.token = Secret();
  settings.encoding_aes_key = Secret(std::string(test::kAesKey.substr(1)));
  settings.previous_encoding_aes_key = Secret(std::string(43, '='));
  settings.replies = {{}, {.on = "keyword", .keyword = "", .text = "x"}};
  EXPECT_THAT(
      complaints(settings),
      ElementsAre(
          "config.toml:3:1: accounts.shop.mode: \"safest\" is none of plain, compatible, safe",
          "config.toml:3:1: accounts.shop.app_id: is missing; an account of kind official_account needs it: the AppID, wx...",
          "config.toml:3:1: accounts.shop.token: is missing; copy it from the platform's console (or give token_env or "
          "token_file)",
          "config.toml:3:1: accounts.shop.encoding_aes_key: has 42 characters, but an EncodingAESKey has 43; copy it "
          "again from the platform's console",
          "config.toml:3:1: accounts.shop.previous_encoding_aes_key: has characters other than letters and digits; "
          "copy it again from the platform's console",
          "config.toml:3:1: accounts.shop.replies.on: is missing; say an event type such as \"follower.subscribed\", "
          "or \"keyword\"",
          "config.toml:3:1: accounts.shop.replies.text: is missing; it is what is answered",
          "config.toml:3:1: accounts.shop.replies.keyword: is missing; it is the word that on = \"keyword\" looks "
          "for"));
}

TEST(Account, KindsWithoutModesOrRepliesRefuseThem) {
  auto settings = test::account("wework_suite_command", "plain");
  settings.replies = {{.on = "follower.subscribed", .keyword = "", .text = "hi"}};
  EXPECT_THAT(
      complaints(settings),
      ElementsAre(
          "config.toml:3:1: accounts.wework_suite_command.mode: only official_account and mini_program have modes; "
          "wework_suite_command is always encrypted, remove it",
          "config.toml:3:1: accounts.wework_suite_command.replies: the platform reads no answer on "
          "wework_suite_command accounts; remove them"));
}

TEST(Account, WebhookSecretsAreCheckedAndNeverPrinted) {
  auto settings = test::account("channel");
  settings.secret = Secret("hunter2");
  settings.previous_secret = Secret("whsec_!!!!");
  EXPECT_THAT(
      complaints(settings),
      ElementsAre("config.toml:3:1: accounts.channel.secret: is not \"whsec_\" followed by base64; make one with: echo "
                  "whsec_$(openssl rand -base64 32)",
                  "config.toml:3:1: accounts.channel.previous_secret: is not \"whsec_\" followed by base64; make one "
                  "with: echo "
                  "whsec_$(openssl rand -base64 32)"));
}

TEST(Account, WebhooksAreFreshForFiveMinutesUnlessTheConfigurationSaysOtherwise) {
  std::vector<std::string> errors;
  auto settings = test::account("wework_instance");
  EXPECT_EQ(make_account(settings, errors).max_timestamp_age, std::chrono::minutes(5));
  settings.max_timestamp_age = std::chrono::minutes(1);
  EXPECT_EQ(make_account(settings, errors).max_timestamp_age, std::chrono::minutes(1));
  EXPECT_EQ(make_account(test::account("wework_app"), errors).max_timestamp_age, std::nullopt);
}

// ---- What the pages say of kinds is what the table says ----

// The words of the kinds for which `holds` is true, as a page lists them.
template <class Predicate>
std::string kinds(std::string_view between, Predicate&& holds) {
  std::vector<std::string_view> words;
  for (const auto& row : kAccountKinds)
    if (holds(row)) words.push_back(row.word);
  return fmt::format("{}", fmt::join(words, between));
}

// The page's text, with the lines of each comment joined.
std::string page(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_FALSE(text.str().empty()) << path;
  auto lines = text.str();
  constexpr std::string_view kComment = "\n# ";
  for (auto at = lines.find(kComment); at != std::string::npos; at = lines.find(kComment, at))
    lines.replace(at, kComment.size(), " ");
  return lines;
}

TEST(AccountKinds, AreInTheReferenceConfigurationWithTheIdsThatTheyNeed) {
  const std::string reference = page("config/wxpipe.reference.toml");
  std::string all = kinds(", ", [](const AccountRules&) { return true; });
  all.replace(all.rfind(", "), 2, " or ");
  EXPECT_THAT(reference, HasSubstr(all + "."));
  EXPECT_THAT(reference, HasSubstr("for " + kinds(" and ", [](const auto& row) { return row.has_modes; })));
  for (const auto& row : kAccountKinds) {
    const auto example = reference.find(fmt::format("kind = \"{}\"", row.word));
    ASSERT_NE(example, std::string::npos) << row.word;
    const auto account = reference.substr(example, reference.find("[[accounts]]", example) - example);
    for (const auto& id : row.ids) {
      if (id.key.empty()) continue;
      EXPECT_THAT(account, HasSubstr(fmt::format("\n{} = ", id.key))) << row.word;
      const auto needs_it = [&](const AccountRules& other) {
        return std::any_of(other.ids.begin(), other.ids.end(), [&](const auto& its) { return its.key == id.key; });
      };
      EXPECT_THAT(reference, HasSubstr(" " + kinds(", ", needs_it) + ": ")) << id.key;
    }
  }
}

TEST(AccountKinds, AreOfThePlatformThatThePageOfEventTypesSays) {
  const std::string event_types = page("docs/event-types.md");
  for (const auto& row : kAccountKinds)
    EXPECT_THAT(
        event_types,
        HasSubstr("(" + kinds(", ", [&](const auto& other) { return other.normalize == row.normalize; }) + ")"));
}

TEST(AccountKinds, OfWebhooksAreOnTheirPage) {
  EXPECT_THAT(page("docs/webhooks.md"), HasSubstr("accounts of kind `wework_instance`"));
  EXPECT_THAT(page("docs/webhooks.md"), HasSubstr("(kind `channel`)"));
  EXPECT_EQ(kinds(", ", [](const auto& row) { return row.proof == Proof::standard_webhook; }),
            "wework_instance, channel");
}

TEST(AccountBook, ThrowsEverythingThatIsWrongAtOnce) {
  auto first = test::account("wework_bot"), second = test::account("wework_bot"), third = test::account("fax"),
       fourth = test::account("channel");
  third.where = "config.toml:20:1";
  fourth.name = "a/b";
  try {
    test::book({first, second, third, fourth});
    FAIL() << "was accepted";
  } catch (const UsageError& error) {
    EXPECT_STREQ(
        error.what(),
        "config.toml:3:1: accounts.wework_bot.name: another account has this name; names appear in addresses, so each "
        "must be unique\n"
        "config.toml:20:1: accounts.fax.kind: \"fax\" is none of official_account, mini_program, open_platform, "
        "open_platform_messages, wework_app, wework_suite_command, wework_suite_data, wework_bot, wework_instance, "
        "channel\n"
        "config.toml:3:1: accounts.a/b.name: appears in the address, so use at most 64 letters, digits, '-', '_' and "
        "'.'");
  }
}

}  // namespace
}  // namespace wxpipe::ingest
