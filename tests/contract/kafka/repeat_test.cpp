// What a call that librdkafka wants repeated leaves behind. No broker: a client without one gives a retriable error.
#include "common/kafka/repeat.hpp"

#include <gtest/gtest.h>

#include "common/kafka/client_config.hpp"

namespace wxpipe::contract {
namespace {
using namespace std::chrono_literals;
using kafka::Error;
using kafka::Renewal;

class Repeat : public ::testing::Test {
 protected:
  static kafka::Client make() {
    config::KafkaSettings settings;
    settings.bootstrap_servers = "127.0.0.1:1";
    const std::vector<std::pair<std::string, std::string>> extra{{"transactional.id", "nobody"}};
    return make_producer(client_config(kafka::ClientRole::transactional_producer, settings, extra));
  }
  Error retriable() { return Error(rd_kafka_init_transactions(client_.get(), 1)); }

  // Answers `errors` times a retriable error, then none.
  std::optional<Renewal> repeat(int errors, std::chrono::milliseconds patience = 8s,
                                std::chrono::milliseconds socket_timeout = 3s) {
    return kafka::repeat(client_.get(), "call", patience, socket_timeout, [&](int) {
      ++calls_;
      return calls_ <= errors ? retriable() : Error();
    });
  }

  const kafka::Client client_ = make();
  int calls_ = 0;
};

TEST_F(Repeat, ACallThatSucceedsAtOnceLeavesNoDoubt) {
  EXPECT_EQ(repeat(0), std::nullopt);
  EXPECT_EQ(calls_, 1);
}

TEST_F(Repeat, ACallThatHadToBeRepeatedAsksForARenewal) {
  EXPECT_EQ(repeat(2), Renewal::retried);
  EXPECT_EQ(calls_, 3);
}

TEST_F(Repeat, OneThatWasRepeatedAndSlowIsToldAsRepeated) { EXPECT_EQ(repeat(1, 8s, 1ms), Renewal::retried); }

TEST_F(Repeat, ACallThatTookAsLongAsARequestMayAsksForARenewal) { EXPECT_EQ(repeat(0, 8s, 0ms), Renewal::slow); }

TEST_F(Repeat, PatienceEnds) {
  EXPECT_THROW(repeat(1000, 100ms), Unavailable);
  EXPECT_GT(calls_, 1);
}

TEST_F(Repeat, WhatIsNeitherRetriableNorAbortableIsNotRepeated) {
  EXPECT_THROW(kafka::repeat(client_.get(), "call", 8s, 3s,
                             [&](int) {
                               ++calls_;
                               return Error(rd_kafka_error_new(RD_KAFKA_RESP_ERR__FENCED, "over"));
                             }),
               Fenced);
  EXPECT_EQ(calls_, 1);
}

}  // namespace
}  // namespace wxpipe::contract
