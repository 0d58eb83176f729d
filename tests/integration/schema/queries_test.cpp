// Every query of docs/tables.md on some 50,000 rows (many_rows.sql): it must run, and its plan must not read a large
// table from end to end.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>

#include "common/config/settings.hpp"
#include "sinks/autopilot.hpp"
#include "sinks/families.hpp"
#include "tests/support/stack.hpp"
#include "tests/support/temporary_database.hpp"

namespace wxpipe {
namespace {
using namespace std::chrono;
using Names = std::vector<std::string>;

std::string content_of(const std::string& path) {
  std::ifstream in(path);
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Query {
  std::string section, sql;
};
// The page's SQL blocks, with the heading (##) that each stands under.
std::vector<Query> queries_of(const std::string& page) {
  const std::string kBegin = "```sql\n", kEnd = "```", kHeading = "\n## ";
  std::vector<Query> queries;
  for (auto at = page.find(kBegin); at != std::string::npos; at = page.find(kBegin, at + 1)) {
    const auto heading = page.rfind(kHeading, at) + kHeading.size();
    const auto from = at + kBegin.size();
    queries.push_back(
        {page.substr(heading, page.find('\n', heading) - heading), page.substr(from, page.find(kEnd, from) - from)});
  }
  return queries;
}

class Queries : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!support::stack().complete()) return;
    database_ = std::make_unique<support::TemporaryDatabase>();
    connection_ = database_->connect();
    config::SinkSettings settings;
    settings.days_ahead = 90;
    for (const auto age : {90, 60, 30, 0})
      sinks::keep_tables(*connection_, sinks::partitioned_tables(),
                         floor<microseconds>(system_clock::now()) - days(age), settings);
    connection_->execute(content_of("tests/integration/schema/many_rows.sql"));
  }
  static void TearDownTestSuite() {
    connection_.reset();
    database_.reset();
  }
  void SetUp() override { WXPIPE_NEEDS_STACK(); }

  // The tables of 1,000 rows and more that the plan of `sql` reads from end to end.
  static Names read_whole(const std::string& sql) {
    const auto plan = connection_->execute("explain (format json) " + sql);
    const auto rows = connection_->execute(
        "select distinct c.relname::text from jsonb_path_query($1::text::jsonb, 'strict $.**?(@.\"Node Type\" == \"Seq "
        "Scan\")') node join pg_class c on c.relname = node->>'Relation Name' and c.relkind = 'r' where c.reltuples >= "
        "1000 order by 1",
        postgres::Parameters().text(plan.text(0, 0)));
    Names names;
    for (size_t i = 0; i < rows.size(); ++i) names.push_back(rows.text(i, 0));
    return names;
  }

  static std::unique_ptr<support::TemporaryDatabase> database_;
  static std::unique_ptr<postgres::Connection> connection_;
};
std::unique_ptr<support::TemporaryDatabase> Queries::database_;
std::unique_ptr<postgres::Connection> Queries::connection_;

TEST_F(Queries, ThatReadALargePartitionWholeAreFound) {
  EXPECT_EQ(connection_->execute("select count(*) from messages").integer(0, 0), 50'000);
  EXPECT_EQ(connection_->execute("select count(*) from messages_default").integer(0, 0), 0);
  EXPECT_FALSE(read_whole("select * from messages where content = 'hello'").empty());
  EXPECT_EQ(read_whole("select * from dead_letters where detail = 'x'"), Names{"dead_letters"});
}

// Else a plan that reads such a table from end to end would not be found.
TEST_F(Queries, MeetALargePartitionOfEachOfTheBusinesssTables) {
  const auto small = connection_->execute(
      "select coalesce(i.inhparent, c.oid)::regclass::text from pg_class c left join pg_inherits i on i.inhrelid = c.oid "
      "where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace group by 1 having max(c.reltuples) < 1000 order "
      "by 1");
  Names names;
  for (size_t i = 0; i < small.size(); ++i) names.push_back(small.text(i, 0));
  EXPECT_EQ(names, Names{}) << "many_rows.sql should have more of them";
}

TEST_F(Queries, OfTheDocumentationRunAndUseIndexes) {
  for (const auto& query : queries_of(content_of("docs/tables.md"))) {
    EXPECT_NO_THROW(connection_->execute(query.sql)) << query.sql;
    EXPECT_EQ(read_whole(query.sql), Names{}) << query.sql;
  }
}

TEST_F(Queries, AreThreeForEachOfTheBusinesssTables) {
  std::map<std::string, size_t> shown;
  for (const auto& query : queries_of(content_of("docs/tables.md"))) ++shown[query.section];
  const auto tables = connection_->execute(
      "select relname::text from pg_class where relkind in ('r', 'p') and not relispartition and relnamespace = "
      "'public'::regnamespace order by 1");
  for (size_t i = 0; i < tables.size(); ++i) {
    const auto table = tables.text(i, 0);
    size_t queries = 0, tables_there = 1;
    for (const auto& [section, count] : shown)
      if ((" " + section + " ").find(" " + table + " ") != std::string::npos) {
        queries = count;
        for (auto at = section.find(" and "); at != std::string::npos; at = section.find(" and ", at + 1))
          ++tables_there;
      }
    EXPECT_GE(queries, 3 * tables_there) << table;
  }
}

}  // namespace
}  // namespace wxpipe
