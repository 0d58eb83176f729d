// What works but is risky: types that no event ever has.
#include "operate/configuration.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace wxpipe::operate {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

config::ScoreRule rule(std::vector<std::string> types) {
  config::ScoreRule rule;
  rule.name = "interest";
  rule.stands_at = "wxpipe.toml:9:1";
  rule.types = std::move(types);
  return rule;
}

config::AccountSettings replying_on(std::string type) {
  config::AccountSettings account;
  account.name = "shop";
  account.kind = "official_account";
  account.where = "wxpipe.toml:3:1";
  account.replies.push_back({.on = std::move(type), .keyword = {}, .text = "欢迎"});
  return account;
}

// Only those of types.
std::vector<std::string> said_of(const config::Settings& settings) {
  std::vector<std::string> said;
  for (const auto& risk : risks_of(settings))
    if (risk.text.starts_with("no event has the type")) said.push_back(risk.place + " " + risk.key + " " + risk.text);
  return said;
}

TEST(MisspeltTypes, AreToldWithThePlaceAndTheNearest) {
  config::Settings settings;
  settings.accounts.push_back(replying_on("follower.subscribd"));
  settings.score.rules.push_back(rule({"message.text", "folower.*"}));
  EXPECT_THAT(said_of(settings),
              ElementsAre("wxpipe.toml:3:1 accounts.shop.replies.on no event has the type \"follower.subscribd\"; the "
                          "nearest that exists is \"follower.subscribed\" (docs/event-types.md)",
                          HasSubstr("wxpipe.toml:9:1 score.rules.interest.types no event has the type \"folower.*\"")));
}

TEST(MisspeltTypes, AreNotThoseThatAnEventMayHave) {
  config::Settings settings;
  for (const auto* type : {"keyword", "follower.subscribed", "group.renamed", "unknown.new_word"})
    settings.accounts.push_back(replying_on(type));
  settings.score.rules.push_back(rule({"*", "message.*", "*.subscribed", "message.anything", "unknown.*", "lead.*"}));
  EXPECT_THAT(said_of(settings), IsEmpty());
}

TEST(MisspeltTypes, AreNotThoseThatASenderDeclares) {
  config::AccountSettings forms;
  forms.name = "forms";
  forms.kind = "channel";
  forms.declared.types = {{"fair_visit", "fair.visited"}};
  config::Settings settings;
  settings.score.rules.push_back(rule({"fair.visited"}));
  EXPECT_EQ(said_of(settings).size(), 1u);
  settings.accounts.push_back(std::move(forms));
  EXPECT_THAT(said_of(settings), IsEmpty());
}

}  // namespace
}  // namespace wxpipe::operate
