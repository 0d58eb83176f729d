// A message that librdkafka repeats often is logged only now and then.
#include "common/kafka/client_log.hpp"

#include <gtest/gtest.h>

namespace wxpipe::kafka {
namespace {
using namespace std::chrono_literals;

const ClientLog::Time kStart{1000s};
constexpr auto kRefused =
    "[thrd:a:1/bootstrap]: a:1/1: Connect to ipv4#1.2.3.4:1 failed: Connection refused (after 0ms in state CONNECT)";

TEST(CauseOf, IsWithoutWhoSaysItAndWhen) {
  EXPECT_EQ(cause_of(kRefused), "Connect to ipv4#1.2.3.4:1 failed: Connection refused");
  EXPECT_EQ(
      cause_of(
          "[thrd:app]: wxpipe#producer-24: TxnCoordinator: a:1: Connect to ipv4#1.2.3.4:1 failed: Connection refused "
          "(after 0ms in state CONNECT, 1 identical error(s) suppressed)"),
      "Connect to ipv4#1.2.3.4:1 failed: Connection refused");
  EXPECT_EQ(cause_of("[thrd:GroupCoordinator]: 2/2 brokers are down"), "2/2 brokers are down");
  EXPECT_EQ(cause_of("nothing of the kind"), "nothing of the kind");
  EXPECT_EQ(cause_of(""), "");
}

TEST(ClientLog, SaysEachCauseAtOnceAndThenOnceInAWhileWithTheCount) {
  ClientLog log;
  EXPECT_EQ(log.admit(kRefused, kStart), 0);
  EXPECT_EQ(log.admit(kRefused, kStart + 1s), std::nullopt);
  EXPECT_EQ(log.admit("[thrd:main]: 1/1 brokers are down", kStart + 1s), 0);
  EXPECT_EQ(log.admit(kRefused, kStart + 29s), std::nullopt);
  EXPECT_EQ(log.admit(kRefused, kStart + 30s), 2);
  EXPECT_EQ(log.admit(kRefused, kStart + 31s), std::nullopt);
}

TEST(ClientLog, RemembersABoundedNumberOfCauses) {
  ClientLog log;
  for (int i = 0; i < 10'000; ++i) EXPECT_EQ(log.admit("cause " + std::to_string(i), kStart), 0);
  EXPECT_EQ(log.admit("cause 9999", kStart), std::nullopt);
  EXPECT_EQ(log.admit("cause 0", kStart), 0) << "forgotten to make room";
}

}  // namespace
}  // namespace wxpipe::kafka
