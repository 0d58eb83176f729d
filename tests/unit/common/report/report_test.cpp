// A report says the same to people, to programs and row by row.
#include "common/report/report.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "common/report/cells.hpp"

namespace wxpipe::report {
namespace {
using namespace std::chrono_literals;

const Timestamp kMorning = Timestamp(1'764'000'000s + 123'456us);  // 2025-11-24T16:00:00.123456Z
constexpr Style kPiped{};

Report shops() {
  Report report;
  report.facts = {{"from", "", Value()}, {"rows", "rows", 12'345, Kind::count}};
  report.tables = {list("waiting_for", "waiting for", std::vector<std::string>{"process", "sink"}),
                   {"by_account",
                    "",
                    {{"account", "account"}, {"rows", "rows", Kind::count}, {"instance", ""}},
                    {{"shop", 12'000, "in-1"}, {"上海店", 345, "in-2"}},
                    {"all", 12'345, Value()}}};
  report.main = 1;
  report.findings = {{Level::error, "one is missing", "look for it"}};
  return report;
}

// ---- text ----

TEST(ReportText, AlignsTablesAndPutsTheVerdictLast) {
  EXPECT_EQ(to_text(shops(), kPiped),
            "rows  12,345\n"
            "\n"
            "account    rows\n"
            "shop     12,000\n"
            "上海店      345\n"
            "all      12,345\n"
            "\n"
            "waiting for process\n"
            "waiting for sink\n"
            "\n"
            "error: one is missing\n"
            "  look for it\n");
}

TEST(ReportText, CountsWideCharactersTwiceAndMarksNotAtAll) {
  EXPECT_EQ(width_of("shop"), 4U);
  EXPECT_EQ(width_of("公众号"), 6U);
  EXPECT_EQ(width_of("ｗｘ（）、한"), 12U);
  EXPECT_EQ(width_of("é – …"), 5U);
  EXPECT_EQ(width_of("e\u0301\uFE0F"), 1U);
  EXPECT_EQ(width_of("🎉"), 2U);
  EXPECT_EQ(width_of("\xFF\xE4\xB8"), 3U);  // each broken byte is shown as one
}

TEST(ReportText, ShowsEachKindAsPeopleReadIt) {
  Report report;
  report.facts = {{"", "count", 1'234'567, Kind::count},
                  {"", "port", 8080},
                  {"", "quick", 1'834, Kind::duration},
                  {"", "slow", 2'500'000, Kind::duration},
                  {"", "day", kMorning, Kind::day},
                  {"", "minute", kMorning, Kind::minute},
                  {"", "time", kMorning, Kind::time},
                  {"", "there", true},
                  {"", "unknown", Value()},
                  {"", "settings", Object{{"a", 1}, {"b", "x"}}},
                  {"", "told", 7, Kind::count, "seven of eight"}};
  EXPECT_EQ(to_text(report, kPiped),
            "count     1,234,567\n"
            "port      8080\n"
            "quick     1.83 ms\n"
            "slow      2.50 s\n"
            "day       2025-11-24\n"
            "minute    2025-11-24T16:00Z\n"
            "time      2025-11-24T16:00:00Z\n"
            "there     yes\n"
            "unknown   –\n"
            "settings  a=1 b=x\n"
            "told      seven of eight\n");
}

TEST(ReportText, LeavesOutWhatHasNoTitleAndTablesWithoutRows) {
  Report report;
  report.facts = {{"for_programs", "", 1}};
  report.tables = {{"empty", "empty", {{"a", "a"}}, {}}, {"boots", "", {{"a", "a"}}, {{1}}}};
  report.findings = {{Level::fine, "nothing to do"}};
  EXPECT_EQ(to_text(report, kPiped), "fine: nothing to do\n");
}

TEST(ReportText, BreaksLongCellsOnATerminalOnly) {
  Report report;
  report.tables = {{"topics",
                    "",
                    {{"topic", "topic"}, {"partitions", "partitions", Kind::count}, {"why", "why"}},
                    {{"wxpipe.events.v1", 6, "retention.ms is 3600000 and 清理策略 is compact"}}}};
  EXPECT_EQ(to_text(report, kPiped),
            "topic             partitions  why\n"
            "wxpipe.events.v1           6  retention.ms is 3600000 and 清理策略 is compact\n");
  EXPECT_EQ(to_text(report, {.width = 46}),
            "topic             partitions  why\n"
            "wxpipe.events.v1           6  retention.ms is\n"
            "                              3600000 and\n"
            "                              清理策略 is\n"
            "                              compact\n");
}

TEST(ReportText, BreaksSentencesAndFactsBesideTheirTitles) {
  Report report;
  report.facts = {{"", "failed", "12 refused, 3 timed out"}};
  report.findings = {{Level::warning, "the broker keeps no replicas", "set kafka.replication_factor to 3"}};
  EXPECT_EQ(to_text(report, {.width = 22}),
            "failed  12 refused, 3\n"
            "        timed out\n"
            "\n"
            "warning: the broker\n"
            "  keeps no replicas\n"
            "  set\n"
            "  kafka.replication_fa\n"
            "  ctor to 3\n");
}

TEST(ReportText, BreaksTextWithoutSpacesAnywhereAndWideCharactersWhole) {
  EXPECT_EQ(lines_of("一二三四五", 5), (std::vector<std::string>{"一二", "三四", "五"}));
  EXPECT_EQ(lines_of("abcdef", 4), (std::vector<std::string>{"abcd", "ef"}));
  EXPECT_EQ(lines_of("ab cd ef", 5), (std::vector<std::string>{"ab cd", "ef"}));
  EXPECT_EQ(lines_of("ab cdefghij", 6, 2), (std::vector<std::string>{"ab", "  cdef", "  ghij"}));
  EXPECT_EQ(lines_of("", 4), (std::vector<std::string>{""}));
}

TEST(ReportText, BearsATerminalThatIsNarrowerThanItsTitles) {
  Report report;
  report.facts = {{"", "never acknowledged", 3}};
  report.findings = {{Level::warning, "so it is"}};
  EXPECT_EQ(to_text(report, {.colours = true, .width = 6}),
            "\x1b[1mnever acknowledged\x1b[0m  3\n"
            "\n"
            "\x1b[1;33mwarnin\x1b[0m\n  g:\n  so\n  it\n  is\n");
}

TEST(ReportText, NeverLetsTextSteerTheTerminal) {
  EXPECT_EQ(lines_of("a\x1b[31mb\x7f\u009b\u202E\nc\xFF", 0),
            (std::vector<std::string>{"a\uFFFD[31mb\uFFFD\uFFFD\uFFFD c\uFFFD"}));
}

TEST(ReportText, NamesFiftyOfADetail) {
  Report report;
  report.tables = {list("missing", "missing", std::vector<int>(52, 7))};
  report.main = 1;
  const auto text = to_text(report, kPiped);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 51);
  EXPECT_TRUE(text.ends_with("missing 7\n… and 2 more; --json names all\n")) << text;
}

TEST(ReportText, HasColoursOnATerminalUnlessSomebodyDoesNotWantThem) {
  EXPECT_TRUE(style_for(true, 80, "", "xterm").colours);
  EXPECT_FALSE(style_for(true, 80, "1", "xterm").colours);
  EXPECT_FALSE(style_for(true, 80, "", "dumb").colours);
  EXPECT_FALSE(style_for(false, 80, "", "xterm").colours);
  EXPECT_EQ(style_for(true, 80, "1", "dumb").width, 80U);
  EXPECT_EQ(style_for(false, 80, "", "xterm").width, 0U);
  const std::vector<Finding> findings{{Level::fine, "good"}, {Level::error, "bad"}};
  EXPECT_EQ(to_text(findings, {.colours = true}), "\x1b[1;32mfine:\x1b[0m good\n\x1b[1;31merror:\x1b[0m bad\n");
  EXPECT_EQ(to_text(findings, {}), "fine: good\nerror: bad\n");
  Report report;
  report.facts = {{"", "rows", 1}};
  report.tables = {{"", "", {{"", "a"}}, {{"b"}}}};
  EXPECT_EQ(to_text(report, {.colours = true}), "\x1b[1mrows\x1b[0m  1\n\n\x1b[1ma\x1b[0m\nb\n");
}

// ---- JSON ----

TEST(ReportJson, HasFactsThenTablesThenFindings) {
  EXPECT_EQ(to_json(shops()), R"({"from":null,"rows":12345,"waiting_for":["process","sink"],)"
                              R"("by_account":[{"account":"shop","rows":12000,"instance":"in-1"},)"
                              R"({"account":"上海店","rows":345,"instance":"in-2"}],)"
                              R"("findings":[{"level":"error","text":"one is missing","remedy":"look for it"}]})");
}

TEST(ReportJson, KeepsNumbersMomentsAndTextAsTheyAre) {
  Report report;
  report.facts = {{"least", "", std::numeric_limits<int64_t>::min()},
                  {"most", "", std::numeric_limits<uint64_t>::max()},
                  {"rate", "", 99.5},
                  {"whole", "", 3.0},
                  {"never", "", std::numeric_limits<double>::infinity()},
                  {"at", "", kMorning},
                  {"fine", "", true},
                  {"told", "", std::optional<std::string>()},
                  {"text", "", "a \"b\"\n\\\x01 名 \xFF"},
                  {"inner", "", Object{{"a", 1}, {"b", Object{}}}},
                  {"", "for people", 1}};
  EXPECT_EQ(to_json(report),
            R"({"least":-9223372036854775808,"most":18446744073709551615,"rate":99.5,"whole":3,"never":null,)"
            R"("at":"2025-11-24T16:00:00.123456Z","fine":true,"told":null,)"
            "\"text\":\"a \\\"b\\\"\\n\\\\\\u0001 名 \uFFFD\",\"inner\":{\"a\":1,\"b\":{}},\"findings\":[]}");
}

TEST(ReportJson, RowsStandAloneForNdjson) {
  const auto table = shops().tables[1];
  std::string out;
  for (const auto& row : table.rows) {
    append_row(out, table.columns, row);
    out += '\n';
  }
  EXPECT_EQ(out, R"({"account":"shop","rows":12000,"instance":"in-1"})"
                 "\n"
                 R"({"account":"上海店","rows":345,"instance":"in-2"})"
                 "\n");
}

}  // namespace
}  // namespace wxpipe::report
