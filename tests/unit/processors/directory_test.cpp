#include "processors/directory/directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "processors/json_members.hpp"
#include "processors/steps.hpp"
#include "tests/unit/processors/events.hpp"

namespace wxpipe::processors {
namespace {
using test::event_of;
using testing::ElementsAre;
using testing::IsEmpty;

schemas::Event told(const std::string& platform, const std::string& type, const std::string& subject,
                    const std::string& attributes) {
  auto event = event_of(type, attributes);
  event.platform = platform;
  event.subject = subject;
  event.recipient = platform == "instance" ? "wxid_desk1" : "wwcorp";
  event.attributes = schemas::AttributeTree::of_json(attributes);
  return event;
}

// kind id part change rank told
std::vector<std::string> changes(const schemas::Event& event) {
  std::vector<std::string> texts;
  for (const auto& one : directory_changes(event)) {
    EXPECT_EQ(one.origin, schemas::origin_of(event));
    texts.push_back(one.kind + ' ' + one.id + ' ' + one.part + ' ' + one.change + ' ' + std::to_string(one.rank) + ' ' +
                    std::string(one.told.json()));
  }
  return texts;
}

TEST(Directory, KeepsTheFieldsOfAnInstancesContactInTheirStructure) {
  EXPECT_THAT(
      changes(told(
          "instance", "contact.added", "wxid_c7",
          R"({"timestamp":"2025-01-15T08:00:00Z","data":{"account":"wxid_desk1","wxid":"wxid_c7",)"
          R"("nickname":"王 \"小明\"","tags":["展会","老客"],"more":{"a":["1"]},"state":"theirs"},"channel":"x"})")),
      ElementsAre(R"(contact wxid_c7 wxid_desk1 added 20 {"nickname":"王 \"小明\"","tags":["展会","老客"],)"
                  R"("more":{"a":["1"]},"state":"following","change":"added"})",
                  R"(tag 展会  used 0 {"name":"展会"})", R"(tag 老客  used 0 {"name":"老客"})"));
}

TEST(Directory, AnEditLeavesTheRelationAlone) {
  EXPECT_THAT(changes(told("wework", "contact.edited", "wmOne",
                           R"({"UserID":"zhang","ExternalUserID":"wmOne","State":"spring","Secret":"sealed:v1:abc"})")),
              ElementsAre(R"(contact wmOne zhang edited 0 {"State":"spring"})"));
  EXPECT_THAT(
      changes(told("wework", "contact.removed_by_customer", "wmOne", R"({"UserID":"zhang"})")),
      ElementsAre(R"(contact wmOne zhang removed_by_customer 30 {"state":"left","change":"removed_by_customer"})"));
}

TEST(Directory, FollowsARenamedMember) {
  EXPECT_THAT(changes(told("wework", "member.updated", "ChenMo",
                           R"({"UserID":"ChenMo","NewUserID":"ChenMo2","Department":"7"})")),
              ElementsAre(R"(member ChenMo  renamed 30 {"renamed_to":"ChenMo2","state":"removed","change":"renamed"})",
                          R"(member ChenMo2  renamed 20 {"Department":"7","renamed_from":"ChenMo",)"
                          R"("state":"present","change":"renamed"})"));
  EXPECT_THAT(changes(told("wework", "member.updated", "ChenMo", R"({"UserID":"ChenMo","Position":"店长"})")),
              ElementsAre(R"(member ChenMo  updated 0 {"Position":"店长"})"));
}

TEST(Directory, KnowsDepartmentsAndTagsByTheirIds) {
  EXPECT_THAT(
      changes(told("wework", "department.created", "", R"({"Id":"2","Name":"门店","ParentId":"1"})")),
      ElementsAre(R"(department 2  created 20 {"Name":"门店","ParentId":"1","state":"present","change":"created"})"));
  EXPECT_THAT(changes(told("wework", "customer_tag.deleted", "", R"({"Id":"et1","TagType":"tag"})")),
              ElementsAre(R"(tag et1  deleted 30 {"TagType":"tag","state":"removed","change":"deleted"})"));
  EXPECT_THAT(changes(told("wework", "customer_tag.deleted", "", R"({"TagType":"tag"})")), IsEmpty());
}

TEST(Directory, KnowsWhoHasAMembersTag) {
  EXPECT_THAT(
      changes(told("wework", "member_tag.updated", "",
                   R"({"TagId":"8","AddUserItems":"chenmo,,lisi","DelUserItems":"lisi,wu","AddPartyItems":"1"})")),
      ElementsAre("member_tag 8  updated 0 {}",
                  R"(tag_holder 8 user:chenmo tagged 20 {"state":"present","change":"tagged"})",
                  R"(tag_holder 8 user:lisi tagged 20 {"state":"present","change":"tagged"})",
                  R"(tag_holder 8 user:wu untagged 30 {"state":"removed","change":"untagged"})",
                  R"(tag_holder 8 department:1 tagged 20 {"state":"present","change":"tagged"})"));
}

TEST(Directory, KnowsWhoseRoleAMembersRoleIs) {
  EXPECT_THAT(
      changes(told(
          "instance", "group.created", "g1",
          R"({"data":{"account":"wxid_desk1","group_wxid":"g1","group_name":"老客户",)"
          R"("members":[{"wxid":"a"},{"wxid":"b","role":"owner"},{"role":"admin"},"c",{"wxid":"a","role":"x"}]}})")),
      ElementsAre(
          R"(group g1  created 20 {"account":"wxid_desk1","group_name":"老客户","state":"present","change":"created"})",
          R"(group_member g1 a joined 20 {"state":"present","change":"joined"})",
          R"(group_member g1 b joined 20 {"role":"owner","state":"present","change":"joined"})"));
}

