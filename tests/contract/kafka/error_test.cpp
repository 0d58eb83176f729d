// How we treat librdkafka's errors. Pure; no broker.
#include "common/kafka/error.hpp"

#include <gtest/gtest.h>

#include "common/kafka/client_config.hpp"
#include "common/kafka/consumer.hpp"
#include "common/result.hpp"

namespace wxpipe::contract {
namespace {
using kafka::ClientRole;

TEST(KafkaErrors, WhatTimeHealsIsUnavailableAndTheRestIsOver) {
  for (const auto code :
       {RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
        RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
        RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED}) {
    EXPECT_TRUE(kafka::heals_by_waiting(code)) << rd_kafka_err2name(code);
    EXPECT_THROW(kafka::throw_error("call", code), Unavailable) << rd_kafka_err2name(code);
  }
  for (const auto code : {RD_KAFKA_RESP_ERR__FATAL, RD_KAFKA_RESP_ERR__FENCED, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH,
                          RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, RD_KAFKA_RESP_ERR__INVALID_ARG}) {
    EXPECT_FALSE(kafka::heals_by_waiting(code)) << rd_kafka_err2name(code);
    EXPECT_THROW(kafka::throw_error("call", code), Fenced) << rd_kafka_err2name(code);
  }
}

TEST(KafkaErrors, SayTheCallTheReasonAndTheName) {
  EXPECT_EQ(kafka::describe("send_offsets", RD_KAFKA_RESP_ERR__TIMED_OUT),
            "send_offsets: Local: Timed out (_TIMED_OUT)");
  EXPECT_EQ(kafka::describe("poll", RD_KAFKA_RESP_ERR__FATAL, "it broke"), "poll: it broke (_FATAL)");
}

TEST(KafkaSettings, APropertyThatNobodyKnowsIsNamed) {
  config::KafkaSettings settings;
  settings.properties["lingr.ms"] = "5";
  try {
    client_config(ClientRole::ingest_producer, settings);
    FAIL() << "taken";
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("kafka.properties.lingr.ms: "), std::string::npos) << error.what();
  }
}

TEST(KafkaSettings, AGuaranteeCannotBeConfiguredAway) {
  const std::vector<std::tuple<ClientRole, std::string, std::string>> attempts{
      {ClientRole::ingest_producer, "acks", "1"},
      {ClientRole::ingest_producer, "enable.idempotence", "false"},
      {ClientRole::transactional_producer, "acks", "1"},
      {ClientRole::processor_consumer, "isolation.level", "read_uncommitted"},
      {ClientRole::sink_consumer, "auto.offset.reset", "latest"},
      {ClientRole::patient_sink_consumer, "auto.offset.reset", "earliest"},
      {ClientRole::sink_consumer, "partition.assignment.strategy", "cooperative-sticky"},
      {ClientRole::processor_consumer, "enable.auto.commit", "true"}};
  for (const auto& [role, name, value] : attempts) {
    config::KafkaSettings settings;
    settings.properties[name] = value;
    try {
      client_config(role, settings);
      ADD_FAILURE() << name << "=" << value << " was taken";
    } catch (const UsageError& error) {
      EXPECT_NE(std::string(error.what()).find("kafka.properties." + name + ": wxpipe's guarantees need it to be"),
                std::string::npos)
          << error.what();
    }
  }
}

// docs/decisions/0007-eager-static-groups.md
TEST(KafkaSettings, ConsumersHaveTheClassicProtocolWhereLibrdkafkaKnowsAnother) {
  const kafka::Conf plain(rd_kafka_conf_new());
  char value[64];
  size_t size = sizeof value;
  const bool known = rd_kafka_conf_get(plain.get(), "group.protocol", value, &size) == RD_KAFKA_CONF_OK;
  EXPECT_EQ(known, rd_kafka_version() >= 0x02040000);
  for (const auto role :
       {ClientRole::processor_consumer, ClientRole::sink_consumer, ClientRole::patient_sink_consumer}) {
    const auto conf = client_config(role, {});
    size = sizeof value;
    const bool set = rd_kafka_conf_get(conf.get(), "group.protocol", value, &size) == RD_KAFKA_CONF_OK;
    EXPECT_EQ(set, known);
    if (set) {
      EXPECT_STREQ(value, "classic");
    }
    config::KafkaSettings other;
    other.properties["group.protocol"] = "consumer";
    EXPECT_THROW(client_config(role, other), UsageError) << "with any librdkafka";
  }
}

TEST(KafkaSettings, EverythingElseHasTheUsersWord) {
  config::KafkaSettings settings;
  settings.properties["linger.ms"] = "7";
  const auto conf = client_config(ClientRole::ingest_producer, settings);
  char value[64];
  size_t size = sizeof value;
  ASSERT_EQ(rd_kafka_conf_get(conf.get(), "linger.ms", value, &size), RD_KAFKA_CONF_OK);
  EXPECT_STREQ(value, "7");
}

TEST(MemberId, HasNoCharacterThatKafkaRefuses) {
  EXPECT_EQ(kafka::member_id("shop 1/上海", "sink.messages", 2), "shop-1-------.sink.messages.2");
  EXPECT_NE(kafka::member_id("a", "sink", 0), kafka::member_id("a", "sink", 1));
}

}  // namespace
}  // namespace wxpipe::contract
