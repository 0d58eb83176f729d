// Shared by the tests of custody on a real Kafka and Postgres: roles on their own threads, a platform that sends
// callbacks, and the audit.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "common/kafka/transactional_producer.hpp"
#include "ingest/ingest_role.hpp"
#include "processors/process_role.hpp"
#include "rig/eventually.hpp"
#include "rig/process.hpp"
#include "rig/temporary_folder.hpp"
#include "sinks/custody/audit.hpp"
#include "sinks/sink_role.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/program.hpp"
#include "tests/support/running_role.hpp"
#include "tests/support/stack.hpp"
#include "tests/support/temporary_database.hpp"
#include "tests/support/topic_prefix.hpp"
#include "tests/support/unique_name.hpp"
#include "tests/unit/ingest/platform_side.hpp"

namespace wxpipe::custody_test {

using namespace std::chrono_literals;
using rig::eventually;
using rig::eventually_equal;
using schemas::TopicName;
using sinks::AuditReport;
using sinks::Tally;
using support::RunningRole;

class RunningIngest : public support::RunningRole {
 public:
  explicit RunningIngest(const config::Settings& settings)
      : RunningRole(settings, [](auto context, auto listening) {
          return ingest::make_ingest_role(context, system_clock(), listening);
        }) {}
};

// Message `number` for the 公众号 "shop" in clear mode; always the same bytes.
inline std::string message(int number, const std::string& content = "你好") {
  return fmt::format(
      "<xml><ToUserName><![CDATA[gh_original]]></ToUserName><FromUserName><![CDATA[o{}]]></FromUserName>"
      "<CreateTime>{}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{}]]></Content>"
      "<MsgId>{}</MsgId></xml>",
      number % 17, std::chrono::floor<std::chrono::days>(system_clock().now()).time_since_epoch() / 1s + number,
      content, number);
}
// Signed by the platform, but nobody can read it.
inline std::string unreadable(int number) { return fmt::format("<xml><MsgId>{}</MsgId>", number); }

class Platform {
 public:
  explicit Platform(uint16_t port) : client_("127.0.0.1", port) {}
  // Returns the answer's status.
  int send(const std::string& body, const std::string& account = "shop") {
    const auto request = ingest::test::clear_request(account, body);
    return client_.post(fmt::format("/callback/{}?{}", account, request.query), body).status;
  }
  // Sends them; each must be acknowledged.
  void send_all(int from, int to) {
    for (int i = from; i < to; ++i) ASSERT_EQ(send(message(i)), 200) << i;
  }

