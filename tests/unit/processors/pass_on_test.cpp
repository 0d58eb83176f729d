// The message made of an event's own JSON says the same as the event that is encoded once more.
#include "processors/pass_on.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "schemas/record_side.hpp"
#include "tests/unit/processors/events.hpp"
#include "tests/unit/schemas/samples.hpp"

namespace wxpipe::processors {
namespace {
using Texts = std::vector<std::pair<std::string, std::string>>;

size_t size_of(const schemas::AttributeTree& attributes) { return attributes.empty() ? 0 : attributes.json().size(); }

// Read as process reads it, enriched, passed on. Empty: it must be encoded.
std::string passed_on(const std::string& text, const Texts& added) {
  auto event = schemas::decode<schemas::Event>(text, kPassedOnUnread).value();
  const auto before = size_of(event.attributes);
  for (const auto& [name, value] : added) event.attributes.emplace_back(name, value);
  std::string out;
  const bool passed = pass_on(text, event, before, out);
  EXPECT_EQ(passed, !out.empty());
  return out;
}

schemas::Event enriched(schemas::Event event, const Texts& added) {
  for (const auto& [name, value] : added) event.attributes.emplace_back(name, value);
  return event;
}

void expect_same(const schemas::Event& event, const Texts& added) {
  const auto message = passed_on(test::json_of(event), added);
  ASSERT_TRUE(message.starts_with(R"({"schema":"wxpipe.message.v1","id":")")) << message;
  const auto read = schemas::decode<schemas::Event>(message);
  ASSERT_TRUE(read) << read.error().detail << '\n' << message;
  EXPECT_EQ(*read, enriched(event, added)) << message;
}

TEST(PassOn, KeepsEverythingAndAddsAttributes) {
  const Texts added{{"menu_name", "价格"}, {"channel", "a\"b"}};
  expect_same(schemas::samples::event(), {});
  expect_same(schemas::samples::event(), added);
  auto bare = schemas::samples::event();
  bare.attributes = {};
  expect_same(bare, {});
  expect_same(bare, added);
}

// Texts that look like the place where attributes are added.
TEST(PassOn, IsNotMisledByWhatPeopleWrite) {
  auto event = schemas::samples::event();
  event.identity = event.content = event.raw = R"(,"attributes":{"a":"b"},"repair":true})";
  event.attributes = {{"attributes", R"(,"attributes":{)"}};
  expect_same(event, {{"channel", "x"}});
  event.attributes = {};
  expect_same(event, {{"channel", "x"}});
}

TEST(PassOn, KeepsFieldsOfNewerWritersAndDropsTheMarkOfARepair) {
  auto text = test::json_of(schemas::samples::event());
  text.insert(text.size() - 1, R"(,"invented_later":{"a":[1]})");
  auto expected = text;
  expected.replace(0, std::string_view(R"({"schema":"wxpipe.event.v1)").size(), R"({"schema":"wxpipe.message.v1)");
  EXPECT_EQ(passed_on(text, {}), expected);
  text.replace(text.size() - 1, 1, schemas::kRepairMark);
  EXPECT_TRUE(schemas::decode<schemas::Event>(text)->repair);
  EXPECT_EQ(passed_on(text, {}), expected);
}

TEST(PassOn, LeavesWhatOthersFormedInAnotherWayToTheEncoder) {
  const auto text = test::json_of(schemas::samples::event());
  EXPECT_EQ(passed_on(text + " ", {}), "");
  EXPECT_EQ(passed_on("{ " + text.substr(1), {}), "");
  auto bare = schemas::samples::event();
  bare.attributes = {};
  auto empty = test::json_of(bare);
  empty.insert(empty.size() - 1, R"(,"attributes":{})");
  EXPECT_EQ(passed_on(empty, {{"channel", "x"}}), "") << "it would have attributes twice";
  auto other = test::json_of(schemas::samples::event());
  other.insert(other.find(",\"type\":"), R"(,"newer":{"x":1,"attributes":{"y":"z"}})");
  EXPECT_EQ(passed_on(other, {{"channel", "x"}}), "") << "the first attributes aren't the event's";
}

RC_GTEST_PROP(PassOn, SaysTheSameWhateverTheTexts, (const std::vector<uint8_t>& bytes, bool with, bool adds)) {
  std::string text;
  for (const auto byte : bytes) text += static_cast<char>(1 + byte % 127);
  auto event = schemas::samples::event();
  event.identity = event.content = event.reply = event.raw = text;
  event.attributes = {};
  if (with) event.attributes.emplace_back("k" + text, text);
  expect_same(event, adds ? Texts{{"added", text}} : Texts{});
}

}  // namespace
}  // namespace wxpipe::processors
