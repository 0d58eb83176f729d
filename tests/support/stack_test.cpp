// Tests of the helpers that every test on real servers uses.
#include "tests/support/stack.hpp"

#include <gtest/gtest.h>

#include "rig/eventually.hpp"
#include "tests/support/temporary_database.hpp"
#include "tests/support/topic_prefix.hpp"

namespace wxpipe::support {
namespace {

TEST(WithDatabase, ReplacesThePathAndKeepsTheRest) {
  EXPECT_EQ(with_database("postgresql://u:p@h:5/old?sslmode=disable", "new"),
            "postgresql://u:p@h:5/new?sslmode=disable");
  EXPECT_EQ(with_database("postgresql://h", "new"), "postgresql://h/new");
  EXPECT_EQ(with_database("postgresql://h?sslmode=disable", "new"), "postgresql://h/new?sslmode=disable");
}

TEST(TemporaryDatabase, IsEmptyOnesOwnAndGoneInTheEnd) {
  WXPIPE_NEEDS_STACK();
  std::string name;
  const std::string count = "select count(*) from pg_database where datname = ";
  const TemporaryDatabase other(Schema::none);
  {
    const TemporaryDatabase database;
    name = database.name();
    EXPECT_NE(name, other.name());
    EXPECT_EQ(database.query("select count(*) from messages").integer(0, 0), 0);
    const auto still_open = database.connect();
    EXPECT_EQ(other.query(count + "'" + name + "'").integer(0, 0), 1);
  }
  EXPECT_EQ(other.query(count + "'" + name + "'").integer(0, 0), 0);
}

TEST(TopicPrefix, CreatesEveryTopicOfTheTableAndDeletesThem) {
  WXPIPE_NEEDS_STACK();
  std::string prefix;
  std::map<std::string, int> expected, found;
  {
    TopicPrefix topics;
    prefix = topics.prefix();
    for (const auto& topic : schemas::kTopics) expected[topics.name(topic.name)] = topic.partitions;
    expected[topics.create("more", 2)] = 2;
    kafka::Admin admin(topics.settings());
    for (const auto& [name, view] : admin.view().topics)
      if (name.starts_with(prefix)) found[name] = view.partitions;
    EXPECT_EQ(found, expected);
  }
  kafka::Admin admin(kafka_settings());
  EXPECT_TRUE(rig::eventually([&] {
    for (const auto& [name, view] : admin.view().topics)
      if (name.starts_with(prefix)) return false;
    return true;
  }));
}

}  // namespace
}  // namespace wxpipe::support
