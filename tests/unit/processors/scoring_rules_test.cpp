// The delivered config/scoring.toml: it loads without errors, and each rule fires on what it is for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/config/settings_file.hpp"
#include "processors/steps.hpp"
#include "tests/unit/processors/events.hpp"

namespace wxpipe::processors {
namespace {
using testing::ElementsAre;
using testing::IsEmpty;

config::Settings settings() {
  config::Environment environment;
  environment.host_name = "test";
  environment.variables["WXPIPE_SCORE__RULES_FILE"] = "config/scoring.toml";
  return config::load_settings("", environment, config::kForProcess);
}

std::vector<std::string> fired(schemas::Event event) {
  static const auto steps = make_steps(settings());
  Facts facts;
  for (const auto& step : steps) step.apply(event, facts);
  std::vector<std::string> names;
  for (const auto& activity : facts.of<schemas::LeadActivity>()) names.push_back(activity.rule);
  return names;
}

schemas::Event text(std::string content) {
  auto event = test::event_of("message.text");
  event.content = std::move(content);
  return event;
}

schemas::Event platform_event(std::string type, std::string word, std::string change = {}) {
  auto event = test::event_of(std::move(type));
  event.event = std::move(word);
  event.change_type = std::move(change);
  return event;
}

TEST(ScoringRules, LoadWithoutComplaintAndAreMany) { EXPECT_GT(settings().score.rules.size(), 35U); }

TEST(ScoringRules, HearWhatPeopleAskFor) {
  EXPECT_THAT(fired(text("你好")), ElementsAre("sent_message"));
  EXPECT_THAT(fired(text("这个多少钱？")), ElementsAre("sent_message", "asked_for_price"));
  EXPECT_THAT(fired(text("Could I get a DEMO and the Price?")),
              ElementsAre("sent_message", "asked_for_price", "asked_for_demo"));
  EXPECT_THAT(fired(text("我要退款")), ElementsAre("sent_message", "complained"));
}

TEST(ScoringRules, KnowComingFromGoing) {
  EXPECT_THAT(fired(platform_event("follower.subscribed", "subscribe")), ElementsAre("followed"));
  auto scanned = platform_event("follower.subscribed", "subscribe");
  scanned.attributes = {{"EventKey", "qrscene_poster"}};
  EXPECT_THAT(fired(scanned), ElementsAre("followed", "followed_from_code"));
  EXPECT_THAT(fired(platform_event("follower.unsubscribed", "unsubscribe")), ElementsAre("unfollowed"));
}

TEST(ScoringRules, KnowContactsInEitherCase) {
  auto added = platform_event("contact.added", "Change_External_Contact", "ADD_external_contact");
  added.platform = "wework";
  EXPECT_THAT(fired(added), ElementsAre("contact_added"));
  added.attributes = {{"State", "poster"}};
  EXPECT_THAT(fired(added), ElementsAre("contact_added", "contact_added_by_link"));
}

TEST(ScoringRules, CountPurchasesAndForms) {
  EXPECT_THAT(fired(platform_event("card.redeemed", "user_consume_card")), ElementsAre("redeemed_card"));
  auto form = test::event_of("lead.submitted");
  form.platform = "channel";
  form.content = "想要一份报价";
  EXPECT_THAT(fired(form), ElementsAre("sent_form", "form_asks_for_offer"));
}

TEST(ScoringRules, TellLookingAroundFromLeavingAForm) {
  const auto on_channel = [](std::string type) {
    auto event = test::event_of(std::move(type));
    event.platform = "channel";
    return fired(event);
  };
  EXPECT_THAT(on_channel("page.viewed"), ElementsAre("viewed_page"));
  EXPECT_THAT(on_channel("file.downloaded"), ElementsAre("followed_link"));
  EXPECT_THAT(on_channel("call.made"), ElementsAre("spoke_to_us"));
  EXPECT_THAT(on_channel("unknown.untyped"), ElementsAre("sent_form"));
}

TEST(ScoringRules, LeaveColleaguesAlone) {
  auto colleague = text("多大");
  colleague.platform = "wework";
  EXPECT_THAT(fired(colleague), IsEmpty());
}

}  // namespace
}  // namespace wxpipe::processors
