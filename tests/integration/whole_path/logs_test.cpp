// What the roles and commands say ends in system_logs and audit_logs, and what programs tell of their calls in
// api_calls and ai_calls.
#include <fmt/ranges.h>

#include "common/kafka/transactional_producer.hpp"
#include "tests/integration/whole_path/wxpipe_fixture.hpp"

namespace wxpipe::whole_path {
namespace {
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string kBroken = "4bf92f3577b34da6a3ce929d0e0e4736", kSpan = "00f067aa0ba902b7";

class LogsTest : public WholePathTest {
 protected:
  // As a program of others writes on a topic.
  void produce(TopicName topic, const std::string& value, const std::string& traceparent = {}) const {
    kafka::TransactionalProducer producer(topics_->settings(), topics_->prefix() + "writer",
                                          schemas::topic_names(topics_->prefix()));
    producer.init();
    producer.begin();
    const kafka::Header header{"traceparent", traceparent};
    producer.produce(static_cast<size_t>(topic),
                     {"shop||o1", value, {&header, traceparent.empty() ? size_t{0} : 1}, system_clock().now()});
    producer.commit();
  }
  // Of one trace, once there are so many.
  Lines told(const std::string& trace_id, int64_t lines_wanted) const {
    eventually_equal([&] { return count("system_logs where trace_id = '" + trace_id + "' and platform = 'wxpipe'"); },
                     lines_wanted);
    return lines(
        "select level, service, module, action, instance, span_id, context ->> 'reason', account from system_logs "
        "where trace_id = '" +
        trace_id + "' and platform = 'wxpipe' order by occurred_at");
  }
  static std::string traceparent(const std::string& trace_id) { return "00-" + trace_id + "-" + kSpan + "-01"; }
};

TEST_F(LogsTest, OfAllRolesAreFoundByTheTraceOfWhatWentWrong) {
  const auto ingest = start({"ingest", "--instance", "in-1"}), process = start({"process", "--instance", "proc-1"}),
             sink = start({"sink", "--instance", "sink-1"}),
             console = start({"console", "--instance", "con-1"}, {{"WXPIPE_CONSOLE__LISTEN", "127.0.0.1:0"}});
  for (const auto* role : {&ingest, &process, &sink, &console}) ASSERT_TRUE((*role)->ready()) << (*role)->readiness();
  EXPECT_EQ(eventually_equal(
                [&] {
                  return count(
                      "(select distinct service, instance from system_logs where platform = "
                      "'wxpipe' and (service, instance) in (('ingest', 'in-1'), ('process', "
                      "'proc-1'), ('sink', 'sink-1'), ('console', 'con-1'))) all_roles");
                },
                4),
            4)
      << fmt::format("{}", fmt::join(lines("select service, instance, action from system_logs"), "\n"));
  EXPECT_EQ(count("system_logs where level not in ('info', 'warn', 'error')"), 0) << "nothing of level debug";

  // ingest can't read it
  auto unreadable = http(encrypted_request("shop", "<xml><ToUserName>", {.receiveid = "wxapp"}));
  unreadable.headers.emplace_back("traceparent", traceparent(kBroken));
  ASSERT_EQ(ingest->client().send(unreadable).status, 200);
  const auto of_ingest = told(kBroken, 1);
  ASSERT_EQ(of_ingest.size(), 1u);
  EXPECT_THAT(of_ingest[0], AllOf(HasSubstr("(warn,ingest,receiver,dead_letters_kept,in-1,"),
                                  HasSubstr(",malformed_xml,shop)"), Not(HasSubstr(kSpan))))
      << "the span is that of the delivery into the pipeline, not the sender's";

  // process can't read it
  const std::string at_process(32, 'a');
  produce(TopicName::events, "no event", traceparent(at_process));
  EXPECT_EQ(told(at_process, 1),
            (Lines{"(warn,process,transaction_loop,dead_letters_kept,proc-1," + kSpan + ",unreadable_record,shop)"}));

  // Postgres refuses it
  database_->query("alter table messages add constraint no_poison check (content <> 'poison')");
  auto poison = http(shop(mp_text("oAnna", 7, "poison")));
  const std::string at_sink(32, 'b');
  poison.headers.emplace_back("traceparent", traceparent(at_sink));
  ASSERT_EQ(ingest->client().send(poison).status, 200);
  const auto of_sink = told(at_sink, 1);
  ASSERT_EQ(of_sink.size(), 1u);
  EXPECT_THAT(of_sink[0], HasSubstr("(warn,sink,sink_worker,dead_letters_kept,sink-1,"));

  // The story of the dead letter has the line, and so has the other system's view.
  const auto id = lines("select dead_letter_id::text from dead_letters where trace_id = '" + kBroken + "'").at(0);
  EXPECT_THAT(command({"trace", id.substr(1, id.size() - 2), "--rows-only"}).output,
              HasSubstr("ingest of in-1: dead_letters_kept stage=ingest letters=1"));
  EXPECT_EQ(lines("select level, service, action, span_id, wx_instance from wework.system_logs where trace_id = '" +
                  at_process + "'"),
            (Lines{"(WARN,process,dead_letters_kept," + kSpan + ",proc-1)"}));

  // Standard error has the same lines.
  EXPECT_THAT(sink->log(), HasSubstr("trace_id=" + at_sink));
  for (const auto* role : {&ingest, &process, &console})
    EXPECT_EQ((*role)->metric("wxpipe_log_lines_total{outcome=\"dropped\"}"), 0);
  EXPECT_GT(process->metric("wxpipe_log_lines_total{outcome=\"sent\"}"), 0);
}

// docs/guarantees.md law 4: what is on the topic once or twice is in the table once.
TEST_F(LogsTest, AreThereOnceHoweverOftenTheyAreRead) {
  const auto all = start();
  ASSERT_TRUE(all->ready()) << all->readiness();
  EXPECT_EQ(all->stop(), (Exit{0, 0}));
  EXPECT_EQ(command({"replay", "logs", "--yes"}, {}, 60s).code(), 0);
  const auto once = count("system_logs where platform = 'wxpipe'");
  EXPECT_GT(once, 3);
  EXPECT_EQ(count("system_logs where action = 'stopping'"), 1) << "the last lines are there, too";
  EXPECT_EQ(count("(select distinct log_id from system_logs where platform = 'wxpipe') lines"), once);
  EXPECT_EQ(command({"replay", "logs", "--yes"}, {}, 60s).code(), 0);
  EXPECT_EQ(count("system_logs where platform = 'wxpipe'"), once);
}

TEST_F(LogsTest, StayOnStandardErrorIfTheConfigurationSaysSo) {
  const auto all = start({"run"}, {{"WXPIPE_LOG__TO_KAFKA", "false"}});
  ASSERT_TRUE(all->ready()) << all->readiness();
  ASSERT_EQ(all->client().send(http(shop(mp_text("oAnna", 1, "hello")))).status, 200);
  ASSERT_TRUE(settled(1));
  EXPECT_EQ(all->stop(), (Exit{0, 0}));
  EXPECT_THAT(all->log(), HasSubstr("event=stopping"));
  EXPECT_TRUE(support::read_topic(topics_->settings(), topics_->name(TopicName::logs)).empty());
}

// docs/guarantees.md law 1: the log is no part of it.
TEST_F(LogsTest, HoldUpNoCallbackWhileKafkaIsAway) {
  const auto ingest = start({"ingest"}, {{"KAFKA_BOOTSTRAP", "127.0.0.1:1"}});
  ASSERT_TRUE(ingest->port());
  for (int i = 0; i < 20; ++i)
    ASSERT_EQ(ingest->client().send(http(shop(mp_text("oAnna", i, "hello")))).status, 200) << "from the spool";
  EXPECT_TRUE(eventually([&] { return ingest->log().find("event=kafka_away") != std::string::npos; }));
  EXPECT_EQ(ingest->stop(), (Exit{0, 0}));
}

TEST_F(LogsTest, AuditLogsHaveWhatCommandsChanged) {
  const support::TemporaryDatabase empty(support::Schema::none);
  const Environment there{{"DATABASE_URL", empty.url().reveal()}};
  ASSERT_EQ(command({"migrate"}, there).code(), 0);
  ASSERT_EQ(command({"migrate"}, there).code(), 0) << "there is nothing to do any more";
  ASSERT_EQ(command({"partitions", "apply"}, there).code(), 0);
  ASSERT_EQ(command({"partitions", "apply"}, there).code(), 0);
  const auto rows = empty.query(
      "select operation, operation_type, resource_type, affected > 5, operator <> '', address <> '' from audit_logs "
      "order by occurred_at");
  ASSERT_EQ(rows.size(), 2u);
  for (size_t column = 1; column < 6; ++column) EXPECT_NE(rows.text(0, column), "f");
  EXPECT_EQ(rows.text(0, 0), "migrate");
  EXPECT_EQ(rows.text(1, 0), "partitions apply");

  // What they do to Kafka comes by way of the topic.
  EXPECT_EQ(command({"topics", "apply"}).code(), 0) << "nothing to do: no row";
  EXPECT_EQ(command({"topics", "grow", "calls", "--to", "4", "--yes"}).code(), 0);
  const auto sink = start({"sink"});
  ASSERT_TRUE(sink->ready()) << sink->readiness();
  EXPECT_EQ(eventually_equal([&] { return count("audit_logs"); }, 1), 1);
  EXPECT_EQ(lines("select operation, operation_type, resource_type, affected, operator <> '' from audit_logs where "
                  "operation = 'topics grow'"),
            (Lines{R"(("topics grow",UPDATE,topics,1,t))"}));
  // They are in the log, too, and in the other systems' views.
  EXPECT_EQ(count("system_logs l join audit_logs a on a.audit_id = l.log_id and a.occurred_at = l.occurred_at where "
                  "l.action = 'operation.done'"),
            1);
  EXPECT_EQ(count("wework.audit_logs where result = 'SUCCESS' and new_values ->> 'changed' <> ''"), 1);
}

TEST_F(LogsTest, CallsThatProgramsTellOfAreRows) {
  const auto sink = start({"sink"});
  ASSERT_TRUE(sink->ready()) << sink->readiness();
  const auto now = system_clock().now();
  const auto call = fmt::format(
      R"({{ "call_id": "0193f000-0000-8000-8000-000000000001", "occurred_at": "{}", "service": "crm", "account": "shop",
           "request_id": "req-1", "url": "https://api.weixin.qq.com/cgi-bin/message/custom/send", "method": "POST",
           "request_body": "{{\"touser\":\"oAnna\"}}", "http_status": 200, "code": "45015", "message": "out of time",
           "trace_id": "{}", "new_field": [1, 2], "schema": "wxpipe.api_call.v1" }})",
      to_iso8601(now), kBroken);
  const auto asked = fmt::format(
      R"({{ "call_id": "0193f000-0000-8000-8000-000000000002", "occurred_at": "{}", "service": "crm", "provider": "deepseek",
           "model": "deepseek-chat", "user_id": "u-17", "request_tokens": 412, "response_tokens": 96, "call_type": "user",
           "user_input": "这款多少钱？", "request_id": "req-1", "schema": "wxpipe.ai_call.v1" }})",
      to_iso8601(now));
  for (int i = 0; i < 2; ++i) produce(TopicName::calls, call), produce(TopicName::calls, asked);
  produce(TopicName::calls, R"({"schema":"wxpipe.ai_call.v1","call_id":"0193f000-0000-8000-8000-000000000003"})");
  EXPECT_EQ(eventually_equal([&] { return count("dead_letters where stage = 'sink.calls'"); }, 1), 1);
  EXPECT_EQ(lines("select detail from dead_letters"), (Lines{R"(("field 'occurred_at' is missing or empty"))"}));
  EXPECT_EQ(eventually_equal([&] { return count("api_calls") + count("ai_calls"); }, 2), 2);
  EXPECT_EQ(lines("select created_by, api_req_id, api_req_parent_id, api_req_url, api_req_body, api_resp_http_code, "
                  "api_resp_code, api_resp_msg, api_req_body_size, created_trace_id, wx_account from "
                  "tb_core.wt_api_channel_records"),
            (Lines{fmt::format(R"((crm,req-1,{0},https://api.weixin.qq.com/cgi-bin/message/custom/send,)"
                               R"("{{""touser"":""oAnna""}}",200,45015,"out of time",18,{0},shop))",
                               kBroken)}));
  EXPECT_EQ(lines("select user_id, provider_code, request_id, request_tokens, response_tokens, total_tokens, ai_model, "
                  "user_input, call_type, del_flag from tb_core.wt_ai_call_records"),
            (Lines{"(u-17,deepseek,req-1,412,96,508,deepseek-chat,这款多少钱？,user,f)"}));
}

}  // namespace
}  // namespace wxpipe::whole_path
