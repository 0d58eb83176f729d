// wxpipe export: the stored events by filter, page by page, as NDJSON and CSV, with its row in audit_logs.
#include "tests/integration/whole_path/wxpipe_fixture.hpp"

namespace wxpipe::whole_path {
namespace {
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class ExportTest : public WholePathTest {
 protected:
  void SetUp() override {
    WholePathTest::SetUp();
    if (IsSkipped()) return;
    ASSERT_EQ(command({"topics", "apply"}, {}, 60s).code(), 0);
  }
  static int64_t lines_in(const std::string& text) { return std::ranges::count(text, '\n'); }
};

TEST_F(ExportTest, WritesWhatIsStoredByFilter) {
  // More than a page: rows as the sink writes them.
  const auto many = 2'500;
  database_->query(fmt::format(
      "insert into messages (event_id, occurred_at, received_at, platform, account, category, type, msg_type, subject, "
      "sender, content, body) select gen_random_uuid(), now() - n * interval '1 second', now(), 'wechat', 'shop', "
      "'message', 'message.text', 'text', 'o_' || n % 7, 'o_' || n % 7, case n when 1 then '=1+1 \"quoted\"' else '你好' "
      "end, '' from generate_series(1, {}) n",
      many));
  const auto all = command({"export"}, {}, 60s);
  EXPECT_EQ(all.code(), 0) << all.errors;
  EXPECT_EQ(lines_in(all.output), many);
  EXPECT_THAT(all.output, StartsWith("{\"kind\":\"message\","));
  EXPECT_THAT(all.errors, HasSubstr("2,500 events exported"));
  EXPECT_EQ(lines_in(command({"export", "--limit", "1200"}, {}, 60s).output), 1'200);
  const auto csv = command({"export", "--person", "o_1", "--text", "quoted", "--format", "csv"}, {}, 60s);
  EXPECT_THAT(csv.output, AllOf(StartsWith("\xEF\xBB\xBF"), HasSubstr("\"'=1+1 \"\"quoted\"\"\""), EndsWith("\r\n")));
  EXPECT_EQ(lines_in(csv.output), 2) << "names, and the one";
  EXPECT_EQ(lines_in(command({"export", "--from", "2030-01-01"}, {}, 60s).output), 0);
  EXPECT_EQ(lines("select filter, affected from audit_logs where operation = 'export' and affected = 1"),
            Lines{"(\"person=o_1 text=quoted\",1)"});
  for (const Lines& wrong : {Lines{"export", "--format", "xml"}, Lines{"export", "--from", "1h", "--to", "2h"},
                             Lines{"export", "--from", "someday"}, Lines{"export", "--account", "shpo"}})
    EXPECT_EQ(command(wrong, {}, 60s).code(), 2) << wrong.back();
}

}  // namespace
}  // namespace wxpipe::whole_path
