// Shared by the tests of `ingest` over HTTP: the role on its own thread with an admin server, an account of every kind,
// and what its topics hold afterwards.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/telemetry/admin_server.hpp"
#include "ingest/ingest_role.hpp"
#include "rig/eventually.hpp"
#include "rig/temporary_folder.hpp"
#include "schemas/fact_json.hpp"
#include "schemas/facts/dead_letter.hpp"
#include "schemas/facts/event.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/running_role.hpp"
#include "tests/support/stack.hpp"
#include "tests/support/topic_prefix.hpp"
#include "tests/support/topic_reader.hpp"
#include "tests/unit/ingest/platform_side.hpp"

namespace wxpipe::ingest::test {

using namespace std::chrono_literals;
using rig::eventually;
using rig::eventually_equal;
using schemas::TopicName;
using std::chrono::steady_clock;
using support::HttpClient;
using support::HttpResponse;

// With an admin server, like in the executable.
class RunningIngest : public support::RunningRole {
 public:
  explicit RunningIngest(config::Settings settings)
      : RunningRole(std::move(settings),
                    [](auto context, auto listening) { return make_ingest_role(context, system_clock(), listening); }),
        admin_({{"127.0.0.1", 0}}, metrics_, readiness_) {
    port();  // waits until it listens
  }
  ~RunningIngest() { stop(); }

  HttpClient client(std::chrono::milliseconds patience = rig::kPatience) const {
    return HttpClient("127.0.0.1", port(), patience);
  }
  HttpClient admin() const { return HttpClient("127.0.0.1", admin_.port()); }
  double callbacks(const std::string& account, const std::string& outcome, const std::string& reason = {}) const {
    return metric("wxpipe_callbacks_total{account=\"" + account + "\",outcome=\"" + outcome + "\",reason=\"" + reason +
                  "\"}");
  }
  double refused(const std::string& reason) const { return callbacks("", "refused", reason); }
  double delivered(const std::string& path) const { return metric("wxpipe_deliveries_total{path=\"" + path + "\"}"); }

 private:
  telemetry::AdminServer admin_;
};

// Now, in the form that the platforms sign.
inline std::string now_text() {
  return std::to_string(
      std::chrono::duration_cast<std::chrono::seconds>(system_clock().now().time_since_epoch()).count());
}

// A text message of an official account's follower. Each number is another message, from one of seven people.
inline std::string text_message(int number, const std::string& content = "hello") {
  return fmt::format(
      "<xml><ToUserName><![CDATA[gh_original]]></ToUserName><FromUserName><![CDATA[oUser{}]]></FromUserName>"
      "<CreateTime>{}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{}]]></Content>"
      "<MsgId>{}</MsgId></xml>",
      number % 7, now_text(), content, 24'801'004'976'000'000LL + number);
}

inline Request webhook_now(std::string account, std::string body, std::string id,
                           std::string_view secret = kWebhookSecret) {
  Request request{.account = std::move(account), .body = std::move(body)};
  request.webhook_id = std::move(id);
  request.webhook_timestamp = now_text();
  request.webhook_signature = standard_webhooks::sign(standard_webhooks::decode_secret(secret).value(),
                                                      request.webhook_id, request.webhook_timestamp, request.body);
  return request;
}

// The request in the form that is sent.
inline support::HttpRequest http(const Request& request) {
  support::HttpRequest out;
  out.method = request.method == Method::get ? "GET" : "POST";
  out.target = "/callback/" + request.account + (request.tenant.empty() ? "" : "/" + request.tenant) +
               (request.query.empty() ? "" : "?" + request.query);
  out.body = request.body;
  if (!request.webhook_id.empty()) out.headers.emplace_back("webhook-id", request.webhook_id);
  if (!request.webhook_timestamp.empty()) out.headers.emplace_back("webhook-timestamp", request.webhook_timestamp);
  if (!request.webhook_signature.empty()) out.headers.emplace_back("webhook-signature", request.webhook_signature);
  return out;
}

class IngestTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WXPIPE_NEEDS_STACK();
    topics_ = std::make_unique<support::TopicPrefix>(support::Create::nothing);
    topics_->create({TopicName::events, TopicName::dead_letters, TopicName::custody});
  }

  // Every kind under its own name; the official account's other modes as "plain" and "compatible".
  config::Settings settings() const {
    config::Settings settings;
    settings.instance.name = "edge";
    settings.sealing.key = Secret("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
    settings.kafka = topics_->settings();
    settings.ingest.listen = {"127.0.0.1", 0};
    for (const auto* kind :
         {"official_account", "mini_program", "open_platform", "open_platform_messages", "wework_app",
          "wework_suite_command", "wework_suite_data", "wework_bot", "wework_instance", "channel"})
      settings.accounts.push_back(account(kind));
    for (const auto* mode : {"plain", "compatible"}) {
      settings.accounts.push_back(account("official_account", mode));
      settings.accounts.back().name = mode;
    }
    return settings;
  }
  config::Settings with_spool() const {
    auto with = settings();
    with.spool.directory = folder_ / "spool";
    return with;
  }

  static Request plain(int number, const std::string& content = "hello") {
    return clear_request("plain", text_message(number, content), kToken, now_text());
  }

  std::vector<schemas::Event> events() const {
    std::vector<schemas::Event> list;
    for (const auto& record : support::read_topic(topics_->settings(), topics_->name(TopicName::events)))
      list.push_back(schemas::decode<schemas::Event>(record.value).value());
    return list;
  }
  std::vector<schemas::DeadLetter> letters() const {
    std::vector<schemas::DeadLetter> list;
    for (const auto& record : support::read_topic(topics_->settings(), topics_->name(TopicName::dead_letters)))
      list.push_back(schemas::decode<schemas::DeadLetter>(record.value).value());
    return list;
  }

  std::unique_ptr<support::TopicPrefix> topics_;
  rig::TemporaryFolder folder_;
};

}  // namespace wxpipe::ingest::test
