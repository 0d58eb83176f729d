// A replay's words, and what can be read in them again.
#include "operate/replay_words.hpp"

#include <gtest/gtest.h>

#include "schemas/facts/event.hpp"

namespace wxpipe::operate {
namespace {

schemas::Event event(std::string account, std::string content = {}) {
  schemas::Event event;
  event.account = std::move(account);
  event.content = std::move(content);
  return event;
}

TEST(ReplayWords, SayWhatWasAskedFor) {
  EXPECT_EQ(words_of({.into = "tables"}), "into=tables");
  EXPECT_EQ(words_of({.from = "2h",
                      .to = "bookmark:noon",
                      .where = "account=shop,type=message.*",
                      .match = {"/attributes/a=1", "/attributes/b=2"},
                      .into = "schema:try",
                      .rules = "other.toml",
                      .partition = 3,
                      .renormalize = true}),
            "into=schema:try from=2h to=bookmark:noon where=account=shop,type=message.* match=/attributes/a=1 "
            "match=/attributes/b=2 partition=3 renormalize rescore=other.toml");
}

TEST(ReplayWords, TellWhereToAndWhat) {
  const auto [into, rest] = into_and_rest("into=schema:try from=2h where=account=shop");
  EXPECT_EQ(into, "schema:try");
  EXPECT_EQ(rest, "from=2h where=account=shop");
  EXPECT_EQ(into_and_rest("into=tables").into, "tables");
  EXPECT_EQ(into_and_rest("into=tables").rest, "");
}

TEST(ReplayWords, HaveTheFilterThatWasAskedFor) {
  const auto of_shop = filter_in(words_of({.from = "2026-11-24 08:30",
                                           .where = "account=shop,content=*price*",
                                           .match = {"/attributes/EventKey=qrscene_*"},
                                           .into = "schema:try",
                                           .rules = "my rules.toml",
                                           .partition = 3,
                                           .renormalize = true}));
  EXPECT_FALSE(of_shop) << "the space in the file's name";
  const auto filter = filter_in(words_of({.from = "2026-11-24 08:30",
                                          .where = "account=shop,content=*price*",
                                          .match = {"/attributes/EventKey=qrscene_*"},
                                          .into = "schema:try",
                                          .partition = 3,
                                          .renormalize = true}));
  ASSERT_TRUE(filter);
  constexpr auto kRight = R"({"attributes":{"EventKey":"qrscene_7"}})", kWrong = R"({"attributes":{"EventKey":"7"}})";
  EXPECT_TRUE(filter->takes(event("shop", "the price?"), kRight));
  EXPECT_FALSE(filter->takes(event("shop", "the price?"), kWrong));
  EXPECT_FALSE(filter->takes(event("shop", "hello"), kRight));
  EXPECT_FALSE(filter->takes(event("outlet", "the price?"), kRight));

  const auto all = filter_in(words_of({.from = "2h", .into = "tables", .renormalize = true}));
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->takes_all());
}

// "content=the price" may also be "content=the" with something behind it.
TEST(ReplayWords, DontTellAFilterWhoseEndIsNotKnown) {
  for (const auto* where : {"content=the price", "content=the  price", "content=the ", "content=the where"})
    EXPECT_FALSE(filter_in(words_of({.where = where}))) << where;
  EXPECT_FALSE(filter_in(words_of({.match = {"/content=the price"}})));
  EXPECT_FALSE(filter_in("into=tables where=colour=red")) << "a name of another version";
}

}  // namespace
}  // namespace wxpipe::operate