TEST(Directory, ReadsThePlatformsTwoFormsOfMemberLists) {
  EXPECT_THAT(
      changes(told("wework", "group.member_joined", "wr1",
                   R"({"ChatId":"wr1","JoinScene":"3","MemChangeCnt":"2","MemChangeList":{"Item":["wmA","wmB"]}})")),
      ElementsAre("group wr1  member_joined 0 {}",
                  R"(group_member wr1 wmA joined 20 {"JoinScene":"3","state":"present","change":"joined"})",
                  R"(group_member wr1 wmB joined 20 {"JoinScene":"3","state":"present","change":"joined"})"));
  EXPECT_THAT(changes(told("wework", "group.member_left", "wr1", R"({"QuitScene":"1","MemChangeList":"wmA,wmB"})")),
              ElementsAre("group wr1  member_left 0 {}",
                          R"(group_member wr1 wmA left 30 {"QuitScene":"1","state":"removed","change":"left"})",
                          R"(group_member wr1 wmB left 30 {"QuitScene":"1","state":"removed","change":"left"})"));
  EXPECT_THAT(changes(told("wework", "group.member_left", "wr1", R"({"MemChangeList":{"Item":"wmA"}})")),
              ElementsAre("group wr1  member_left 0 {}",
                          R"(group_member wr1 wmA left 30 {"state":"removed","change":"left"})"));
}

TEST(Directory, KnowsWhatAnAccountAuthorised) {
  auto granted =
      told("open_platform", "authorization.granted", "",
           R"({"AppId":"wxc","AuthorizerAppid":"wx77","AuthorizationCode":"sealed:v1:x","PreAuthCode":"sealed:v1:y"})");
  granted.tenant = "wx77";
  EXPECT_THAT(changes(granted),
              ElementsAre(R"(authorization wx77  granted 20 {"state":"granted","change":"granted"})"));
  auto special =
      told("wework", "authorization.special_granted", "", R"({"SuiteId":"ww","AuthType":"customer_acquisition"})");
  special.tenant = "wwauth";
  EXPECT_THAT(changes(special),
              ElementsAre(R"(authorization wwauth  special_granted 0 {"permission:customer_acquisition":"granted"})"));
  special.type = "authorization.special_revoked";
  EXPECT_THAT(changes(special),
              ElementsAre(R"(authorization wwauth  special_revoked 0 {"permission:customer_acquisition":"revoked"})"));
  special.tenant.clear();
  EXPECT_THAT(changes(special), IsEmpty());
}

TEST(Directory, SaysNothingOfOtherEvents) {
  EXPECT_THAT(changes(event_of("message.text")), IsEmpty());
  EXPECT_THAT(changes(told("wework", "contact.invented", "wm1", "{}")), IsEmpty());
  EXPECT_THAT(changes(told("instance", "group.created", "g1", R"({"data":"odd"})")),
              ElementsAre(R"(group g1  created 20 {"state":"present","change":"created"})"));
}

TEST(Ticket, IsKeptOnlyIfItIsSealed) {
  const auto sealed = told("open_platform", "ticket.component", "", R"({"ComponentVerifyTicket":"sealed:v1:abc"})");
  EXPECT_EQ(ticket_of(sealed), (schemas::TicketTold{schemas::origin_of(sealed), "component", "sealed:v1:abc"}));
  const auto suite = told("wework", "ticket.suite", "", R"({"SuiteTicket":"sealed:v1:def"})");
  EXPECT_EQ(ticket_of(suite), (schemas::TicketTold{schemas::origin_of(suite), "suite", "sealed:v1:def"}));
  EXPECT_EQ(ticket_of(told("wework", "ticket.suite", "", R"({"SuiteTicket":"in clear"})")), std::nullopt);
  EXPECT_EQ(ticket_of(told("wework", "message.text", "", R"({"SuiteTicket":"sealed:v1:def"})")), std::nullopt);
}

TEST(JsonMembers, AreReadAndWrittenAsTheyStand) {
  const auto members = members_of(R"({"a":{"b":["1",{"c":"2"}]},"d\"":"e\n"})");
  EXPECT_EQ(members, (Members{{"a", R"({"b":["1",{"c":"2"}]})"}, {"d\"", R"("e\n")"}}));
  EXPECT_EQ(text_of(members, "d\""), "e\n");
  EXPECT_EQ(text_of(members, "a"), "");
  EXPECT_EQ(tree_of(members).json(), R"({"a":{"b":["1",{"c":"2"}]},"d\"":"e\n"})");
  EXPECT_EQ(items_of(R"(["1",{"c":"2"}])"), (std::vector<std::string>{R"("1")", R"({"c":"2"})"}));
  EXPECT_EQ(items_of(R"("one")"), std::vector<std::string>{R"("one")"});
  EXPECT_THAT(items_of(""), IsEmpty());
  EXPECT_THAT(members_of(R"(["no object"])"), IsEmpty());
  EXPECT_THAT(members_of("{broken"), IsEmpty());
}

}  // namespace
}  // namespace wxpipe::processors
