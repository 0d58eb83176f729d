// wxpipe as users run it: the executable with a configuration file, on the test's own topics and database, with an
// account of every kind that platform_side.hpp can speak to.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rig/eventually.hpp"
#include "rig/process.hpp"
#include "rig/temporary_folder.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/metric_value.hpp"
#include "tests/support/program.hpp"
#include "tests/support/stack.hpp"
#include "tests/support/temporary_database.hpp"
#include "tests/support/topic_prefix.hpp"
#include "tests/support/topic_reader.hpp"
#include "tests/unit/ingest/platform_side.hpp"

namespace wxpipe::whole_path {

using namespace std::chrono_literals;
using namespace ingest::test;
using ingest::Method;
using rig::eventually;
using rig::eventually_equal;
using rig::Exit;
using schemas::TopicName;
using std::chrono::steady_clock;
using support::HttpClient;
using Environment = std::map<std::string, std::string>;
using Lines = std::vector<std::string>;

inline const std::string kSealingKey = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

inline std::string seconds_text(Timestamp at) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count());
}
inline std::string now_text() { return seconds_text(system_clock().now()); }

// One command, run to its end.
struct Ran {
  std::optional<Exit> exit;
  std::string output, errors;
  int code() const { return exit && exit->signal == 0 ? exit->code : -1; }
};
inline Ran run(std::vector<std::string> arguments, Environment environment,
               std::chrono::milliseconds patience = rig::kPatience) {
  rig::Process process(
      {.program = support::wxpipe_program(), .arguments = std::move(arguments), .environment = std::move(environment)});
  const auto exit = process.wait(patience);
  return {exit, process.output(), process.errors()};
}

// A role, or all roles, until stopped.
class RunningWxpipe {
 public:
  RunningWxpipe(std::vector<std::string> arguments, Environment environment)
      : process_({.program = support::wxpipe_program(),
                  .arguments = std::move(arguments),
                  .environment = std::move(environment)}) {}

  // Read from its log; nothing if it ended before it listened.
  std::optional<uint16_t> admin_port() { return port_of("admin_listening"); }
  std::optional<uint16_t> port() { return port_of("listening"); }
  HttpClient client() { return HttpClient("127.0.0.1", port().value()); }
  HttpClient admin() { return HttpClient("127.0.0.1", admin_port().value()); }
  bool ready() {
    return admin_port() && eventually([&] { return admin().get("/readyz").status == 200; });
  }
  std::string readiness() { return admin_port() ? admin().get("/readyz").body : log(); }
  double metric(const std::string& name) { return support::metric_value(admin().get("/metrics").body, name); }

  rig::Process& process() { return process_; }
  std::string log() const { return process_.errors(); }
  // Sends SIGTERM, as an operator or systemd does.
  std::optional<Exit> stop() {
    process_.signal(SIGTERM);
    return process_.wait(15s);
  }

 private:
  std::optional<uint16_t> port_of(const std::string& event) {
    std::optional<uint16_t> port;
    eventually([&] {
      const auto text = log();
      const auto line = text.find(" event=" + event + " ");
      if (line != std::string::npos)
        if (const auto at = text.find(" port=", line);
            at != std::string::npos && text.find('\n', line) != std::string::npos)
          port = static_cast<uint16_t>(std::stoi(text.substr(at + 6)));
      return port || !process_.running();
    });
    return port;
  }

  rig::Process process_;
};

class WholePathTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WXPIPE_NEEDS_STACK();
    topics_ = std::make_unique<support::TopicPrefix>();
    database_ = std::make_unique<support::TemporaryDatabase>();
    config_ = folder_.write("wxpipe.toml", configuration());
  }

  // An account of every kind; ids and secrets are those of platform_side.
  std::string configuration() const {
    const std::string keys = "token_env = \"TEST_TOKEN\"\nencoding_aes_key_env = \"TEST_AES_KEY\"\n";
    std::string text = fmt::format(R"([kafka]
topic_prefix = "{}"
properties = {{ "session.timeout.ms" = "3000", "heartbeat.interval.ms" = "300" }}
[ingest]
listen = "127.0.0.1:0"
[admin]
listen = "127.0.0.1:0"
[spool]
directory = "{}"
[log]
level = "debug"
[[score.rules]]
name = "asked_for_price"
dimension = "intent"
points = 15
types = ["message.text"]
contains = ["价格"]
[[score.rules]]
name = "left_contact"
dimension = "intent"
points = 30
types = ["form.submitted", "lead.*"]
)",
                                   topics_->prefix(), (folder_ / "spool").string());
    const auto account = [&](std::string_view name, std::string_view kind, const std::string& lines) {
      text += fmt::format("[[accounts]]\nname = \"{}\"\nkind = \"{}\"\n{}", name, kind, lines);
    };
    account("shop", "official_account",
            "app_id = \"wxapp\"\noriginal_id = \"gh_original\"\n" + keys +
                "channels = { \"1001\" = \"门店海报\" }\n"
                "[[accounts.replies]]\non = \"follower.subscribed\"\ntext = \"欢迎！\"\n");
    account("outlet", "official_account", "mode = \"compatible\"\napp_id = \"wxapp\"\n" + keys);
    account("clear", "official_account", "mode = \"plain\"\napp_id = \"wxapp\"\ntoken_env = \"TEST_TOKEN\"\n");
    account("mini", "mini_program", "app_id = \"wxapp\"\n" + keys);
    account("component", "open_platform", "component_app_id = \"wxcomponent\"\n" + keys);
    account("authorised", "open_platform_messages", "component_app_id = \"wxcomponent\"\n" + keys);
    account("corp", "wework_app", "corp_id = \"wwcorp\"\n" + keys);
    account("suite", "wework_suite_command", "suite_id = \"wwsuite\"\nprovider_corp_id = \"wwprovider\"\n" + keys);
    account("suitedata", "wework_suite_data", "suite_id = \"wwsuite\"\nprovider_corp_id = \"wwprovider\"\n" + keys);
    account("robot", "wework_bot", keys);
    account("desk", "wework_instance", "instance_id = \"instance-1\"\nsecret_env = \"TEST_WEBHOOK_SECRET\"\n");
    account("forms", "channel", "channel = \"web_form\"\nsecret_env = \"TEST_WEBHOOK_SECRET\"\n");
    return text;
  }

  Environment environment(Environment more = {}) const {
    Environment all{{"WXPIPE_SEALING_KEY", kSealingKey},
                    {"KAFKA_BOOTSTRAP", support::stack().kafka},
                    {"DATABASE_URL", database_->url().reveal()},
                    {"TEST_TOKEN", std::string(kToken)},
                    {"TEST_AES_KEY", std::string(kAesKey)},
                    {"TEST_WEBHOOK_SECRET", std::string(kWebhookSecret)},
                    {"WXPIPE_INSTANCE", "test"},
                    {"WXPIPE_CONFIG", config_.string()},
                    // Hides variables of the shell that runs the tests.
                    {"WXPIPE_DATABASE_URL", ""},
                    {"WXPIPE_FAULT", ""}};
    for (auto& [name, value] : more) all[name] = value;
    return all;
  }
  Ran command(std::vector<std::string> arguments, Environment more = {},
              std::chrono::milliseconds patience = rig::kPatience) const {
    return run(std::move(arguments), environment(std::move(more)), patience);
  }
  std::unique_ptr<RunningWxpipe> start(std::vector<std::string> arguments = {"run"}, Environment more = {}) const {
    return std::make_unique<RunningWxpipe>(std::move(arguments), environment(std::move(more)));
  }

  int64_t count(const std::string& from) const {
    return database_->query("select count(*) from " + from).integer(0, 0);
  }
  // A query's result, one line per row: "(a,b,c)".
  Lines lines(const std::string& sql) const {
    const auto rows = database_->query(fmt::format("select (q)::text from ({}) q", sql));
    Lines list;
    for (size_t i = 0; i < rows.size(); ++i) list.push_back(rows.text(i, 0));
    return list;
  }
  // Waits until this many callbacks are accounted for as rows, repeats and dead letters.
  bool settled(int64_t callbacks) const {
    const auto seen = [&] { return count("messages") + count("wxpipe.duplicate_receipts") + count("dead_letters"); };
    return eventually_equal(seen, callbacks) == callbacks;
  }

  rig::TemporaryFolder folder_;
  std::unique_ptr<support::TopicPrefix> topics_;
  std::unique_ptr<support::TemporaryDatabase> database_;
  std::filesystem::path config_;
};

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

inline Request with_tenant(Request request, std::string tenant) {
  request.tenant = std::move(tenant);
  return request;
}
inline Request webhook_now(std::string account, std::string body, std::string id) {
  Request request{.account = std::move(account), .body = std::move(body)};
  request.webhook_id = std::move(id);
  request.webhook_timestamp = now_text();
  request.webhook_signature =
      ingest::standard_webhooks::sign(ingest::standard_webhooks::decode_secret(kWebhookSecret).value(),
                                      request.webhook_id, request.webhook_timestamp, request.body);
  return request;
}
inline std::string mp_text(const std::string& sender, int64_t msg_id, const std::string& content,
                           Timestamp at = system_clock().now()) {
  return fmt::format(
      "<xml><ToUserName><![CDATA[gh_original]]></ToUserName><FromUserName><![CDATA[{}]]></FromUserName>"
      "<CreateTime>{}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{}]]></Content><MsgId>{}</"
      "MsgId></xml>",
      sender, seconds_text(at), content, msg_id);
}
inline std::string mp_event(const std::string& sender, const std::string& event, const std::string& more = {},
                            Timestamp at = system_clock().now()) {
  return fmt::format(
      "<xml><ToUserName><![CDATA[gh_original]]></ToUserName><FromUserName><![CDATA[{}]]></FromUserName>"
      "<CreateTime>{}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[{}]]></Event>{}</xml>",
      sender, seconds_text(at), event, more);
}
inline std::string wework_event(const std::string& event, const std::string& more) {
  return fmt::format(
      "<xml><ToUserName><![CDATA[wwcorp]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName>"
      "<CreateTime>{}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[{}]]></Event>{}</xml>",
      now_text(), event, more);
}
inline Request shop(const std::string& body) { return encrypted_request("shop", body, {.receiveid = "wxapp"}); }

}  // namespace wxpipe::whole_path
