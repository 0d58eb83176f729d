#include "tests/support/stack.hpp"

#include <cstdlib>

namespace wxpipe::support {
namespace {
std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}
}  // namespace

const Stack& stack() {
  static const Stack found{variable("WXPIPE_TEST_KAFKA"), variable("WXPIPE_TEST_DATABASE_URL"),
                           variable("WXPIPE_REQUIRE_STACK") == "1"};
  return found;
}

config::KafkaSettings kafka_settings(std::string topic_prefix) {
  config::KafkaSettings settings;
  settings.bootstrap_servers = stack().kafka;
  settings.topic_prefix = std::move(topic_prefix);
  return settings;
}

config::PostgresSettings postgres_settings() {
  config::PostgresSettings settings;
  settings.url = Secret(stack().database);
  return settings;
}

}  // namespace wxpipe::support
