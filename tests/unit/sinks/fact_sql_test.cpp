// The statements that are written out of declarations, and the .sql files of families.
#include "sinks/fact_sql.hpp"

#include <gtest/gtest.h>

#include <set>

#include "common/postgres/embedded_sql.hpp"
#include "schemas/registry.hpp"
#include "sinks/fact_columns.hpp"

namespace wxpipe::sinks {
namespace {

TEST(FactSql, CopyAndInsertNameTheTablesColumns) {
  using schemas::DeadLetter;
  EXPECT_EQ(
      copy_statement(DeadLetter::kTable, kColumns<DeadLetter>),
      "copy dead_letters (dead_letter_id, event_id, receipt, occurred_at, failed_at, stage, reason, detail, sqlstate, "
      "account, topic, partition, record_offset, record_key, body, context, trace_id) from stdin (format binary)");
  const auto insert = insert_statement(DeadLetter::kTable, kColumns<DeadLetter>);
  EXPECT_EQ(insert.name, "dead_letters_insert");
  EXPECT_NE(insert.sql.find("unnest($15::bytea[]), unnest($16::jsonb[])"), std::string::npos) << insert.sql;
  EXPECT_TRUE(insert.sql.ends_with("on conflict (dead_letter_id) do nothing returning dead_letter_id")) << insert.sql;
}

TEST(FactSql, ExistingRowsAreLookedUpByTheWholeKey) {
  EXPECT_EQ(find_statement(schemas::Event::kTable, kColumns<schemas::Event>).sql,
            "select f.number from unnest($1::uuid[], $2::timestamptz[]) with ordinality as f(event_id, occurred_at, "
            "number) cross join lateral (select from messages t where t.event_id = f.event_id and t.occurred_at = "
            "f.occurred_at offset 0) there");
}

TEST(FactSql, AMergeGetsTheColumnsThatItNamesAndNoOthers) {
  using schemas::FollowerChanged;
  const auto merges = merges_of("followers", "", kColumns<FollowerChanged>);
  ASSERT_EQ(merges.size(), 1u);
  std::set<std::string_view> columns;
  for (const auto column : merges[0].columns) columns.insert(kColumns<FollowerChanged>[column].name);
  EXPECT_EQ(columns, (std::set<std::string_view>{"account", "tenant", "subject", "owner", "platform", "event_id",
                                                 "change", "state", "rank", "scene", "channel", "trace_id",
                                                 "occurred_at", "timeless", "stated_at"}));
  EXPECT_EQ(merges[0].table, "followers");
  EXPECT_EQ(merges[0].over, MergeStatement::Over::fresh);
}

TEST(FactSql, AMergeKeepsTheFirstAndTheLastOfARow) {
  const auto merges = merges_of("followers", "", kColumns<schemas::FollowerChanged>);
  ASSERT_EQ(merges.size(), 1u);
  EXPECT_NE(
      merges[0].sql.find(
          "created_trace_id = case when (excluded.first_seen_at, coalesce(excluded.created_trace_id, '') collate "
          "\"C\") < (k.first_seen_at, coalesce(k.created_trace_id, '')) then excluded.created_trace_id else "
          "k.created_trace_id end, updated_trace_id = case when (excluded.last_seen_at, "
          "coalesce(excluded.updated_trace_id, '') collate \"C\") > (k.last_seen_at, coalesce(k.updated_trace_id, "
          "'')) then excluded.updated_trace_id else k.updated_trace_id end, first_seen_at = least(k.first_seen_at, "
          "excluded.first_seen_at), last_seen_at = greatest(k.last_seen_at, excluded.last_seen_at),"),
      std::string::npos)
      << merges[0].sql;
  EXPECT_EQ(merges[0].sql.find('@'), std::string::npos);
}

// A file in a folder that is no family's, or a statement of a fact that is none, would never run.
TEST(FactSql, EveryStatementIsSomeFamilys) {
  size_t statements = 0, read = 0;
  for (const auto& file : postgres::embedded_merge_files())
    for (auto at = file.sql.find("--@ "); at != file.sql.npos; at = file.sql.find("--@ ", at + 1)) ++statements;
  std::set<std::string> names;
  schemas::for_each_family([&]<class First, class... Others>(const schemas::Family<First, Others...>& family) {
    const auto take = [&](const std::vector<MergeStatement>& merges) {
      read += merges.size();
      for (const auto& merge : merges)
        EXPECT_TRUE(names.insert(merge.name).second) << merge.name << " stands there twice";
    };
    take(merges_of(family.name, "", kColumns<First>));
    (take(merges_of(family.name, Others::kName, kColumns<Others>)), ...);
  });
  EXPECT_EQ(read, statements);
}

}  // namespace
}  // namespace wxpipe::sinks
