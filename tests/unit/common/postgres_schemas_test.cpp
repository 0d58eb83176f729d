#include "common/postgres/schemas.hpp"

#include <gtest/gtest.h>

namespace wxpipe::postgres {
namespace {

TEST(Schemas, SqlRunsInTheSideSchemas) {
  const auto side = side_schemas("try");
  EXPECT_EQ(side, (Schemas{"try", "try_wxpipe"}));
  EXPECT_EQ(placed("insert into wxpipe.ledger as l select wxpipe.told_at(a) from messages", side),
            "insert into try_wxpipe.ledger as l select try_wxpipe.told_at(a) from messages");
  EXPECT_EQ(placed("create schema if not exists wxpipe;comment on schema wxpipe is 'wxpipe''s own tables'", side),
            "create schema if not exists try_wxpipe;comment on schema try_wxpipe is 'wxpipe''s own tables'");
  EXPECT_EQ(placed("in ('public'::regnamespace, 'wxpipe'::regnamespace)", side),
            "in ('try'::regnamespace, 'try_wxpipe'::regnamespace)");
}

TEST(Schemas, OtherWordsStayAsTheyAre) {
  const auto side = side_schemas("try");
  for (const auto* sql : {"select my_wxpipe.a, public_key, 'public' from wxpiped.b",
                          "comment on table a is '`wxpipe audit`'", "select 1", ""})
    EXPECT_EQ(placed(sql, side), sql);
  EXPECT_EQ(placed("select wxpipe.a", Schemas{}), "select wxpipe.a");
}

}  // namespace
}  // namespace wxpipe::postgres
