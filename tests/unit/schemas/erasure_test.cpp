#include "schemas/erasure.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "schemas/registry.hpp"

namespace wxpipe::schemas {
namespace {
using Names = std::set<std::string>;

constexpr std::string_view kAnna = "oAnna";
std::string_view pseudonym(std::string_view id) { return id == kAnna ? "erased:1" : std::string_view(); }

Event said(std::string subject, std::string content) {
  Event event;
  event.type = "message.text";
  event.account = "shop";
  event.receipt = "edge-1/boot/1";
  event.msg_id = "101";
  event.subject = event.sender = subject;
  event.recipient = "gh_1";
  event.identity = "shop|msg|101";
  event.content = content;
  event.reply = "欢迎";
  event.attributes = {{"Language", "zh"}};
  event.raw = "<xml><FromUserName><![CDATA[" + subject + "]]></FromUserName><Content>" + content + "</Content></xml>";
  return event;
}

TEST(Erasure, LeavesOfAMessageOnlyThatThereWasOne) {
  auto event = said("oAnna", "hello");
  auto expected = event;
  expected.subject = expected.sender = "erased:1";
  expected.identity.clear();
  expected.content = expected.reply = expected.raw = "erased";
  expected.attributes = {};
  EXPECT_TRUE(erase_people(event, pseudonym));
  EXPECT_EQ(event, expected);
  EXPECT_FALSE(erase_people(event, pseudonym)) << "a second time there is nobody to erase";
}

TEST(Erasure, FindsAPersonWhoIsNamedAsAWordInsideAndNobodyElse) {
  for (const auto* text : {"ask oAnna", "我是oAnna。", "oAnna,oBert", "\"oAnna\"", "oAnna"}) {
    auto event = said("oBert", text);
    EXPECT_TRUE(erase_people(event, pseudonym)) << text;
    EXPECT_EQ(event.subject, "oBert");
    EXPECT_EQ(event.content, "erased");
  }
  for (const auto* text : {"oAnnabel", "oanna", "xoAnna", "oAnna-2", ""}) {
    auto event = said("oBert", text);
    const auto before = event;
    EXPECT_FALSE(erase_people(event, pseudonym)) << text;
    EXPECT_EQ(event, before);
  }
}

TEST(Erasure, KeepsOfTheDirectoryWhetherSomebodyIsThere) {
  DirectoryChanged fact;
  fact.kind = "group_member";
  fact.id = "g1";
  fact.part = "oAnna";
  fact.told = {{"nickname", "小王"}, {"state", "present"}, {"change", "joined"}};
  EXPECT_TRUE(erase_people(fact, pseudonym));
  EXPECT_EQ(fact.id, "g1");
  EXPECT_EQ(fact.part, "erased:1");
  EXPECT_EQ(fact.told, (AttributeTree{{"state", "present"}, {"change", "joined"}}));
}

TEST(Erasure, OfAMessageThatWasSentKeepsWhatBecameOfIt) {
  SendTold fact;
  fact.kind = "message";
  fact.sent_as = "m1";
  fact.status = "failed";
  fact.outcome = {{"status", "failed"}, {"error_message", "oAnna is away"}};
  fact.told = {{"receiver", "oAnna"}, {"template_id", "t1"}};
  EXPECT_TRUE(erase_people(fact, pseudonym));
  EXPECT_EQ(fact.outcome, (AttributeTree{{"status", "failed"}}));
  EXPECT_EQ(fact.told, (AttributeTree{{"template_id", "t1"}}));
}

// Whoever adds a field decides what an erasure does to it. These say nothing of anybody: ids of events and things,
// words of closed lists, names of the configuration.
TEST(Erasure, EachTextOfAFactIsDecidedAbout) {
  std::map<std::string, Names> left;
  for_each_fact([&]<class Fact>(const FamilyInfo&) {
    for_each_field<Fact>([&](auto i) {
      constexpr const auto& f = kField<Fact, i>;
      constexpr auto type = kFieldType<Fact, i>;
      if constexpr (kErase<Fact, i> == Erase::nothing && !kErasing<Fact>.whole &&
                    (type == Type::text || type == Type::attributes || type == Type::bytes))
        left[std::string(Fact::kName)].emplace(f.name);
    });
  });
  const Names of_an_event{"account", "event_type", "platform", "receipt", "tenant", "trace_id"};
  const auto and_these = [&](Names more) {
    more.insert(of_an_event.begin(), of_an_event.end());
    return more;
  };
  EXPECT_EQ(
      left,
      (std::map<std::string, Names>{
          {"event",
           {"account", "category", "change_type", "event", "msg_id", "msg_type", "platform", "receipt", "tenant",
            "trace_id", "type"}},
          {"duplicate", {"account", "receipt", "trace_id"}},
          {"follower", and_these({"change", "owner", "state"})},
          {"lead_activity", and_these({"dimension", "rule"})},
          {"log", and_these({"action", "instance", "level", "module", "service", "span_id"})},
          {"dead_letter", {"account", "receipt", "sqlstate", "stage", "topic", "trace_id"}},
          {"custody_mark", left["custody_mark"]},
          {"directory", and_these({"change", "kind"})},
          {"ticket", and_these({"kind", "ticket"})},
          {"send", and_these({"kind", "sent_as", "status"})},
          {"api_call",
           {"account", "code", "method", "parent_id", "request_id", "service", "tenant", "trace_id", "url"}},
          {"ai_call", {"account", "call_type", "model", "provider", "request_id", "service", "tenant", "trace_id"}},
          {"instance", and_these({"login", "subject", "told"})},
          {"metric", and_these({"metric", "subject", "unit", "value"})},
          {"alert", and_these({"alert_uuid", "subject", "told"})}}));
}

}  // namespace
}  // namespace wxpipe::schemas
