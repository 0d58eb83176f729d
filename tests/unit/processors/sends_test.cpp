#include "processors/receipts/sends.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/processors/events.hpp"

namespace wxpipe::processors {
namespace {
using test::event_of;
using testing::ElementsAre;
using testing::IsEmpty;

schemas::Event told(const std::string& type, const std::string& attributes) {
  auto event = event_of(type, attributes);
  event.attributes = schemas::AttributeTree::of_json(attributes);
  return event;
}
schemas::Event of_instance(const std::string& type, const std::string& data) {
  auto event = told(type, R"({"timestamp":"2025-01-15T08:00:00Z","data":)" + data + "}");
  event.platform = "instance";
  event.subject = "wxid_c7";
  event.recipient = "wxid_desk1";
  event.msg_id = "u2";
  return event;
}

// kind sent_as receiver status attempt/rank outcome told
std::vector<std::string> sends(const schemas::Event& event) {
  std::vector<std::string> texts;
  for (const auto& one : sends_of(event)) {
    EXPECT_EQ(one.origin, schemas::origin_of(event));
    texts.push_back(one.kind + ' ' + one.sent_as + ' ' + one.receiver + ' ' + one.status + ' ' +
                    std::to_string(one.attempt) + '/' + std::to_string(one.rank) + ' ' +
                    std::string(one.outcome.json()) + ' ' + std::string(one.told.json()));
  }
  return texts;
}

TEST(Sends, KnowTemplateMessages) {
  EXPECT_THAT(sends(told("receipt.template_sent", R"({"MsgID":"2001","Status":"success"})")),
              ElementsAre(R"(message 2001  delivered 0/50 {"word":"success","status":"delivered"} )"
                          R"({"source":"receipt.template_sent","receiver":"oSubject"})"));
  EXPECT_THAT(sends(told("receipt.template_sent", R"({"MsgID":"2001","Status":"failed:user block"})")),
              ElementsAre(R"(message 2001  failed 0/40 {"word":"failed:user block","status":"failed"} )"
                          R"({"source":"receipt.template_sent","receiver":"oSubject"})"));
  EXPECT_THAT(sends(told("receipt.template_sent", R"({"Status":"success"})")), IsEmpty());
}

TEST(Sends, KnowMassSendingsAndTheirCounts) {
  EXPECT_THAT(sends(told("receipt.mass_sent",
                         R"({"MsgID":"1000002204","Status":"send success","TotalCount":"1200","SentCount":"1185"})")),
              ElementsAre(R"(mass 1000002204  delivered 0/50 {"word":"send success","TotalCount":"1200",)"
                          R"("SentCount":"1185","status":"delivered"} {"source":"receipt.mass_sent"})"));
  EXPECT_THAT(
      sends(told("receipt.mass_sent", R"x({"MsgID":"7","Status":"err(10001)"})x")),
      ElementsAre(R"x(mass 7  failed 0/40 {"word":"err(10001)","status":"failed"} {"source":"receipt.mass_sent"})x"));
}

TEST(Sends, AreOneForEachSubscriptionMessage) {
  EXPECT_THAT(
      sends(told("receipt.subscription_sent",
                 R"({"List":[{"TemplateId":"tA","MsgID":"11","ErrorCode":"0","ErrorStatus":"success"},)"
                 R"({"TemplateId":"tB","MsgID":"12","ErrorCode":"43101","ErrorStatus":"failed: user refuse"}]})")),
      ElementsAre(R"(message 11  delivered 0/50 {"word":"success","error_code":"0","status":"delivered"} )"
                  R"({"source":"receipt.subscription_sent","receiver":"oSubject","template_id":"tA"})",
                  R"(message 12  failed 0/40 {"word":"failed: user refuse","error_code":"43101","status":"failed"} )"
                  R"({"source":"receipt.subscription_sent","receiver":"oSubject","template_id":"tB"})"));
}

TEST(Sends, KnowPublications) {
  const auto publication = [](const std::string& status) {
    return sends(told("receipt.published", R"({"PublishEventInfo":{"publish_id":"22","publish_status":")" + status +
                                               R"(","article_id":"p"}})"));
  };
  EXPECT_THAT(publication("0"), ElementsAre(R"(publish 22  delivered 0/50 {"word":"0","status":"delivered"} )"
                                            R"({"article_id":"p","source":"receipt.published"})"));
  EXPECT_THAT(publication("1"), ElementsAre(testing::HasSubstr("sending 0/20")));
  EXPECT_THAT(publication("4"), ElementsAre(testing::HasSubstr("failed 0/40")));
}