 private:
  support::HttpClient client_;
};

class CustodyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WXPIPE_NEEDS_STACK();
    topics_ = std::make_unique<support::TopicPrefix>();
    database_ = std::make_unique<support::TemporaryDatabase>();
    connection_ = database_->connect();
  }

  config::Settings settings(const std::string& instance = "in-1") const {
    config::Settings settings;
    settings.instance.name = instance;
    settings.kafka = topics_->settings();
    settings.kafka.properties["session.timeout.ms"] = "6000";
    settings.postgres.url = database_->url();
    settings.sealing.key = Secret("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
    settings.ingest.listen = {"127.0.0.1", 0};
    settings.ingest.threads = 2;
    settings.spool.directory = (folder_ / "spool").string();
    auto shop = ingest::test::account("official_account", "plain");
    shop.name = "shop";
    auto corner = shop;
    corner.name = "corner";
    settings.accounts = {shop, corner};
    return settings;
  }
  static RunningRole::Make process() {
    return [](auto context, auto) { return processors::make_process_role(context); };
  }
  static RunningRole::Make sink() {
    return [](auto context, auto) { return sinks::make_sink_role(context); };
  }

  AuditReport audit(const sinks::Wanted& wanted = {}, std::chrono::milliseconds patience = 20s) const {
    sinks::Drain drain(settings());
    return sinks::audit(*connection_, drain, wanted, patience);
  }
  // The audit, once this many are marked as acknowledged. Marks come every second.
  AuditReport audit_of(int64_t acknowledged) const {
    auto report = audit();
    eventually([&] {
      if (report.total().acknowledged == acknowledged && report.waiting_for.empty()) return true;
      report = audit();
      return report.total().acknowledged == acknowledged && report.waiting_for.empty();
    });
    return report;
  }

  int64_t count(const std::string& from) const {
    return connection_->execute("select count(*) from " + from).integer(0, 0);
  }
  std::vector<std::string> lines(const std::string& sql) const {
    const auto rows = connection_->execute(fmt::format("select (q)::text from ({}) q", sql));
    std::vector<std::string> list;
    for (size_t i = 0; i < rows.size(); ++i) list.push_back(rows.text(i, 0));
    return list;
  }
  std::string value(const std::string& sql) const { return connection_->execute(sql).text(0, 0); }

  // A configuration file for the executable; it holds secrets.
  std::filesystem::path config_file(const std::string& instance = "in-1") const {
    const auto own = settings(instance);
    return folder_.write(
        "wxpipe.toml",
        fmt::format("[instance]\nname = \"{}\"\n[kafka]\nbootstrap_servers = \"{}\"\ntopic_prefix = \"{}\"\n"
                    "[postgres]\nurl = \"{}\"\n[ingest]\nlisten = \"127.0.0.1:0\"\n[admin]\nlisten = \"127.0.0.1:0\"\n"
                    "[spool]\ndirectory = \"{}\"\n[[accounts]]\nname = \"shop\"\nkind = \"official_account\"\n"
                    "mode = \"plain\"\napp_id = \"wxapp\"\noriginal_id = \"gh_original\"\ntoken = \"{}\"\n",
                    instance, own.kafka.bootstrap_servers, own.kafka.topic_prefix, own.postgres.url.reveal(),
                    own.spool.directory, ingest::test::kToken));
  }

  // What the executable's commands say about custody.
  struct Said {
    rig::Exit exit;
    std::string output, errors;
  };
  // Uses the servers of the configuration file, unless the test gives others.
  rig::Command command(const std::vector<std::string>& arguments, const std::string& database = {},
                       const std::string& kafka = {}) const {
    return {.program = support::wxpipe_program(),
            .arguments = arguments,
            .environment = {{"DATABASE_URL", database},
                            {"KAFKA_BOOTSTRAP", kafka},
                            {"WXPIPE_INSTANCE", ""},
                            {"WXPIPE_SEALING_KEY", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}}};
  }
  Said audit_command(const std::vector<std::string>& arguments) const {
    std::vector<std::string> all{"audit", "--config", config_file().string()};
    all.insert(all.end(), arguments.begin(), arguments.end());
    rig::Process process(command(all));
    const auto exit = process.wait();
    return {exit.value_or(rig::Exit{-1, 0}), process.output(), process.errors()};
  }

  rig::TemporaryFolder folder_;
  std::unique_ptr<support::TopicPrefix> topics_;
  std::unique_ptr<support::TemporaryDatabase> database_;
  std::unique_ptr<postgres::Connection> connection_;
};

inline std::vector<std::string> receipts_of(const std::vector<sinks::MissingReceipt>& missing) {
  std::vector<std::string> list;
  for (const auto& one : missing) list.push_back(one.receipt);
  return list;
}

}  // namespace wxpipe::custody_test

// For the messages of failed comparisons.
namespace wxpipe::sinks {
inline void PrintTo(const Tally& tally, std::ostream* out) {
  *out << fmt::format("acknowledged {} = stored {} + duplicates {} + dead letters {} + in flight {} + unaccounted {}",
                      tally.acknowledged, tally.stored, tally.duplicates, tally.dead_letters, tally.in_flight,
                      tally.unaccounted);
}
}  // namespace wxpipe::sinks
