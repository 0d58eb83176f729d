#include "processors/steps.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "processors/follower/change.hpp"
#include "processors/logs/log.hpp"
#include "processors/score/profile.hpp"
#include "schemas/event_id.hpp"
#include "tests/unit/processors/events.hpp"

namespace wxpipe::processors {
namespace {
using test::event_of;
using testing::ElementsAre;
using testing::Pair;

schemas::Event contact(const std::string& change, schemas::Attributes attributes = {{"UserID", "zhangsan"}}) {
  auto event = event_of("contact." + change, "body of " + change);
  event.platform = "wework";
  event.attributes = std::move(attributes);
  return event;
}

// change, state, owner, rank
using Relation = std::tuple<std::string, std::string, std::string, int>;
Relation relation(const schemas::Event& event) {
  const auto change = follower_change(event);
  return change ? Relation{change->change, change->state, change->owner, change->rank} : Relation{};
}

TEST(FollowerChange, KnowsFollowersOfOfficialAccounts) {
  auto event = event_of("follower.subscribed");
  event.attributes = {{"EventKey", "qrscene_poster"}, {"channel", "线下海报"}};
  EXPECT_EQ(follower_change(event), (schemas::FollowerChanged{schemas::origin_of(event), "", "subscribed", "following",
                                                              20, "poster", "线下海报"}));
  EXPECT_EQ(relation(event_of("follower.unsubscribed")), Relation("unsubscribed", "left", "", 30));
  EXPECT_EQ(relation(event_of("follower.scanned")), Relation("scanned", "following", "", 20));
}

TEST(FollowerChange, KnowsCustomersOfMembers) {
  EXPECT_EQ(relation(contact("added")), Relation("added", "following", "zhangsan", 20));
  EXPECT_EQ(relation(contact("half_added")), Relation("half_added", "pending", "zhangsan", 10));
  EXPECT_EQ(relation(contact("edited")), Relation("edited", "", "zhangsan", 0));
  EXPECT_EQ(relation(contact("removed_by_customer")), Relation("removed_by_customer", "left", "zhangsan", 30));
  EXPECT_EQ(relation(contact("removed_by_member")), Relation("removed_by_member", "left", "zhangsan", 30));
  EXPECT_EQ(relation(contact("removed_by_member", {{"UserID", "zhangsan"}, {"Source", "DELETE_BY_TRANSFER"}})),
            Relation("handed_over", "left", "zhangsan", 30));
  EXPECT_EQ(relation(contact("invented_later")), Relation());
  auto told_by_instance = contact("added", {});
  told_by_instance.platform = "instance";
  told_by_instance.recipient = "wxid_member";
  EXPECT_EQ(relation(told_by_instance), Relation("added", "following", "wxid_member", 20));
}

TEST(FollowerChange, AnOwnersLengthIsBounded) {
  EXPECT_EQ(follower_change(contact("added", {{"UserID", std::string(6000, 'u')}}))->owner, std::string(512, 'u'));
}

TEST(Profile, ATextOfManyCharactersIsNoPhoneNumber) {
  auto form = event_of("lead.submitted");
  form.platform = "channel";
  form.attributes = {{"data.name", "王小明"}, {"data.phone", std::string(6000, '1')}};
  EXPECT_THAT(profile_of(form), ElementsAre(Pair("contact_name", "王小明")));
  form.attributes = {{"data.phone", "+86 139 0000 0000"}};
  EXPECT_THAT(profile_of(form), ElementsAre(Pair("contact_phone", "+86 139 0000 0000")));
}

TEST(FollowerChange, SaysWhereAnInstanceFoundTheContact) {
  auto event = event_of("contact.added");
  event.platform = "instance";
  event.attributes = {{"data.add_source", "扫码"}};
  EXPECT_EQ(follower_change(event)->scene, "扫码");
}

TEST(FollowerChange, NeedsSomebodyAndALastingRelation) {
  auto nobody = event_of("follower.subscribed");
  nobody.subject.clear();
  EXPECT_EQ(follower_change(nobody), std::nullopt);
  EXPECT_EQ(follower_change(event_of("message.text")), std::nullopt);
}

TEST(Log, IsWrittenForWhatOperatorsMustKnow) {
  auto event = event_of("authorization.revoked");
  event.platform = "open_platform";
  event.event = "unauthorized";
  event.attributes = {{"AuthorizerAppid", "wx01"}, {"AuthorizationCode", "sealed:v1:abc"}, {"Empty", ""}};
  EXPECT_EQ(log_of(event), (schemas::LogWritten{schemas::origin_of(event),
                                                schemas::derived_id(event.id, "log"),
                                                "warn",
                                                "open_platform",
                                                "authorization",
                                                "authorization.revoked",
                                                "authorization.revoked (unauthorized) of oSubject",
                                                {{"AuthorizerAppid", "wx01"}}}));
}

TEST(Log, GoesByThePlatformsWordsWhereTheTypeDoesNotTell) {
  const auto module = [](std::string word, std::string change = {}) {
    auto event = event_of("other.thing");
    event.event = std::move(word);
    event.change_type = std::move(change);
    const auto log = log_of(event);
    return log ? log->level + " " + log->module : std::string("nothing");
  };
  EXPECT_EQ(module("WEAPP_AUDIT_FAIL"), "warn audit");
  EXPECT_EQ(module("batch_job_result"), "info job");
  EXPECT_EQ(module("customer_acquisition", "balance_low"), "warn quota");
  EXPECT_EQ(module("customer_acquisition", "friend_request"), "nothing");
  EXPECT_EQ(module("CLICK"), "nothing");
}

TEST(Log, SaysWhyWhereThePlatformDoes) {
  auto event = event_of("audit.failed");
  event.event = "weapp_audit_fail";
  event.attributes = {{"Reason", "页面空白"}};
  EXPECT_EQ(log_of(event)->message, "audit.failed (weapp_audit_fail) of oSubject: 页面空白");
}

TEST(Log, KeepsAlertsOfInstances) {
  auto event = event_of("alert.raised");
  event.platform = "instance";
  event.event = "alert.raised";
  event.subject.clear();
  event.attributes = {{"data.title", "实例离线"}, {"data.message", "心跳超时"}};
  EXPECT_EQ(log_of(event)->level, "warn");
  EXPECT_EQ(log_of(event)->module, "alert");
  EXPECT_EQ(log_of(event)->message, "alert.raised: 实例离线");
  event.type = event.event = "alert.resolved";
  EXPECT_EQ(log_of(event)->level, "info");
  EXPECT_EQ(log_of(event_of("instance.heartbeat")), std::nullopt);
}

TEST(Steps, EnrichBeforeTheyConclude) {
  config::Settings settings;
  settings.accounts.resize(1);
  settings.accounts[0].name = "shop";
  settings.accounts[0].title = "旗舰店";
  settings.accounts[0].menu = {{"PRICE", "价格"}};
  settings.accounts[0].channels = {{"poster", "线下海报"}};
  settings.score.rules = {test::rule("price", 9, {"*"}, {{"menu_name", "价格"}})};
  const auto steps = make_steps(settings);

  auto clicked = event_of("menu.clicked");
  clicked.attributes = {{"EventKey", "PRICE"}};
  Facts facts;
  for (const auto& step : steps) step.apply(clicked, facts);
  EXPECT_THAT(clicked.attributes,
              ElementsAre(Pair("EventKey", "PRICE"), Pair("account_title", "旗舰店"), Pair("menu_name", "价格")));
  ASSERT_EQ(facts.of<schemas::LeadActivity>().size(), 1U);
  EXPECT_EQ(facts.of<schemas::LeadActivity>()[0].description, "menu.clicked 价格");

  auto followed = event_of("follower.subscribed");
  followed.attributes = {{"EventKey", "qrscene_poster"}};
  facts = {};
  for (const auto& step : steps) step.apply(followed, facts);
  ASSERT_EQ(facts.of<schemas::FollowerChanged>().size(), 1U);
  EXPECT_EQ(facts.of<schemas::FollowerChanged>()[0].channel, "线下海报");
}

}  // namespace
}  // namespace wxpipe::processors
