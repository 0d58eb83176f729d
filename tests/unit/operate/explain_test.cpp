// The page's tables answer for each word they name.
#include "operate/explain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wxpipe::operate {
namespace {
using testing::ElementsAre;

constexpr const char* kPage = R"(# Operations

## Refusals: answered, not kept

| reason | answer | meaning |
|---|---|---|
| `one`, `two` | 401 | the **token** differs, see [keys](#keys) and `token` |
| `sink.<family>` | 503 | a part |
| `metric{a,b}` | – | a|b is cut, a&#124;b is not |

Text with `one` between.

## Codes

| exit code | meaning |
|---|---|
| 3 | away |
)";

TEST(Explain, EveryRowThatNamesAWord) {
  const auto all = explanations(kPage);
  ASSERT_EQ(all.size(), 4u);
  EXPECT_THAT(all[0].words, ElementsAre("one", "two"));
  EXPECT_EQ(all[0].section, "Refusals: answered, not kept");
  EXPECT_EQ(all[0].anchor, "refusals-answered-not-kept");
  ASSERT_EQ(all[0].cells.size(), 2u);
  EXPECT_EQ(all[0].cells[0].title, "answer");
  EXPECT_EQ(all[0].cells[1].text, "the token differs, see keys and token");
  EXPECT_THAT(all[2].words, ElementsAre("metric"));
  EXPECT_THAT(all[3].words, ElementsAre("3"));
}

TEST(Explain, FindsAWordAndAPlaceholder) {
  const auto all = explanations(kPage);
  ASSERT_EQ(explain(all, "two").size(), 1u);
  EXPECT_EQ(explain(all, "two").front(), &all[0]);
  ASSERT_EQ(explain(all, "sink.messages").size(), 1u);
  EXPECT_EQ(explain(all, "sink.messages").front()->cells[1].text, "a part");
  EXPECT_TRUE(explain(all, "sink.").empty());
  EXPECT_TRUE(explain(all, "token").empty()) << "only the first cell names";
}

TEST(Explain, TheOperationsPageIsInTheExecutable) {
  const auto all = explanations(operations_page());
  EXPECT_GT(all.size(), 90u);
  EXPECT_EQ(explain(all, "undecryptable").size(), 1u);
  EXPECT_EQ(explain(all, "3").size(), 1u);
}

}  // namespace
}  // namespace wxpipe::operate
