#include "operate/log_line.hpp"

#include <gtest/gtest.h>

#include "operate/logs_to_kafka.hpp"
#include "schemas/fact_json.hpp"

namespace wxpipe::operate {
namespace {
using namespace std::chrono_literals;
using Fields = std::vector<telemetry::Field>;

const Speaker kSpeaker{"run", "edge-1", "boot"};
const Timestamp kNoon{1'732'082'433s};

telemetry::Line line(std::string_view file, std::span<const telemetry::Field> fields = {}) {
  return {kNoon, telemetry::Level::warn, "batch_tried_again", fields, file};
}

TEST(LogLine, IsOfTheRoleWhoseFolderWroteIt) {
  EXPECT_EQ(part_of(line("/home/ingest/wxpipe/sinks/custody/custody_watch.cpp"), "run"), (Part{"sink", "custody"}));
  EXPECT_EQ(part_of(line("ingest/delivery/spool.cpp"), "run"), (Part{"ingest", "delivery"}));
  EXPECT_EQ(part_of(line("../../processors/transaction_loop.cpp"), "run"), (Part{"process", "transaction_loop"}));
  EXPECT_EQ(part_of(line("/src/console/server.cpp"), "run"), (Part{"console", "server"}));
}

TEST(LogLine, OfWhatRolesShareIsOfTheRoleThatItNamesOrOfTheCommand) {
  const auto of = [](const char* name, const char* value) {
    const Fields fields{{name, value}};
    return part_of(line("/src/common/worker/worker.cpp", fields), "run").service;
  };
  EXPECT_EQ(of("sink", "messages"), "sink");
  EXPECT_EQ(of("group", "sink.logs"), "sink");
  EXPECT_EQ(of("group", "process"), "process");
  EXPECT_EQ(of("role", "ingest"), "ingest");
  EXPECT_EQ(of("why", "it is away"), "run");
  EXPECT_EQ(part_of(line("/src/common/kafka/client_config.cpp"), "console"), (Part{"console", "kafka"}));
  EXPECT_EQ(part_of(line("elsewhere.cpp"), "sink"), (Part{"sink", "elsewhere"}));
  EXPECT_EQ(part_of(line(""), "sink"), (Part{"sink", ""}));
}

TEST(LogLine, BecomesARowWithItsTraceAndItsFields) {
  const Fields fields{{"sink", "messages"},
                      {"rows", 3},
                      {"account", "shop"},
                      {"why", "no room left"},
                      {"trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"},
                      {"span_id", "00f067aa0ba902b7"}};
  const auto fact = fact_of(line("/src/sinks/sink_worker.cpp", fields), kSpeaker, 7);
  schemas::LogWritten expected;
  expected.log_id = expected.origin.event_id = fact.log_id;
  expected.origin.platform = "wxpipe";
  expected.origin.account = "shop";
  expected.origin.event_type = expected.action = "batch_tried_again";
  expected.origin.occurred_at = expected.origin.received_at = kNoon;
  expected.origin.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
  expected.span_id = "00f067aa0ba902b7";
  expected.level = "warn";
  expected.service = "sink";
  expected.module = "sink_worker";
  expected.instance = "edge-1";
  expected.message =
      R"(batch_tried_again sink=messages rows=3 account=shop why="no room left" trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7)";
  expected.context = {{"sink", "messages"}, {"rows", "3"}, {"why", "no room left"}};
  EXPECT_EQ(fact, expected);
  std::string json;
  encode(fact, json);
  EXPECT_EQ(*schemas::decode<schemas::LogWritten>(json), fact);
}

TEST(LogLine, HasAnIdOfItsOwnThatARepeatHasToo) {
  const auto id = [](const Speaker& speaker, uint64_t number) { return fact_of(line(""), speaker, number).log_id; };
  EXPECT_EQ(id(kSpeaker, 1), id(kSpeaker, 1));
  EXPECT_NE(id(kSpeaker, 1), id(kSpeaker, 2));
  EXPECT_NE(id(kSpeaker, 1), id({"run", "edge-2", "boot"}, 1));
  EXPECT_NE(id(kSpeaker, 1), id({"run", "edge-1", "next boot"}, 1));
}

TEST(LogLine, IsCutAndMadeReadable) {
  const Fields fields{{"why", std::string(10'000, 'x')}, {"bytes", std::string("\xff\0", 2)}};
  const auto fact = fact_of(line("", fields), kSpeaker, 1);
  EXPECT_EQ(fact.message.size(), 4096u);
  EXPECT_EQ(fact.context.at(0).second.size(), 2048u);
  EXPECT_EQ(fact.context.at(1).second, "\\xff\\x00");
}

TEST(LogQueue, DropsAndCountsWhatItHasNoRoomFor) {
  prometheus::Counter dropped;
  LogQueue queue(kSpeaker, 3, dropped);
  for (int i = 0; i < 5; ++i) queue.take(line(""));
  EXPECT_EQ(dropped.Value(), 2);
  EXPECT_EQ(queue.next(0ms, {})->log_id, fact_of(line(""), kSpeaker, 1).log_id) << "the oldest first";
  EXPECT_TRUE(queue.next(0ms, {}));
  EXPECT_TRUE(queue.next(0ms, {}));
  EXPECT_FALSE(queue.next(0ms, {}));
  queue.take(line(""));
  EXPECT_EQ(queue.next(0ms, {})->log_id, fact_of(line(""), kSpeaker, 6).log_id) << "what was dropped has a number, too";
}

// docs/guarantees.md law 1: nothing may keep a callback waiting. Nothing listens at this address.
TEST(LogsToKafka, NeverHoldUpWhoLogsAlthoughNoBrokerAnswers) {
  config::Settings settings;
  settings.instance.name = "edge-1";
  settings.kafka.bootstrap_servers = "127.0.0.1:1";
  telemetry::Metrics metrics;
  telemetry::Readiness readiness;
  constexpr int kLines = 12'000;
  auto& dropped = metrics.log_lines.Add({{"outcome", "dropped"}});
  {
    const auto role = make_log_role({settings, metrics, readiness}, "ingest");
    for (int i = 0; i < kLines; ++i) telemetry::log_info("spool_waits", {{"events", i}});
    EXPECT_GT(dropped.Value(), 0);
  }
  EXPECT_EQ(dropped.Value(), kLines) << "those that waited, too";
  EXPECT_EQ(metrics.log_lines.Add({{"outcome", "sent"}}).Value(), 0);
}

}  // namespace
}  // namespace wxpipe::operate
