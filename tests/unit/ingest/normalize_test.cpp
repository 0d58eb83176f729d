// The rules that are in no table: time, unknown words, lists, credentials, limits.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/json/write.hpp"
#include "ingest/normalize.hpp"
#include "schemas/event_id.hpp"
#include "schemas/fact_json.hpp"
#include "tests/unit/ingest/platform_side.hpp"

namespace wxpipe::ingest {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;
using testing::StartsWith;

const Timestamp kArrival = Timestamp(1'736'928'002s);

struct Said {
  std::string kind, body, tenant = {}, webhook_id = {};
};

Result<schemas::Event> normalized(const Said& said) {
  std::vector<std::string> errors;
  const Account account = make_account(test::account(said.kind), errors);
  const crypto::Sealer sealer = test::sealer();
  const Document document = parse_document(said.body).value();
  return normalize(document, {account, said.tenant, said.webhook_id, said.body, kArrival, sealer});
}

schemas::Event event_of(const Said& said) { return normalized(said).value(); }
std::string seal(std::string_view text) { return test::sealer().seal(text); }

std::string event_xml(std::string_view event, std::string_view more = {}, std::string_view time = "1736928000") {
  return fmt::format(
      "<xml><ToUserName>gh_original</ToUserName><FromUserName>oUser</FromUserName><CreateTime>{}</CreateTime>"
      "<MsgType>event</MsgType><Event>{}</Event>{}</xml>",
      time, event, more);
}

// ---- A whole event ----

TEST(Normalize, FillsEveryColumnOfAMenuClick) {
  const std::string body = event_xml("CLICK", "<EventKey>PRICE</EventKey><MenuId>7</MenuId>");
  schemas::Event event;
  event.id = schemas::event_id("official_account", "", "", body, Timestamp(1'736'928'000s));
  event.identity = "click|From=oUser|T=1736928000|EventKey=PRICE|MenuId=7";
  event.type = "menu.clicked";
  event.category = "event";
  event.platform = "wechat";
  event.account = "official_account";
  event.subject = event.sender = "oUser";
  event.recipient = "gh_original";
  event.msg_type = "event";
  event.event = "CLICK";
  event.content = "PRICE";
  event.occurred_at = Timestamp(1'736'928'000s);
  event.received_at = kArrival;
  event.attributes = {{"EventKey", "PRICE"}, {"MenuId", "7"}};
  event.raw = body;
  EXPECT_EQ(event_of({"official_account", body}), event);
}

TEST(Normalize, XmlAndJsonOfOneEventDifferInBytesAlone) {
  schemas::Event xml =
      event_of({"mini_program", event_xml("subscribe_msg_popup_event",
                                          "<SubscribeMsgPopupEvent><List><TemplateId>t1</TemplateId>"
                                          "<SubscribeStatusString>accept</SubscribeStatusString></List>"
                                          "<List><TemplateId>t2</TemplateId><SubscribeStatusString>reject"
                                          "</SubscribeStatusString></List></SubscribeMsgPopupEvent>")});
  const schemas::Event json =
      event_of({"mini_program",
                R"({"ToUserName":"gh_original","FromUserName":"oUser","CreateTime":1736928000,"MsgType":"event",)"
                R"("Event":"subscribe_msg_popup_event","List":[{"TemplateId":"t1","SubscribeStatusString":"accept"},)"
                R"({"TemplateId":"t2","SubscribeStatusString":"reject"}]})"});
  EXPECT_THAT(xml.attributes, ElementsAre(Pair("List.TemplateId", "t1"), Pair("List.SubscribeStatusString", "accept"),
                                          Pair("List.TemplateId", "t2"), Pair("List.SubscribeStatusString", "reject")));
  xml.raw = json.raw;
  xml.id = json.id;
  EXPECT_EQ(xml, json);
}

TEST(Normalize, WordsAreMatchedInAnyCaseAndKept) {
  const auto event =
      event_of({"wework_app",
                "<xml><FromUserName>SYS</FromUserName><CreateTime>1736928000</CreateTime><MsgType>Event</MsgType>"
                "<Event>Change_External_Contact</Event><ChangeType>ADD_External_Contact</ChangeType>"
                "<UserID>lisi</UserID><ExternalUserID>wm1</ExternalUserID></xml>"});
  EXPECT_EQ(event.type, "contact.added");
  EXPECT_EQ(event.msg_type, "Event");
  EXPECT_EQ(event.event, "Change_External_Contact");
  EXPECT_EQ(event.change_type, "ADD_External_Contact");
  EXPECT_EQ(event.subject, "wm1");
  EXPECT_EQ(event.identity,
            "change_external_contact|ChangeType=add_external_contact|UserID=lisi|ExternalUserID=wm1|T=1736928000");
}

TEST(Normalize, TheSystemIsNobody) {
  const auto event = event_of({"wework_app",
                               "<xml><FromUserName>sys</FromUserName><CreateTime>1736928000</CreateTime>"
                               "<MsgType>event</MsgType><Event>living_status_change</Event></xml>"});
  EXPECT_EQ(event.sender, "sys");
  EXPECT_EQ(event.subject, "");
}

TEST(Normalize, AnEventBesideAnotherMsgTypeIsAnAttribute) {
  const auto event = event_of({"official_account",
                               "<xml><FromUserName>o</FromUserName><CreateTime>1736928000</CreateTime>"
                               "<MsgType>text</MsgType><Content>hi</Content><MsgId>1</MsgId>"
                               "<Event>subscribe</Event></xml>"});
  EXPECT_EQ(event.type, "message.text");
  EXPECT_EQ(event.event, "");
  EXPECT_THAT(event.attributes, ElementsAre(Pair("Event", "subscribe")));
}

TEST(Normalize, AReceiptsMsgIdIsNotTheMessages) {
  const auto event = event_of(
      {"official_account", event_xml("TEMPLATESENDJOBFINISH", "<MsgID>200163836</MsgID><Status>success</Status>")});
  EXPECT_EQ(event.msg_id, "");
  EXPECT_EQ(event.identity, "templatesendjobfinish|MsgID=200163836|From=oUser");
}

TEST(Normalize, KeysThatDifferInCaseAreDifferent) {
  const auto event = event_of({"open_platform",
                               "<xml><AppId>wxcomponent</AppId><appid>wxmini</appid><CreateTime>1736928000</CreateTime>"
                               "<InfoType>notify_third_fasteregister</InfoType><status>0</status></xml>"});
  EXPECT_THAT(event.attributes,
              ElementsAre(Pair("AppId", "wxcomponent"), Pair("appid", "wxmini"), Pair("status", "0")));
  EXPECT_EQ(event.identity, "notify_third_fasteregister|appid=wxmini|T=1736928000|status=0");
}

TEST(Normalize, TheTenantIsThePathsOrTheAuthorisedAccounts) {
  const auto tenant = [](Said said) { return event_of(said).tenant; };
  EXPECT_EQ(tenant({"open_platform_messages", event_xml("subscribe"), "wx1"}), "wx1");
  EXPECT_EQ(tenant({"open_platform",
                    "<xml><CreateTime>1736928000</CreateTime><InfoType>unauthorized</InfoType>"
                    "<AuthorizerAppid>wx2</AuthorizerAppid></xml>"}),
            "wx2");
  EXPECT_EQ(tenant({"wework_suite_command",
                    "<xml><SuiteId>s</SuiteId><InfoType>cancel_auth</InfoType>"
                    "<TimeStamp>1736928000</TimeStamp><AuthCorpId>ww3</AuthCorpId></xml>"}),
            "ww3");
  EXPECT_EQ(tenant({"official_account", event_xml("subscribe", "<AuthCorpId>ww4</AuthCorpId>")}), "");
}

TEST(Normalize, GroupsOfBotsStayInOrderByTheirChat) {
  const auto event =
      event_of({"wework_bot", R"({"msgid":"m1","aibotid":"bot","chatid":"wr1","chattype":"group",)"
                              R"("from":{"userid":"lisi"},"msgtype":"text","text":{"content":"hello"}})"});
  EXPECT_EQ(event.subject, "wr1");
  EXPECT_EQ(event.conversation, "wr1");
  EXPECT_EQ(event.sender, "lisi");
  EXPECT_EQ(event.recipient, "bot");
  EXPECT_EQ(event.content, "hello");
}

// ---- Time ----

TEST(Normalize, TimesAreSecondsOrMilliseconds) {
  const auto at = [](std::string_view time) {
    return event_of({"official_account", event_xml("CLICK", "", time)}).occurred_at;
  };
  EXPECT_EQ(at("1736928000"), Timestamp(1'736'928'000s));
  EXPECT_EQ(at("1736928000123"), Timestamp(1'736'928'000'123ms));
  EXPECT_EQ(at("<![CDATA[ 1736928000 ]]>"), Timestamp(1'736'928'000s));
  EXPECT_EQ(at("1293840000"), Timestamp(std::chrono::sys_days{std::chrono::year{2011} / 1 / 1}));
  EXPECT_EQ(at("1737014402"), kArrival + 24h);
}

TEST(Normalize, TimesAreNumbersAsJsonMayWriteThem) {
  const auto at = [](std::string_view time) {
    return event_of(
               {"mini_program",
                fmt::format(R"({{"FromUserName":"oUser","CreateTime":{},"MsgType":"event","Event":"CLICK"}})", time)})
        .occurred_at;
  };
  EXPECT_EQ(at("1736928000.0"), Timestamp(1'736'928'000s));
  EXPECT_EQ(at("1.736928e9"), Timestamp(1'736'928'000s));
  EXPECT_EQ(at("1736928000.25"), Timestamp(1'736'928'000'250ms));
  EXPECT_EQ(at("1736928000123.0"), Timestamp(1'736'928'000'123ms));
  EXPECT_EQ(at("1.736928000123E+12"), Timestamp(1'736'928'000'123ms));
}

TEST(Normalize, TimesThatCannotBeAreDeadLetters) {
  for (const auto* time : {"1293839999", "0", "-5", "-5.5", "1e400", "-1e400", "1e-400", "1.2e9", "1737014403",
                           "99999999999", "17369280001230000", "99999999999999999999", "-99999999999999999999"}) {
    const auto result = normalized({"official_account", event_xml("CLICK", "", time)});
    ASSERT_FALSE(result) << time;
    EXPECT_EQ(result.error().reason, Reason::implausible_time) << time;
  }
  EXPECT_EQ(normalized({"official_account", event_xml("never_heard_of", "", "17")}).error().reason,
            Reason::implausible_time);
}

TEST(Normalize, AYearLateIsFine) {
  EXPECT_EQ(event_of({"official_account", event_xml("CLICK", "", "1705305600")}).occurred_at,
            Timestamp(1'705'305'600s));
}

TEST(Normalize, OnlyWhatNobodyKnowsMayLackATime) {
  for (const auto* time : {"", "soon", "1.7x9", "0x1", "1e", "-", "1736928000.0s", "inf", "nan"}) {
    const auto known = normalized({"official_account", event_xml("CLICK", "", time)});
    ASSERT_FALSE(known) << time;
    EXPECT_EQ(known.error().reason, Reason::missing_field) << time;
    const auto unknown = event_of({"official_account", event_xml("never_heard_of", "", time)});
    EXPECT_TRUE(unknown.timeless) << time;
    EXPECT_EQ(unknown.occurred_at, kArrival) << time;
    EXPECT_EQ(unknown.id, schemas::event_id("official_account", "", "", unknown.raw, std::nullopt)) << time;
  }
}

TEST(Normalize, BotMessagesHaveNoTimeAndBotEventsDo) {
  const auto message = event_of({"wework_bot", R"({"msgid":"m","msgtype":"text","text":{"content":"hi"}})"});
  EXPECT_TRUE(message.timeless);
  const auto event = event_of(
      {"wework_bot", R"({"msgid":"m","create_time":1736928000,"msgtype":"event","event":{"eventtype":"enter_chat"}})"});
  EXPECT_FALSE(event.timeless);
  EXPECT_EQ(event.occurred_at, Timestamp(1'736'928'000s));
}

TEST(Normalize, ASendersClockIsNoPlatformTime) {
  const auto event =
      event_of({"channel", R"({"type":"page_view","timestamp":"1999-01-01T00:00:00Z","data":{}})", "", "msg_1"});
  EXPECT_TRUE(event.timeless);
  EXPECT_EQ(event.occurred_at, kArrival);
}

// ---- What is missing, and what is unknown ----

TEST(Normalize, MessagesNeedASenderThoughItMayBeEmpty) {
  const auto message = [](std::string_view from) {
    return fmt::format("<xml>{}<CreateTime>1736928000</CreateTime><MsgType>text</MsgType><Content>hi</Content></xml>",
                       from);
  };
  for (const auto* kind : {"official_account", "wework_app"}) {
    EXPECT_EQ(normalized({kind, message("")}).error(), (Rejection{Reason::missing_field, "FromUserName"}));
    EXPECT_EQ(event_of({kind, message("<FromUserName></FromUserName>")}).subject, "");
  }
}

TEST(Normalize, NobodyMissesWhatIsUnknown) {
  const std::pair<std::string, std::string> types[] = {
      {"<xml><MsgType>notsure</MsgType></xml>", "unknown.notsure"},
      {"<xml><MsgType>event</MsgType></xml>", "unknown.event"},
      {"<xml><MsgType>event</MsgType><Event>debug_demo</Event></xml>", "unknown.debug_demo"},
      {"<xml><Event>Only-An Event!</Event></xml>", "unknown.only_an_event"},
      {"<xml><MsgType> 新词 </MsgType></xml>", "unknown.untyped"},
      {"<xml><MsgType>--a--</MsgType></xml>", "unknown.a"},
      {"<xml><action>CheckContainerPath</action></xml>", "unknown.checkcontainerpath"},
      {"<xml></xml>", "unknown.untyped"},
      {"[]", "unknown.untyped"},
      {"7", "unknown.untyped"}};
  for (const auto& [body, type] : types)
    for (const auto* kind : {"official_account", "open_platform", "wework_app", "wework_suite_command"})
      EXPECT_EQ(event_of({kind, body}).type, type) << body;
  EXPECT_EQ(
      event_of({"wework_app",
                "<xml><MsgType>event</MsgType><Event>change_contact</Event><ChangeType>Merge_User</ChangeType></xml>"})
          .type,
      "unknown.change_contact_merge_user");
  EXPECT_EQ(event_of({"channel", R"({"type":"Coupon Shared"})"}).type, "unknown.coupon_shared");
  EXPECT_EQ(event_of({"wework_bot", R"({"msgtype":"event","event":{"eventtype":"leave"}})"}).type, "unknown.leave");
  EXPECT_EQ(event_of({"wework_instance", R"({"type":"message.received","data":{"message_type":"dance"}})"}).type,
            "unknown.dance");
}

TEST(Normalize, AWordsLengthIsBounded) {
  const std::string word(5000, 'a');
  const auto event = event_of({"official_account", event_xml(word)});
  EXPECT_EQ(event.type, "unknown." + std::string(64, 'a'));
  EXPECT_EQ(event.event.size(), 512U - 32 + 1 + 16);
  EXPECT_THAT(event.event, StartsWith(std::string(480, 'a') + "#"));
  EXPECT_NE(event_of({"official_account", event_xml(word + "b")}).event, event.event);
}

TEST(Normalize, WordsAreCutBetweenCharacters) {
  for (const auto* before : {"", "a", "ab"}) {
    std::string word = before;
    for (int i = 0; i < 30; ++i) word += "新";
    const auto event = event_of({"official_account", event_xml(word)});
    EXPECT_TRUE(json::is_utf8(event.identity)) << event.identity;
  }
}

TEST(Normalize, CharactersThatPostgresCannotHoldAreReplacedAndTheEventSaysSo) {
  const auto event = event_of({"wework_bot", R"({"msgid":"m","msgtype":"text","text":{"content":"a\u0000b"}})"});
  EXPECT_EQ(event.content, "a\uFFFDb");
  EXPECT_THAT(event.attributes, ElementsAre(Pair("sanitised", "true")));
}

TEST(Normalize, BytesThatAreNoTextAreReplacedAndStandBesideIt) {
  const std::string before =
      "<xml><FromUserName>o</FromUserName><CreateTime>1736928000</CreateTime><MsgType>event</MsgType>"
      "<Event>CLICK</Event><EventKey>";
  const std::string written = before + "caf\xC3</EventKey></xml>";
  const auto event = event_of({"official_account", written});
  EXPECT_EQ(event.raw, before + "caf\uFFFD</EventKey></xml>");
  EXPECT_EQ(event.body_bytes, written);
  EXPECT_EQ(event.content, "caf\uFFFD");
  EXPECT_THAT(event.attributes, ElementsAre(Pair("EventKey", "caf\uFFFD"), Pair("sanitised", "true")));
  EXPECT_EQ(event.id, schemas::event_id("official_account", "", "", written, Timestamp(1'736'928'000s)));

  const std::string with_code = before + "\xFF</EventKey><WelcomeCode>welcome-code-31</WelcomeCode></xml>";
  const auto sealed = event_of({"official_account", with_code});
  EXPECT_EQ(test::sealer().open(sealed.body_bytes), with_code);
  EXPECT_THAT(sealed.raw, Not(HasSubstr("welcome-code-31")));
}

TEST(Normalize, EachOfAPlatformsSpellingsNamesThePerson) {
  const auto subject = [](std::string_view event, std::string_view field) {
    return event_of({"mini_program", event_xml(event, fmt::format("<{0}>oPerson</{0}>", field))}).subject;
  };
  for (const auto* field : {"openid", "OpenID", "OpenId", "open_id", "payer_openid"}) {
    EXPECT_EQ(subject("xpay_refund_notify", field), "oPerson") << field;
    EXPECT_EQ(subject("never_heard_of", field), "oPerson") << field;
  }
  for (const auto* field : {"OpenPID", "openids", "pid"}) EXPECT_EQ(subject("xpay_refund_notify", field), "") << field;
  EXPECT_EQ(subject("CLICK", "openid"), "oUser") << "its sender is the person";
}

TEST(Normalize, AnIdentityWithoutItsOwnPartsFallsBackToTheBytes) {
  const auto identity = [](std::string_view more) {
    return event_of({"mini_program", event_xml("xpay_complaint_notify", more)}).identity;
  };
  EXPECT_THAT(identity("<Other>1</Other>"), StartsWith("xpay_complaint_notify|From=oUser|T=1736928000|body="));
  EXPECT_NE(identity("<Other>1</Other>"), identity("<Other>2</Other>"));
  EXPECT_EQ(identity("<RequestId>r1</RequestId>"), "xpay_complaint_notify|From=oUser|T=1736928000|RequestId=r1");
  EXPECT_EQ(event_of({"official_account", event_xml("unsubscribe")}).identity, "unsubscribe|From=oUser|T=1736928000");
}

// ---- Lists and structure ----

std::string json_of(const Said& said) { return std::string(event_of(said).attributes.json()); }

TEST(Normalize, AttributesMirrorTheBody) {
  const auto xml = [](std::string_view more) { return json_of({"official_account", event_xml("CLICK", more)}); };
  EXPECT_EQ(xml("<L><N><A>1</A><B>2</B></N><N><B>3</B></N></L><E/><M>see <b>this</b></M>"),
            R"({"L":{"N":[{"A":"1","B":"2"},{"B":"3"}]},"E":"","M":{"b":"this","":"see "}})");
  EXPECT_EQ(xml("<N>1</N><X>x</X><N><A>2</A></N>"), R"({"N":["1",{"A":"2"}],"X":"x"})");
  const auto json = [](std::string_view more) {
    return json_of(
        {"mini_program",
         fmt::format(R"({{"FromUserName":"o","CreateTime":1736928000,"MsgType":"event","Event":"CLICK",{}}})", more)});
  };
  EXPECT_EQ(json(R"("a":[{"b":1},{"b":[2,[3]],"c":{}}],"d":[],"e":true,"f":null,"g":"\"")"),
            R"({"a":[{"b":"1"},{"b":["2",["3"]],"c":{}}],"d":[],"e":"true","g":"\""})");
  EXPECT_EQ(json(R"("a":[1],"x":0,"a":2,"a":[3,4])"), R"({"a":["1","2","3","4"],"x":"0"})")
      << "a name that comes again";
  EXPECT_EQ(json_of({"wework_bot", R"({"msgid":"m","msgtype":"text","text":{"content":"hi"},"from":{"userid":"u"}})"}),
            "{}")
      << "columns leave no empty objects behind";
  EXPECT_EQ(json_of({"channel", R"([{"a":1},[2]])", "", "w"}), R"({"value":[{"a":"1"},["2"]]})");
}

TEST(Normalize, WhatThePlatformDocumentsAsAListIsOneWithOneElementToo) {
  EXPECT_EQ(
      json_of({"wework_app",
               "<xml><FromUserName>u</FromUserName><CreateTime>1736928000</CreateTime><MsgType>event</MsgType>"
               "<Event>kf_account_auth_change</Event><AuthAddOpenKfId>k1</AuthAddOpenKfId><AuthDelOpenKfId/></xml>"}),
      R"({"AuthAddOpenKfId":["k1"],"AuthDelOpenKfId":[]})");
  const auto popup = [](std::string_view list) {
    return json_of({"mini_program", fmt::format(R"({{"FromUserName":"o","CreateTime":1736928000,"MsgType":"event",)"
                                                R"("Event":"subscribe_msg_popup_event","List":{}}})",
                                                list)});
  };
  EXPECT_EQ(popup(R"({"TemplateId":"t"})"), R"({"List":[{"TemplateId":"t"}]})");
  EXPECT_EQ(popup(R"([{"TemplateId":"t"}])"), R"({"List":[{"TemplateId":"t"}]})");
}

TEST(Normalize, ScatteredListsComeTogetherInTheirOrder) {
  std::string more;
  for (int i = 0; i < 40; ++i) more += fmt::format("<A>{}</A><B>{}</B>", i, -i);
  for (const auto& body : {event_xml("CLICK", "<A>0</A><B>0</B><A>1</A><C>x</C><B>1</B>"), event_xml("CLICK", more)}) {
    const auto attributes = event_of({"official_account", body}).attributes;
    std::string json;
    schemas::append_json(json, attributes);
    EXPECT_THAT(json, StartsWith(R"({"A":["0","1")"));
    EXPECT_EQ(json.find("\"A\""), json.rfind("\"A\"")) << json;
    EXPECT_EQ(json.find("\"B\""), json.rfind("\"B\"")) << json;
  }
}

TEST(Normalize, ListsOfMembersAreOneIdentityInAnyStyle) {
  const auto identity = [](std::string_view list) {
    return event_of(
               {"wework_app",
                fmt::format(
                    "<xml><FromUserName>sys</FromUserName><CreateTime>1736928000</CreateTime><MsgType>event</MsgType>"
                    "<Event>change_external_chat</Event><ChangeType>update</ChangeType><ChatId>wr1</ChatId>"
                    "<UpdateDetail>add_member</UpdateDetail><MemChangeList>{}</MemChangeList></xml>",
                    list)})
        .identity;
  };
  EXPECT_THAT(identity("<Item>wm1</Item><Item>wm2</Item>"), HasSubstr("|MemChangeList.Item=wm1,wm2"));
  EXPECT_THAT(identity("wm1,wm2"), HasSubstr("|MemChangeList=wm1,wm2"));
}

TEST(Normalize, PhotosAreOneIdentityInAnyOrder) {
  const auto identity = [](std::string_view first, std::string_view second) {
    return event_of({"official_account",
                     event_xml("pic_weixin",
                               fmt::format(
                                   "<EventKey>6</EventKey><SendPicsInfo><PicList><item><PicMd5Sum>{}</PicMd5Sum></item>"
                                   "<item><PicMd5Sum>{}</PicMd5Sum></item></PicList></SendPicsInfo>",
                                   first, second))})
        .identity;
  };
  EXPECT_EQ(identity("aa", "bb"), identity("bb", "aa"));
}

TEST(Normalize, HostileNumbersOfFieldsAreCutAndSaidSo) {
  std::string many;
  for (int i = 0; i < 20'000; ++i) many += fmt::format("<x{}/>", i);
  const auto attributes = event_of({"official_account", event_xml("CLICK", many)}).attributes;
  EXPECT_EQ(attributes.size(), 4097U);
  EXPECT_EQ(attributes.flat().back(), (std::pair<std::string, std::string>("attributes_cut", "true")));

  const std::string name(200'000, 'n');
  std::string deep = "<" + name + ">";
  for (int i = 0; i < 14; ++i) deep += fmt::format("<c{}/>", i);
  deep += "</" + name + ">";
  const auto long_names = event_of({"official_account", event_xml("CLICK", deep)});
  size_t bytes = 0;
  for (const auto& [path, value] : long_names.attributes) bytes += path.size() + value.size();
  EXPECT_LT(bytes, 600'000U);
}

TEST(Normalize, WhatNoTopicTakesIsADeadLetter) {
  const std::string quotes(1'040'000, '"');
  const auto result = normalized(
      {"official_account",
       "<xml><FromUserName>o</FromUserName><CreateTime>1736928000</CreateTime><MsgType>text</MsgType><Content>" +
           quotes + "</Content><MsgId>1</MsgId></xml>"});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason, Reason::too_large);
  EXPECT_TRUE(
      normalized({"official_account", event_xml("CLICK", "<EventKey>" + std::string(400'000, 'k') + "</EventKey>")}));
}

// ---- Credentials ----

std::string raw_of(std::string_view kind, std::string body) {
  return event_of({std::string(kind), std::move(body)}).raw;
}

TEST(Sealing, TheElementStaysAndItsTextBecomesTheSeal) {
  const std::string before =
      "<xml><SuiteId>s</SuiteId><InfoType>suite_ticket</InfoType><TimeStamp>1736928000</TimeStamp>";
  const std::pair<std::string, std::string> tickets[] = {
      {"<SuiteTicket><![CDATA[tick@@et1]]></SuiteTicket>", "<SuiteTicket><![CDATA[SEAL]]></SuiteTicket>"},
      {"<SuiteTicket>tick@@et1</SuiteTicket>", "<SuiteTicket>SEAL</SuiteTicket>"},
      {"<SuiteTicket>\n <![CDATA[ tick@@et1]]>\n</SuiteTicket >", "<SuiteTicket>\n <![CDATA[ SEAL]]>\n</SuiteTicket >"},
      {"<SuiteTicket a='>'>tick&#64;&#x40;et1</SuiteTicket>", "<SuiteTicket a='>'>SEAL</SuiteTicket>"},
      {"<SuiteTicket>tick<![CDATA[@@]]>et1</SuiteTicket>", "<SuiteTicket>SEAL</SuiteTicket>"},
      {"<SuiteTicket><!-- tick@@et1 --><![CDATA[tick@@et1]]></SuiteTicket>",
       "<SuiteTicket><![CDATA[SEAL]]></SuiteTicket>"},
      {"<suite_ticket>tick@@et1</suite_ticket>", "<suite_ticket>SEAL</suite_ticket>"},
      {"<SuiteTicket><v>tick@@et1</v></SuiteTicket>", "<SuiteTicket><v>SEAL</v></SuiteTicket>"},
      {"<!-- tick@@et1 --><SuiteTicket>tick@@et1</SuiteTicket><x y=\"tick@@et1\">see tick&#64;@et1!</x>",
       "<!-- SEAL --><SuiteTicket>SEAL</SuiteTicket><x y=\"SEAL\">see SEAL!</x>"},
      {"<SuiteTicket></SuiteTicket>", "<SuiteTicket></SuiteTicket>"},
      {"<SuiteTicket/>", "<SuiteTicket/>"}};
  for (const auto& [written, sealed] : tickets) {
    std::string expected = before + sealed + "</xml>";
    for (size_t at = expected.find("SEAL"); at != std::string::npos; at = expected.find("SEAL"))
      expected.replace(at, 4, seal("tick@@et1"));
    EXPECT_EQ(raw_of("wework_suite_command", before + written + "</xml>"), expected);
  }
}

TEST(Sealing, JsonKeepsItsFormAroundTheSeal) {
  const auto sealed = [](std::string text) {
    for (size_t at = text.find("SEAL"); at != std::string::npos; at = text.find("SEAL"))
      text.replace(at, 4, seal("https://x/1?y=2"));
    return text;
  };
  EXPECT_EQ(
      raw_of("wework_bot",
             R"({ "msgid":"m", "response_url" : "https:\/\/x\/1?y=2" , "msgtype":"text","text":{"content":"hi"}})"),
      sealed(R"({ "msgid":"m", "response_url" : "SEAL" , "msgtype":"text","text":{"content":"hi"}})"));
  EXPECT_EQ(
      raw_of(
          "wework_bot",
          R"({"msgtype":"text","response\u005furl":"https://x/1?y=2","text":{"content":"at https:\/\/x/1?y=\u0032 now"}})"),
      sealed(R"({"msgtype":"text","response\u005furl":"SEAL","text":{"content":"at SEAL now"}})"));
  EXPECT_EQ(raw_of("channel", R"({"token":12345678,"x":[true,{"Password":null,"secret":{"a":["b"]}}]})"),
            fmt::format(R"({{"token":"{}","x":[true,{{"Password":null,"secret":{{"a":["{}"]}}}}]}})", seal("12345678"),
                        seal("b")));
}

TEST(Sealing, ColumnsAndAttributesHoldTheSealToo) {
  const auto event = event_of({"wework_app", event_xml("template_card_event",
                                                       "<TaskId>t</TaskId><EventKey>at code-of-1234 now</EventKey>"
                                                       "<ResponseCode>code-of-1234</ResponseCode>")});
  EXPECT_EQ(event.content, "at " + seal("code-of-1234") + " now");
  EXPECT_THAT(event.attributes, ElementsAre(Pair("TaskId", "t"), Pair("EventKey", event.content),
                                            Pair("ResponseCode", seal("code-of-1234"))));
  EXPECT_THAT(event.identity, HasSubstr("|ResponseCode=" + seal("code-of-1234").substr(10, 16)));
}

TEST(Sealing, ACodeHandedOverAsATextIsSealed) {
  const auto event =
      event_of({"open_platform_messages",
                "<xml><FromUserName>o</FromUserName><CreateTime>1736928000</CreateTime><MsgType>text</MsgType>"
                "<Content><![CDATA[QUERY_AUTH_CODE:queryauthcode@@@1]]></Content><MsgId>1</MsgId></xml>",
                "wx1"});
  EXPECT_EQ(event.content, "QUERY_AUTH_CODE:" + seal("queryauthcode@@@1"));
  EXPECT_THAT(event.raw, HasSubstr("<![CDATA[QUERY_AUTH_CODE:" + seal("queryauthcode@@@1") + "]]>"));
}

TEST(Sealing, WhatWasSealedIsNotSealedAgain) {
  const auto first = event_of({"wework_suite_command", test::kSuiteTicket});
  const auto again = event_of({"wework_suite_command", first.raw});
  EXPECT_EQ(again.raw, first.raw);
  EXPECT_EQ(again.attributes, first.attributes);
}

TEST(Sealing, ARotatedKeyLeavesOldSealsAlone) {
  std::vector<std::string> errors;
  const Account account = make_account(test::account("wework_suite_command"), errors);
  const std::string raw = event_of({"wework_suite_command", test::kSuiteTicket}).raw;
  const Secret before("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="),
      now("ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=");
  const crypto::Sealer rotated(now, {before});
  const Document document = parse_document(raw).value();
  EXPECT_EQ(normalize(document, {account, {}, {}, raw, kArrival, rotated})->raw, raw);
}

TEST(Sealing, MoreCredentialsThanAnyCallbackHasBecomeOneSeal) {
  std::string body = R"({"x":[)";
  for (int i = 0; i < 1000; ++i) body += fmt::format(R"({{"token":"credential-{}"}},)", i);
  body += "0]}";
  const auto event = event_of({"channel", body});
  EXPECT_EQ(test::sealer().open(event.raw), body);
  std::string json;
  encode(event, schemas::kEventSchema, json);
  EXPECT_THAT(json, Not(HasSubstr("credential-")));
  EXPECT_EQ(schemas::attribute(event.attributes, "attributes_cut"), "true");
}

TEST(Sealing, NamesThatOnlyLookLikeCredentialsAreLeftAlone) {
  for (const auto* name :
       {"AuthorizationCodeExpiredTime", "Ticket", "TokenType", "EventKey", "UserCardCode", "tokens", "code"}) {
    const auto event = event_of({"official_account", event_xml("SCAN", fmt::format("<{0}>plain-text</{0}>", name))});
    EXPECT_THAT(event.attributes, ElementsAre(Pair(name, "plain-text")));
  }
}

}  // namespace
}  // namespace wxpipe::ingest
