#include "processors/score/score.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "processors/glob.hpp"
#include "processors/score/profile.hpp"
#include "schemas/event_id.hpp"
#include "tests/unit/processors/events.hpp"

namespace wxpipe::processors {
namespace {
using test::event_of;
using testing::ElementsAre;
using testing::Pair;

config::ScoreRule rule(std::vector<std::string> types, std::map<std::string, std::string> where = {},
                       std::vector<std::string> contains = {}) {
  config::ScoreRule rule;
  rule.name = "rule";
  rule.dimension = "interest";
  rule.points = 5;
  rule.daily_cap = 15;
  rule.half_life_days = 30;
  rule.types = std::move(types);
  rule.where = std::move(where);
  rule.contains = std::move(contains);
  return rule;
}

TEST(Glob, LetsAStarStandForAnyText) {
  EXPECT_TRUE(matches("message.*", "message.text"));
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("a*b*c", "aXbYbZc"));
  EXPECT_TRUE(matches("*价格*", "看价格表"));
  EXPECT_FALSE(matches("message.*", "menu.clicked"));
  EXPECT_FALSE(matches("a*b", "abc"));
  EXPECT_FALSE(matches("", "a"));
}

TEST(Score, MakesAnActivityThatTheSameEventMakesAgain) {
  auto event = event_of("menu.clicked");
  event.attributes = {{"EventKey", "PRICE"}, {"menu_name", "价格"}};
  EXPECT_THAT(score(event, std::vector{rule({"menu.*"})}),
              ElementsAre(schemas::LeadActivity{schemas::origin_of(event), schemas::derived_id(event.id, "rule:rule"),
                                                "rule", "interest", 5, 15, 30, "menu.clicked 价格", {}}));
}

TEST(Score, FiresOnTypesAttributesColumnsAndWords) {
  auto event = event_of("message.text");
  event.content = "What is the PRICE?";
  event.event = "Kf_Create";
  event.attributes = {{"EventKey", "PRICE_1"}, {"List", "no"}, {"List", "yes"}, {"Empty", ""}};
  EXPECT_TRUE(fires(rule({"x", "message.*"}), event));
  EXPECT_FALSE(fires(rule({"menu.*"}), event));
  EXPECT_TRUE(fires(rule({"*"}, {{"EventKey", "PRICE*"}}), event));
  EXPECT_FALSE(fires(rule({"*"}, {{"EventKey", "price*"}}), event)) << "values are people's own words";
  EXPECT_TRUE(fires(rule({"*"}, {{"List", "yes"}}), event)) << "any element of a list";
  EXPECT_FALSE(fires(rule({"*"}, {{"Empty", "*"}}), event));
  EXPECT_FALSE(fires(rule({"*"}, {{"Missing", "*"}}), event));
  EXPECT_TRUE(fires(rule({"*"}, {{"platform", "wechat"}, {"account", "sh*"}, {"event", "kf_create"}}), event));
  EXPECT_FALSE(fires(rule({"*"}, {{"platform", "wechat"}, {"tenant", "x"}}), event)) << "all must hold";
  EXPECT_TRUE(fires(rule({"*"}, {}, {"多少钱", "price"}), event));
  EXPECT_FALSE(fires(rule({"*"}, {}, {"多少钱"}), event));
}

TEST(Score, LeavesEventsAboutNobodyAlone) {
  auto event = event_of("message.text");
  event.subject.clear();
  EXPECT_FALSE(fires(rule({"*"}), event));
}

TEST(Score, CutsLongWordsBetweenCharacters) {
  auto event = event_of("message.text");
  event.content = std::string(159, 'a') + "价格";
  EXPECT_EQ(score(event, std::vector{rule({"*"})})[0].description, "message.text " + std::string(159, 'a'));
}

TEST(Profile, ReadsFormsByTheNamesTheyUse) {
  auto form = event_of("lead.submitted");
  form.platform = "channel";
  form.attributes = {{"form.Name", "张三"}, {"phone", "138"}, {"mobile", "139"}, {"company-name", "ACME"}, {"other", "x"}};
  EXPECT_THAT(profile_of(form), ElementsAre(Pair("contact_name", "张三"), Pair("contact_phone", "138"),
                                            Pair("company_name", "ACME")));
  form.platform = "wechat";
  EXPECT_EQ(profile_of(form), schemas::Attributes{});
}

}  // namespace
}  // namespace wxpipe::processors