TEST(Sends, KnowAnInstancesMessageAndItsReceiptByTheSameId) {
  auto message = of_instance("outgoing.text", R"({"message_uuid":"u2","chat_wxid":"wxid_c7"})");
  message.content = "在吗";
  EXPECT_THAT(sends(message), ElementsAre(R"(message u2   0/0 {} {"source":"outgoing.text","receiver":"wxid_c7",)"
                                          R"("login":"wxid_desk1","content":"在吗"})"));
  EXPECT_THAT(
      sends(of_instance("receipt.message_sent",
                        R"({"send_status":"failed","error_code":"45","retry_count":"2","task_uuid":"t1"})")),
      ElementsAre(R"(message u2  failed 2/40 {"error_code":"45","retry_count":"2","status":"failed"} )"
                  R"({"source":"receipt.message_sent","receiver":"wxid_c7","task_uuid":"t1","login":"wxid_desk1"})",
                  R"(receiver t1 wxid_c7 failed 2/40 {"error_code":"45","retry_count":"2","status":"failed"} )"
                  R"({"source":"receipt.message_sent","receiver":"wxid_c7","task_uuid":"t1","login":"wxid_desk1",)"
                  R"("message_uuid":"u2"})"));
  EXPECT_THAT(
      sends(of_instance("receipt.message_sent", R"({"send_status":"odd","retry_count":"many"})")),
      ElementsAre(
          R"(message u2   0/0 {} {"source":"receipt.message_sent","receiver":"wxid_c7","login":"wxid_desk1"})"));
}

TEST(Sends, KnowATasksPlanProgressAndEnd) {
  EXPECT_THAT(
      sends(of_instance("job.created", R"({"account":"w","task_uuid":"t1","task_name":"群发","target_count":"2",)"
                                       R"("receivers":[{"wxid":"a","variables":{"n":"王"}},"b",{"x":"y"}]})")),
      ElementsAre(R"(task t1  pending 0/0 {"status":"pending"} {"account":"w","task_name":"群发","target_count":"2"})",
                  R"(receiver t1 a pending 0/10 {"status":"pending"} {"variables":{"n":"王"}})",
                  R"(receiver t1 b pending 0/10 {"status":"pending"} {})"));
  EXPECT_THAT(sends(of_instance("job.progressed", R"({"task_uuid":"t1","success_count":"1"})")),
              ElementsAre(R"(task t1  running 0/0 {"success_count":"1","status":"running"} {})"));
  EXPECT_THAT(sends(of_instance("job.finished", R"({"task_uuid":"t1","status":"paused"})")),
              ElementsAre(R"(task t1  paused 0/0 {"status":"paused"} {})"));
  EXPECT_THAT(sends(of_instance("job.finished", R"({"task_uuid":"t1","status":"odd"})")),
              ElementsAre(R"(task t1  finished 0/0 {"status":"finished"} {})"));
  EXPECT_THAT(sends(told("job.finished", R"({"JobId":"j"})")), IsEmpty()) << "the platform's own job";
}

TEST(Sends, SayNothingOfOtherEvents) { EXPECT_THAT(sends(event_of("message.text")), IsEmpty()); }

}  // namespace
}  // namespace wxpipe::processors
