#include "schemas/attribute_tree.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wxpipe::schemas {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(AttributeTree, NamesTextsByTheirPath) {
  EXPECT_THAT(
      AttributeTree::of_json(R"({"a":{"b":[{"c":"1"},{"c":"2","d":""}],"":"x"},"e":["3",["4"]],"f":{},"g":[]})"),
      ElementsAre(Pair("a.b.c", "1"), Pair("a.b.c", "2"), Pair("a.b.d", ""), Pair("a", "x"), Pair("e", "3"),
                  Pair("e", "4"), Pair("f", ""), Pair("g", "")));
  EXPECT_THAT(AttributeTree::of_json(R"({"a.b":["1","2"]})"), ElementsAre(Pair("a.b", "1"), Pair("a.b", "2")))
      << "as version 1 of the normaliser wrote them";
  EXPECT_TRUE(AttributeTree::of_json("{}").empty());
}

TEST(AttributeTree, TakesOneMoreText) {
  AttributeTree tree;
  tree.emplace_back("menu_name", "\"价格\"");
  EXPECT_EQ(tree.json(), R"({"menu_name":"\"价格\""})");
  tree.emplace_back("channel", "x");
  EXPECT_EQ(tree, AttributeTree({{"menu_name", "\"价格\""}, {"channel", "x"}}));
  EXPECT_THAT(tree, ElementsAre(Pair("menu_name", "\"价格\""), Pair("channel", "x")));
}

TEST(AttributeTree, KnowsWhatItCannotRead) {
  for (const auto* json :
       {R"({"a":1})", R"({"a":null})", R"({"a":{"b":tru}})", R"({"a":["x",2]})", R"({"a":"\ud800"})"})
    EXPECT_FALSE(AttributeTree::of_json(json).is_readable()) << json;
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += R"({"a":)";
  EXPECT_FALSE(AttributeTree::of_json(deep + R"("")" + std::string(5000, '}')).is_readable());
  EXPECT_TRUE(AttributeTree::of_json(R"({"a":{"b":["x"]}})").is_readable());
  // Each item has its list's path.
  std::string items = "\"\"";
  for (int i = 0; i < 1'000; ++i) items += R"(,"")";
  EXPECT_FALSE(AttributeTree::of_json("{\"" + std::string(500'000, 'n') + "\":[" + items + "]}").is_readable());
}

}  // namespace
}  // namespace wxpipe::schemas
