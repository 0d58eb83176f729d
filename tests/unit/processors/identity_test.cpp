// What events tell of who somebody is, and of how to reach them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "processors/identity/identity.hpp"
#include "processors/identity/phone.hpp"
#include "processors/score/contacts_in_text.hpp"
#include "processors/score/profile.hpp"
#include "processors/score/score.hpp"
#include "tests/unit/processors/events.hpp"

namespace wxpipe::processors {
namespace {
using namespace test;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(PhoneKey, IsTheSameHoweverANumberIsWritten) {
  for (const auto* written : {"13800138000", "138 0013 8000", "138-0013-8000", "+8613800138000", "+86 138 0013 8000",
                              "8613800138000", "0086-13800138000"})
    EXPECT_EQ(phone_key(written), "13800138000") << written;
  EXPECT_EQ(phone_key("+1 (415) 555-0132"), "+14155550132");
  EXPECT_EQ(phone_key("0014155550132"), "+14155550132");
}

TEST(PhoneKey, IsNothingForWhatIsntOnePersonsNumber) {
  for (const auto* written : {"", "-", "020-88886666", "88886666", "138****8000", "1380013800", "138001380001",
                              "12800138000", "call 13800138000", "+123", "010 12345678 ext 5"})
    EXPECT_EQ(phone_key(written), "") << written;
}

TEST(ContactsInText, AreFoundWhereTheyStand) {
  const auto phone = [](std::string_view text) { return contacts_in(text).phone; };
  EXPECT_EQ(phone("我的电话13800138000，请联系"), "13800138000");
  EXPECT_EQ(phone("tel: +86 138 0013 8000"), "13800138000");
  EXPECT_EQ(phone("138-0013-8000"), "13800138000");
  EXPECT_EQ(phone("20 份，13800138000"), "13800138000");
  EXPECT_EQ(phone("订单 202411200600331234"), "") << "a longer number";
  EXPECT_EQ(phone("id 138001380001"), "");
  EXPECT_EQ(phone("sn-13800138000"), "") << "part of something else";
  EXPECT_EQ(phone("12800138000"), "");

  const auto email = [](std::string_view text) { return contacts_in(text).email; };
  EXPECT_EQ(email("发到 Wang.Min+x@Example.com.cn 吧"), "wang.min+x@example.com.cn");
  EXPECT_EQ(email("me@mail.com."), "me@mail.com");
  EXPECT_EQ(email("@someone hello there, a@b"), "");
  EXPECT_EQ(email("price@100.50"), "");

  const auto wechat = [](std::string_view text) { return contacts_in(text).wechat; };
  EXPECT_EQ(wechat("微信号：wang_min-88"), "wang_min-88");
  EXPECT_EQ(wechat("加我微信 WangMin88 谢谢"), "WangMin88");
  EXPECT_EQ(wechat("vx: wangmin88"), "wangmin88");
  EXPECT_EQ(wechat("微信13800138000"), "13800138000");
  EXPECT_EQ(wechat("微信 weixin.qq.com"), "") << "an address";
  EXPECT_EQ(wechat("微信支付 wangmin88"), "") << "not announced";
  EXPECT_EQ(wechat("wxid_abc1234567"), "");
}

TEST(ContactsInText, AreNotLookedForInTextsThatCantHoldAny) {
  EXPECT_EQ(contacts_in(""), ContactsInText{});
  EXPECT_EQ(contacts_in("你好，请问这个多少钱？"), ContactsInText{});
  EXPECT_EQ(contacts_in(std::string(1 << 20, '@')), ContactsInText{});
  EXPECT_EQ(contacts_in("微信" + std::string(100'000, 'a')), ContactsInText{});
}

TEST(Profile, HasWhatSomebodyWroteButNotWhatStaffWroteToThem) {
  auto event = event_of("message.text");
  event.content = "13800138000, wang@x.com, 微信 wangmin88";
  EXPECT_THAT(profile_of(event), ElementsAre(Pair("text_phone", "13800138000"), Pair("text_email", "wang@x.com"),
                                             Pair("text_wechat", "wangmin88")));
  event.type = "outgoing.text";
  event.sender = "zhangsan";
  EXPECT_THAT(profile_of(event), ElementsAre(Pair("status_contacted", "outgoing.text")));
}

TEST(Profile, HasTheCampaignOfScenesAndLinks) {
  auto event = event_of("follower.subscribed");
  event.attributes = {{"EventKey", "qrscene_utm_source=expo&utm_campaign=%E7%A7%8B"}};
  EXPECT_THAT(profile_of(event), ElementsAre(Pair("utm_source", "expo"), Pair("utm_campaign", "秋")));
  event = event_of("menu.link_opened");
  event.attributes = {{"EventKey", "https://x.com/p?a=1&utm_medium=menu+1#utm_source=no"}};
  EXPECT_THAT(profile_of(event), ElementsAre(Pair("utm_medium", "menu 1")));
  event = event_of("contact.added");
  event.platform = "wework";
  event.attributes = {{"State", "utm_source=ad,utm_term=x"}};
  EXPECT_THAT(profile_of(event), ElementsAre(Pair("utm_source", "ad"), Pair("utm_term", "x")));
  event = event_of("page.viewed");
  event.platform = "channel";
  event.attributes = {{"data.utm_source", "told"}, {"data.url", "https://x.com/?utm_source=link&utm_content=%ff"}};
  EXPECT_THAT(profile_of(event), ElementsAre(Pair("utm_source", "told"), Pair("utm_content", "\\xff")))
      << "what is told comes first; bytes that are no text are written out";
  event = event_of("message.text");
  event.attributes = {{"EventKey", "utm_source=x"}};
  EXPECT_THAT(profile_of(event), IsEmpty());
}

TEST(Profile, HasWhatBecameOfALead) {
  auto event = event_of("order.paid");
  EXPECT_THAT(profile_of(event), ElementsAre(Pair("status_converted", "order.paid")));
  event = event_of("session.opened");
  EXPECT_THAT(profile_of(event), ElementsAre(Pair("status_contacted", "session.opened")));
  event = event_of("lead.updated");
  event.platform = "channel";
  event.attributes = {{"data.status", "Lost"}};
  EXPECT_THAT(profile_of(event), ElementsAre(Pair("status_told", "lost")));
  event.attributes = {{"data.status", "whatever"}};
  EXPECT_THAT(profile_of(event), IsEmpty());
}

TEST(Profile, HasTheWordThatShowsWhatSomebodyWants) {
  auto asks = rule("asked", 10, {"message.*"});
  asks.contains = {"demo", "price"};
  auto event = event_of("message.text");
  event.content = "PRICE of a demo?";
  EXPECT_THAT(Scoring({asks}).activities(event).at(0).profile, IsEmpty()) << "only of rules for what somebody wants";
  asks.dimension = "intent";
  EXPECT_THAT(Scoring({asks}).activities(event).at(0).profile, ElementsAre(Pair("text_intent", "price")));
}

std::vector<std::string> told(const schemas::Event& event) {
  const auto activities = Scoring({}).activities(event);
  std::vector<std::string> list;
  for (const auto& fact : identities_told(event, activities.empty() ? schemas::Attributes{} : activities[0].profile)) {
    EXPECT_EQ(fact.identity_id, schemas::identity_id(event.account, event.tenant, event.subject));
    list.push_back(fact.kind + (fact.links ? "=" : "~") + fact.value + " " + fact.source);
  }
  return list;
}

TEST(Identity, OfAFollowerIsTheOpenidAndTheUnionIdOfACard) {
  auto event = event_of("follower.subscribed");
  EXPECT_THAT(told(event), ElementsAre("openid=oSubject subject"));
  event = event_of("card.received");
  event.attributes = {{"CardId", "p1"}, {"UnionId", "o6_union"}};
  EXPECT_THAT(told(event), ElementsAre("openid=oSubject subject", "unionid=o6_union field"));
  event = event_of("menu.clicked");
  EXPECT_THAT(told(event), IsEmpty());
}

TEST(Identity, OfACustomerHoldsInOneCorporation) {
  auto event = event_of("contact.added");
  event.platform = "wework";
  event.subject = "wmCustomer";
  event.recipient = "wwcorp";
  event.attributes = {{"UserID", "zhang"}, {"ExternalUserID", "wmCustomer"}};
  EXPECT_THAT(told(event), ElementsAre("external_userid=wwcorp/wmCustomer subject"));
  event.tenant = "wwother";
  EXPECT_THAT(told(event), ElementsAre("external_userid=wwother/wmCustomer subject"));
  event = event_of("follower.subscribed");  // a colleague who may use the application
  event.platform = "wework";
  EXPECT_THAT(told(event), IsEmpty());
}

TEST(Identity, OfAFormLinksByWhatThePersonTold) {
  auto event = event_of("lead.submitted");
  event.platform = "channel";
  event.subject = event.sender = "lead-1";
  event.attributes = {{"data.contact_name", "王小明"},
                      {"data.contact_phone", "+86 138 0013 8000"},
                      {"data.contact_email", "Wang@X.com"},
                      {"data.openid", "oAnna"},
                      {"data.unionID", "u1"},
                      {"data.company_name", "某公司"}};
  EXPECT_THAT(told(event), ElementsAre("openid=oAnna form", "unionid=u1 field", "phone=13800138000 form",
                                       "name~王小明 form", "email~wang@x.com form", "company~某公司 form"));
  event.attributes = {{"data.contact_phone", "020-88886666"}};
  EXPECT_THAT(told(event), ElementsAre("phone~020-88886666 form")) << "an office's number";
}

TEST(Identity, OfWhatSomebodyWroteIsAHint) {
  auto event = event_of("message.text");
  event.content = "13800138000";
  EXPECT_THAT(told(event), ElementsAre("phone~13800138000 text"));
  event.subject = event.conversation = event.sender = "group";
  EXPECT_THAT(told(event), IsEmpty()) << "a group is nobody";
}

TEST(Identity, OfAnInstancesContactDescribes) {
  auto event = event_of("contact.edited");
  event.platform = "instance";
  event.subject = "wxid_c7";
  event.attributes = {{"data.nickname", "王明"},
                      {"data.remark", "王总"},
                      {"data.phone", "13800138000"},
                      {"data.tags", "展会"},
                      {"data.tags", "A\"级"}};
  EXPECT_THAT(told(event), ElementsAre("wxid~wxid_c7 subject", "nickname~王明 contact", "remark~王总 contact",
                                       "phone~13800138000 contact", R"(tags~["A\"级", "展会"] contact)"));
  event.attributes = {{"data.tags", ""}};
  EXPECT_THAT(told(event), ElementsAre("wxid~wxid_c7 subject", "tags~[] contact")) << "none any more";
}

TEST(Identity, TakesNoValueThatIsTooLongForAKey) {
  auto event = event_of("card.received");
  event.attributes = {{"UnionId", std::string(300, 'u')}};
  EXPECT_THAT(told(event), ElementsAre("openid=oSubject subject"));
}

}  // namespace
}  // namespace wxpipe::processors
