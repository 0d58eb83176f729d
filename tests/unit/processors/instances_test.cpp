#include "processors/instances/instances.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/processors/events.hpp"

namespace wxpipe::processors {
namespace {
using test::event_of;
using testing::ElementsAre;
using testing::IsEmpty;
using Texts = std::vector<std::string>;

schemas::Event of_instance(const std::string& type, const std::string& data) {
  auto event = event_of(type);
  event.platform = "instance";
  event.subject.clear();
  event.attributes = schemas::AttributeTree::of_json(R"({"timestamp":"2025-01-15T08:00:00Z","data":)" + data + "}");
  return event;
}
// login told; "-": nothing is told.
std::string told(const schemas::Event& event) {
  const auto one = instance_told(event);
  if (!one) return "-";
  EXPECT_EQ(one->origin, schemas::origin_of(event));
  return one->login + ' ' + std::string(one->told.json());
}
// metric value unit
Texts metrics(const schemas::Event& event) {
  Texts texts;
  for (const auto& one : metrics_measured(event)) {
    EXPECT_EQ(one.origin, schemas::origin_of(event));
    texts.push_back(one.metric + ' ' + one.value + ' ' + one.unit);
  }
  return texts;
}
std::string alert(const schemas::Event& event) {
  const auto one = alert_told(event);
  if (!one) return "-";
  EXPECT_EQ(one->origin, schemas::origin_of(event));
  return one->alert_uuid + (one->over ? " over " : " raised ") + std::string(one->told.json());
}

TEST(Instances, TellOfThemselves) {
  const auto beat = of_instance(
      "instance.heartbeat",
      R"({"instance_id":"i1","status":"online","current_accounts":"7","cpu_usage":"21.5","memory_usage":"63.2"})");
  EXPECT_EQ(told(beat), R"( {"instance_id":"i1","status":"online","current_accounts":"7"})");
  EXPECT_THAT(metrics(beat), ElementsAre("cpu_usage 21.5 %", "memory_usage 63.2 %"));
  EXPECT_EQ(told(of_instance("instance.status_changed", R"({"status":"error","error_message":"proxy"})")),
            R"( {"status":"error","error_message":"proxy"})");
  EXPECT_EQ(told(of_instance("instance.heartbeat", R"("odd")")), " {}") << "it was alive";
}

TEST(Instances, TellOfTheirLogins) {
  auto event = of_instance("account.status_changed", R"({"account":"wxid_1","status":"banned"})");
  event.recipient = "wxid_1";
  EXPECT_EQ(told(event), R"(wxid_1 {"status":"banned"})");
  event.type = "account.updated";
  event.attributes = schemas::AttributeTree::of_json(R"({"data":{"nickname":"客服","token":"sealed:v1:AA"}})");
  EXPECT_EQ(told(event), R"(wxid_1 {"nickname":"客服"})") << "nothing that is sealed";
  event.recipient.clear();
  EXPECT_EQ(told(event), "-") << "of which login?";
}

TEST(Instances, MeasureWhatTheyLike) {
  EXPECT_THAT(
      metrics(of_instance(
          "instance.metrics",
          R"({"cpu_usage":"5","metrics":[{"name":"queue","value":"12"},{"name":"disk","value":"1e3","unit":"MB"},)"
          R"({"name":"queue","value":"13"},{"name":"","value":"1"},{"name":"odd","value":"many"},{"value":"1"},"text"]})")),
      ElementsAre("cpu_usage 5 %", "queue 12 ", "disk 1e3 MB"));
  EXPECT_THAT(metrics(of_instance("instance.metrics", R"({"metrics":{"name":"one","value":"-0.5"}})")),
              ElementsAre("one -0.5 "));
  EXPECT_THAT(metrics(of_instance("instance.status_changed", R"({"cpu_usage":"5"})")), IsEmpty());
}

TEST(Instances, RaiseAlertsAndSayThatTheyAreOver) {
  EXPECT_EQ(alert(of_instance("alert.raised", R"({"alert_uuid":"a1","level":"WARNING","title":"内存"})")),
            R"(a1 raised {"level":"WARNING","title":"内存"})");
  EXPECT_EQ(alert(of_instance("alert.resolved", R"({"alert_uuid":"a1"})")), "a1 over {}");
  EXPECT_EQ(alert(of_instance("alert.raised", R"({"title":"内存"})")), "-") << "which one?";
}

TEST(Instances, AreTheOnlyOnesThatTellOfInstances) {
  for (const auto* type : {"account.status_changed", "alert.raised", "instance.heartbeat"}) {
    auto event = of_instance(type, R"({"account":"w","alert_uuid":"a","cpu_usage":"5"})");
    event.recipient = "w";
    event.platform = "channel";
    EXPECT_EQ(told(event), "-");
    EXPECT_THAT(metrics(event), IsEmpty());
    EXPECT_EQ(alert(event), "-");
  }
  EXPECT_EQ(told(of_instance("contact.added", R"({"account":"w"})")), "-");
}

}  // namespace
}  // namespace wxpipe::processors
