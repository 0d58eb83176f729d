// What differs between two configurations, and accounts that stand elsewhere than in the file.
#include "common/config/changes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/config/keys.hpp"
#include "common/config/settings_file.hpp"
#include "rig/temporary_folder.hpp"

namespace wxpipe::config {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ScoreRule rule(const std::string& name, int points) {
  ScoreRule made;
  made.name = name;
  made.points = points;
  made.types = {"message.text"};
  return made;
}

Settings some_settings() {
  Settings settings;
  settings.instance.name = "edge";
  auto& shop = settings.accounts.emplace_back();
  shop.name = "shop";
  shop.kind = "official_account";
  shop.token = Secret("present");
  shop.replies = {{"keyword", "价格", false, "15"}, {"follower.subscribed", "", false, "欢迎"}};
  settings.score.rules.push_back(rule("asked", 15));
  return settings;
}

TEST(Changes, OfEqualConfigurationsAreNone) {
  auto moved = some_settings();
  moved.accounts[0].where = "wxpipe.toml:99:1";
  moved.score.rules[0].stands_at = "scoring.toml:7:1";
  EXPECT_THAT(changes(some_settings(), moved), IsEmpty()) << "the places in the files don't count";
}

TEST(Changes, NameKeysAndNeverTheirValues) {
  auto after = some_settings();
  after.accounts[0].token = Secret("the new one");
  after.accounts[0].previous_token = Secret("present");
  EXPECT_THAT(changes(some_settings(), after), ElementsAre(Change{"account", "shop", "token, previous_token", true}));
  EXPECT_EQ(in_words(changes(some_settings(), after)), "accounts.shop: token, previous_token");
}

TEST(Changes, TellWhatIsTakenFromWhatNeedsARestart) {
  auto after = some_settings();
  after.ingest.threads = 4;
  after.sealing.key = Secret("another");
  after.score.rules[0].points = 20;
  after.score.rules.push_back(rule("left", -5));
  after.accounts[0].name = "store";
  EXPECT_THAT(
      changes(some_settings(), after),
      ElementsAre(Change{"setting", "sealing.key", "changed", true}, Change{"setting", "ingest.threads", "changed"},
                  Change{"rule", "asked", "points", true}, Change{"rule", "left", "added", true},
                  Change{"account", "store", "added", true}, Change{"account", "shop", "removed", true}));
}

TEST(Changes, OfRepliesCountTheirOrder) {
  auto after = some_settings();
  std::swap(after.accounts[0].replies[0], after.accounts[0].replies[1]);
  EXPECT_THAT(changes(some_settings(), after), ElementsAre(Change{"account", "shop", "replies", true}));
}

// A key that is compared by no type would never be noticed.
TEST(Changes, NoticeEveryKeyOfAnAccount) {
  for (const auto& key : account_keys()) {
    auto after = some_settings();
    std::visit(
        [&](auto field) {
          auto& value = field(after.accounts[0]);
          using T = std::remove_reference_t<decltype(value)>;
          if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, std::optional<std::string>>)
            value = "other";
          if constexpr (std::is_same_v<T, Secret>) value = Secret("other");
          if constexpr (std::is_same_v<T, std::optional<int64_t>> || std::is_same_v<T, std::optional<bool>>)
            value = true;
          if constexpr (std::is_same_v<T, std::optional<seconds>>) value = seconds(7);
          if constexpr (std::is_same_v<T, Texts>) value = {"other"};
          if constexpr (std::is_same_v<T, TextMap>) value = {{"other", "one"}};
        },
        key.field);
    EXPECT_FALSE(changes(some_settings(), after).empty()) << key.name;
  }
}

std::optional<Secret> opened(std::string_view sealed) {
  if (!sealed.starts_with("sealed:")) return std::nullopt;
  return Secret(std::string(sealed.substr(7)));
}

