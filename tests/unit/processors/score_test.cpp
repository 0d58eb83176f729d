#include "processors/score/score.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "processors/glob.hpp"
#include "processors/score/profile.hpp"
#include "processors/score/word_search.hpp"
#include "processors/text.hpp"
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

bool fires(const config::ScoreRule& rule, const schemas::Event& event) {
  return !Scoring({rule}).activities(event).empty();
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

TEST(Glob, KnowsPlatformsWordsInAnyCase) {
  EXPECT_TRUE(matches_in_any_case("kf_*", "KF_Create"));
  EXPECT_FALSE(matches_in_any_case("kf_*", "k-Create"));
}

std::vector<bool> found(const std::vector<std::vector<std::string>>& lists, std::string_view text) {
  std::vector<bool> answer{true};  // its old content must not matter
  WordSearch(lists).find(text, answer);
  return answer;
}

TEST(WordSearch, FindsWordsOfEveryListWhereverTheyStandAndInAnyCase) {
  const std::vector<std::vector<std::string>> lists{{"price", "价格"}, {"价值", "Demo"}, {}, {"x"}};
  EXPECT_THAT(found(lists, "What is the PRICE of a demo?"), ElementsAre(true, true, false, false));
  EXPECT_THAT(found(lists, "价格"), ElementsAre(true, false, false, false));
  EXPECT_THAT(found(lists, "看看价"), ElementsAre(false, false, false, false))
      << "the beginning of a word is not the word";
  EXPECT_THAT(found(lists, "很有价值"), ElementsAre(false, true, false, false));
  EXPECT_THAT(found(lists, "an x"), ElementsAre(false, false, false, true)) << "a single letter, at the end";
  EXPECT_THAT(found(lists, ""), ElementsAre(false, false, false, false));
}

TEST(WordSearch, FindsExactlyWhatASearchForEachWordFinds) {
  const std::string letters = "aAbB\xe4\xbb\xb7";  // few letters, so that words overlap
  std::minstd_rand random(1);
  const auto text = [&](size_t most) {
    std::string made;
    for (size_t left = random() % (most + 1); left > 0; --left) made += letters[random() % letters.size()];
    return made;
  };
  for (int round = 0; round < 2'000; ++round) {
    std::vector<std::vector<std::string>> lists(1 + random() % 4);
    for (auto& list : lists)
      for (size_t left = random() % 3; left > 0; --left)
        if (auto word = text(4); !word.empty()) list.push_back(std::move(word));
    const auto content = text(12);
    std::vector<bool> expected;
    for (const auto& list : lists)
      expected.push_back(std::any_of(list.begin(), list.end(), [&](const std::string& word) {
        return lower(content).find(lower(word)) != std::string::npos;
      }));
    EXPECT_EQ(found(lists, content), expected) << content;
  }
}

TEST(Score, MakesAnActivityThatTheSameEventMakesAgain) {
  auto event = event_of("menu.clicked");
  event.attributes = {{"EventKey", "PRICE"}, {"menu_name", "价格"}};
  EXPECT_THAT(Scoring({rule({"menu.*"})}).activities(event),
              ElementsAre(schemas::LeadActivity{schemas::origin_of(event),
                                                schemas::derived_id(event.id, "rule:rule"),
                                                "rule",
                                                "interest",
                                                5,
                                                15,
                                                30,
                                                "menu.clicked 价格",
                                                {}}));
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

// Rules are sorted by the word that they name for an event; none may be missed for it.
TEST(Score, FiresTheSameRulesTogetherAsEachAlone) {
  std::vector<config::ScoreRule> rules;
  for (const auto& where : std::vector<std::map<std::string, std::string>>{{{"event", "click"}},
                                                                           {},
                                                                           {{"event", "view"}, {"EventKey", "a"}},
                                                                           {{"event", "kf_*"}},
                                                                           {{"EventKey", "a"}},
                                                                           {{"event", "click"}, {"platform", "wechat"}},
                                                                           {{"event", ""}},
                                                                           {{"change_type", "click"}}}) {
    rules.push_back(rule({"*"}, where));
    rules.back().name = fmt::format("rule {}", rules.size());
  }
  const Scoring together(rules);
  for (const std::string word : {"", "CLICK", "click", "View", "KF_create", "other"})
    for (const bool has_key : {false, true})
      for (const std::string shadow : {"", "click", "kf_x"}) {
        auto event = event_of("menu.clicked");
        event.event = word;
        if (has_key) event.attributes.emplace_back("EventKey", "a");
        if (!shadow.empty()) event.attributes.emplace_back("event", shadow);
        std::vector<schemas::LeadActivity> each;
        for (const auto& one : rules)
          for (auto& activity : Scoring({one}).activities(event)) each.push_back(std::move(activity));
        EXPECT_EQ(together.activities(event), each) << word << ' ' << has_key << ' ' << shadow;
      }
}

TEST(Score, LeavesEventsAboutNobodyAlone) {
  auto event = event_of("message.text");
  event.subject.clear();
  EXPECT_FALSE(fires(rule({"*"}), event));
}

TEST(Score, LeavesGroupChatsAlone) {
  auto event = event_of("message.text", "多少钱");
  event.subject = event.conversation = "10987654321@chatroom";
  EXPECT_FALSE(fires(rule({"message.*"}), event));
  event.subject = "wmqfasd1e19278asdasda";  // a person's id, from a message in a group
  EXPECT_TRUE(fires(rule({"message.*"}), event));
}

TEST(Score, CutsLongWordsBetweenCharacters) {
  auto event = event_of("message.text");
  event.content = std::string(159, 'a') + "价格";
  EXPECT_EQ(Scoring({rule({"*"})}).activities(event)[0].description, "message.text " + std::string(159, 'a'));
}

TEST(Score, KeepsContactDataAlsoWhereNoRuleFires) {
  auto form = event_of("lead.submitted");
  form.platform = "channel";
  form.attributes = {{"data.name", "王小明"}, {"data.phone", "13900000000"}};
  const auto activities = Scoring({rule({"menu.*"})}).activities(form);
  EXPECT_THAT(activities,
              ElementsAre(schemas::LeadActivity{schemas::origin_of(form),
                                                schemas::derived_id(form.id, "contact_data"),
                                                "contact_data",
                                                "profile",
                                                0,
                                                0,
                                                0,
                                                "lead.submitted",
                                                {{"contact_name", "王小明"}, {"contact_phone", "13900000000"}}}));
  EXPECT_THAT(Scoring({rule({"lead.*"})}).activities(form),
              ElementsAre(testing::AllOf(testing::Field(&schemas::LeadActivity::rule, "rule"),
                                         testing::Field(&schemas::LeadActivity::profile, activities[0].profile))));
  form.attributes = {{"data.colour", "red"}};
  EXPECT_TRUE(Scoring({rule({"menu.*"})}).activities(form).empty()) << "it tells nothing of who it is";
}

TEST(Profile, ReadsFormsByTheNamesTheyUse) {
  auto form = event_of("lead.submitted");
  form.platform = "channel";
  form.attributes = {
      {"form.Name", "张三"}, {"phone", "138"}, {"mobile", "139"}, {"company-name", "ACME"}, {"other", "x"}};
  EXPECT_THAT(profile_of(form),
              ElementsAre(Pair("contact_name", "张三"), Pair("contact_phone", "138"), Pair("company_name", "ACME")));
  form.platform = "wechat";
  EXPECT_EQ(profile_of(form), schemas::Attributes{});
}

TEST(Profile, KnowsCommonSpellingsInEnglishAndChinese) {
  auto form = event_of("lead.submitted");
  form.platform = "channel";
  const auto told_by = [&](std::string_view name) {
    form.attributes = {{"data." + std::string(name), "x"}};
    const auto profile = profile_of(form);
    return profile.size() == 1 ? profile[0].first : std::string();
  };
  for (const auto name : {"phone", "phone_number", "phoneNumber", "Mobile-Phone", "mobile_phone", "cellphone",
                          "telephone", "leads_telephone", "手机", "手机号", "手机号码", "联系电话"})
    EXPECT_EQ(told_by(name), "contact_phone") << name;
  for (const auto name : {"Full Name", "姓名", "称呼"}) EXPECT_EQ(told_by(name), "contact_name") << name;
  for (const auto name : {"weixin", "wechat_id", "微信号"}) EXPECT_EQ(told_by(name), "contact_wechat") << name;
  for (const auto name : {"email_address", "邮箱"}) EXPECT_EQ(told_by(name), "contact_email") << name;
  EXPECT_EQ(told_by("公司名称"), "company_name");
  EXPECT_EQ(told_by("province_name"), "province");
  EXPECT_EQ(told_by("城市"), "city");
  for (const auto name : {"form_name", "phone_model", "手机型号", "clue_id", "openid", "留言", ""})
    EXPECT_EQ(told_by(name), "") << name;
}

TEST(Profile, PrefersWhatTheAccountSaysToWhatItGuesses) {
  auto form = event_of("lead.submitted");
  form.platform = "channel";
  form.attributes = {{"name", "Price survey"}, {"q2", "138"}, {"contact_name", "-"}, {"contact_phone", "138"}};
  EXPECT_THAT(profile_of(form), ElementsAre(Pair("contact_phone", "138"))) << "- says that nothing is the name";
}

}  // namespace
}  // namespace wxpipe::processors
