// The real Kafka and Postgres for this test run (started by dev/test or dev/stack). A test that needs them begins with
// WXPIPE_NEEDS_STACK().
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "common/config/settings.hpp"
#include "common/secret.hpp"

namespace wxpipe::support {

struct Stack {
  std::string kafka;     // WXPIPE_TEST_KAFKA, bootstrap servers
  std::string database;  // WXPIPE_TEST_DATABASE_URL; its user may create databases
  bool complete() const { return !kafka.empty() && !database.empty(); }
  bool required = false;  // WXPIPE_REQUIRE_STACK=1: a test that can't run fails instead of being skipped
};
const Stack& stack();

// Settings for clients of this Kafka.
config::KafkaSettings kafka_settings(std::string topic_prefix = "wxpipe.");
config::PostgresSettings postgres_settings();

inline constexpr const char* kNoStack =
    "needs a real Kafka and Postgres: run it by dev/test, or set WXPIPE_TEST_KAFKA and WXPIPE_TEST_DATABASE_URL";

}  // namespace wxpipe::support

// A macro, because it returns from the test (or SetUp).
#define WXPIPE_NEEDS_STACK()                                                          \
  do {                                                                                \
    if (!::wxpipe::support::stack().complete()) {                                     \
      if (::wxpipe::support::stack().required) FAIL() << ::wxpipe::support::kNoStack; \
      GTEST_SKIP() << ::wxpipe::support::kNoStack;                                    \
    }                                                                                 \
  } while (false)