TEST(AccountsFromElsewhere, AreReadAsThoseOfTheFile) {
  Loaded loaded;
  add_accounts(loaded,
               R"([{"name":"shop","kind":"official_account","token":"sealed:t","agent_id":7,"max_timestamp_age":"10m",
      "menu":{"PRICE":"价格"},"proof":{"over":["body"],"sorted":true},"replies":[{"on":"keyword","keyword":"x","exact":true,"text":"y"}]}])",
               "wxpipe.accounts", kForIngest, opened);
  ASSERT_THAT(loaded.errors, IsEmpty());
  ASSERT_EQ(loaded.settings.accounts.size(), 1u);
  const auto& shop = loaded.settings.accounts[0];
  EXPECT_EQ(shop.token, Secret("t"));
  EXPECT_EQ(shop.agent_id, 7);
  EXPECT_EQ(shop.max_timestamp_age, seconds(600));
  EXPECT_THAT(shop.menu, ElementsAre(testing::Pair("PRICE", "价格")));
  EXPECT_THAT(shop.declared.over, ElementsAre("body"));
  EXPECT_EQ(shop.declared.sorted, true);
  ASSERT_EQ(shop.replies.size(), 1u);
  EXPECT_TRUE(shop.replies[0].exact);
}

TEST(AccountsFromElsewhere, SayWhichSecretCanNotBeOpened) {
  Loaded loaded;
  add_accounts(loaded, R"([{"name":"shop","kind":"official_account","token":"in clear"}])", "wxpipe.accounts",
               kForIngest, opened);
  EXPECT_THAT(loaded.errors, ElementsAre(HasSubstr("wxpipe.accounts: accounts.shop.token: no sealing key opens it")));
}

TEST(AccountsFromElsewhere, NeedNoSecretsWhereOnlyTheirNamesAreWanted) {
  Loaded loaded;
  add_accounts(loaded, R"([{"name":"shop","kind":"official_account","title":"旗舰店","token":"sealed:t"}])",
               "wxpipe.accounts", kForProcess, [](std::string_view) { return std::optional<Secret>(); });
  EXPECT_THAT(loaded.errors, IsEmpty());
  EXPECT_EQ(loaded.settings.accounts.at(0).title, "旗舰店");
  EXPECT_TRUE(loaded.settings.accounts.at(0).token.empty());
}

TEST(AccountsFromElsewhere, ThatAreNoListAreAnError) {
  Loaded loaded;
  add_accounts(loaded, R"({"name":)", "wxpipe.accounts", kForIngest, opened);
  EXPECT_THAT(loaded.errors, ElementsAre(HasSubstr("wxpipe.accounts: accounts: is not a list")));
}

TEST(AccountsFromElsewhere, AskForTheServersSecretsToo) {
  const rig::TemporaryFolder folder;
  const auto file =
      folder.write("wxpipe.toml", "[accounts_from]\npostgres = true\n[postgres]\nurl_env = \"THE_URL\"\n");
  Environment environment;
  EXPECT_THAT(read_settings(file, environment, kForIngest).errors,
              ElementsAre(HasSubstr("THE_URL is not set"), HasSubstr("sealing.key: is missing")));
  EXPECT_THAT(read_settings(file, environment, kForProcess).errors, ElementsAre(HasSubstr("THE_URL is not set")));
  EXPECT_THAT(read_settings(file, environment, kForKafka).errors, IsEmpty());
}

TEST(AccountsFromElsewhere, AndFromTheFileAreAContradiction) {
  const rig::TemporaryFolder folder;
  const auto file = folder.write(
      "wxpipe.toml", "[accounts_from]\npostgres = true\n[[accounts]]\nname = \"shop\"\nkind = \"channel\"\n");
  EXPECT_THAT(read_settings(file, {}, kForSink).errors,
              ElementsAre(HasSubstr(
                  "wxpipe.toml:2:12: accounts_from.postgres: is true, so this file may have no [[accounts]]")));
}

TEST(ReadFiles, AreNamedWithTheirRulesAndSecrets) {
  const rig::TemporaryFolder folder;
  folder.write("rules.toml", "");
  const auto file =
      folder.write("wxpipe.toml", "[score]\nrules_file = \"rules.toml\"\n[sealing]\nkey_file = \"none\"\n");
  EXPECT_THAT(
      read_settings(file, {}, kEverything).files,
      testing::UnorderedElementsAre(file.string(), (folder / "rules.toml").string(), (folder / "none").string()));
}

}  // namespace
}  // namespace wxpipe::config
