// Both ends of each format: what is encoded is decoded to the same value, whatever the text in it.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/unit/schemas/samples.hpp"

namespace wxpipe::schemas {
namespace {

template <class Value>
std::string encoded(const Value& value) {
  std::string out;
  encode(value, out);
  return out;
}

std::string encoded_event(const Event& event, std::string_view schema = kEventSchema) {
  std::string out;
  encode(event, schema, out);
  return out;
}

TEST(EventJson, GivesBackEveryField) { EXPECT_EQ(*decode_event(encoded_event(samples::event())), samples::event()); }

TEST(EventJson, ReadsTheMessageSchemaToo) {
  EXPECT_EQ(*decode_event(encoded_event(samples::event(), kMessageSchema)), samples::event());
}

TEST(EventJson, LeavesOutWhatIsEmpty) {
  Event event;
  event.type = "message.text";
  event.category = "message";
  event.platform = "wechat";
  event.account = "shop";
  EXPECT_EQ(
      encoded_event(event),
      R"({"schema":"wxpipe.event.v1","id":"00000000-0000-0000-0000-000000000000","type":"message.text",)"
      R"("category":"message","platform":"wechat","account":"shop","subject":"","identity":"",)"
      R"("occurred_at":"1970-01-01T00:00:00.000000Z","received_at":"1970-01-01T00:00:00.000000Z","raw":"","normaliser":1})");
}

TEST(EventJson, SkipsFieldsOfNewerWriters) {
  auto json = encoded_event(samples::event());
  json.insert(json.size() - 1, R"(,"invented_later":{"a":[1,2,{"b":null}]})");
  EXPECT_EQ(*decode_event(json), samples::event());
}

TEST(EventJson, RejectsWhatIsNotAnEvent) {
  const auto why = [](std::string_view json) {
    const auto result = decode_event(json);
    return result ? std::string("accepted") : result.error().detail;
  };
  EXPECT_EQ(why(""), "not JSON: Empty: no JSON found");
  EXPECT_EQ(why("[1]"), "not a JSON object");
  EXPECT_EQ(why("{}"), "no schema field; expected wxpipe.event.v1");
  EXPECT_EQ(why(R"({"schema":"wxpipe.log.v1"})"), "schema is not wxpipe.event.v1");
  EXPECT_EQ(why(R"({"schema":"wxpipe.event.v1","id":"x"})"), "field 'id' can't be read");
  EXPECT_EQ(why(R"({"schema":"wxpipe.event.v1"})"), "an event needs id, type, account, occurred_at and received_at");
  EXPECT_EQ(why(encoded_event(samples::event()) + "{}"), "text after the JSON object");
  EXPECT_EQ(decode_event(R"({"schema":)").error().reason, Reason::unreadable_record);
}

TEST(FactJson, GivesBackEveryField) {
  EXPECT_EQ(*decode_follower(encoded(samples::follower())), samples::follower());
  EXPECT_EQ(*decode_lead_activity(encoded(samples::lead_activity())), samples::lead_activity());
  EXPECT_EQ(*decode_log(encoded(samples::log())), samples::log());
  EXPECT_EQ(*decode_duplicate(encoded(samples::duplicate())), samples::duplicate());
}

TEST(FactJson, TellsADuplicateFromAMessage) {
  EXPECT_TRUE(is_duplicate(encoded(samples::duplicate())));
  EXPECT_FALSE(is_duplicate(encoded_event(samples::event(), kMessageSchema)));
  EXPECT_FALSE(is_duplicate(""));
  EXPECT_FALSE(decode_event(encoded(samples::duplicate())).has_value());
  auto nameless = samples::duplicate();
  nameless.receipt.clear();
  EXPECT_EQ(decode_duplicate(encoded(nameless)).error().detail,
            "a duplicate needs event_id, receipt, account and occurred_at");
}

TEST(DeadLetterJson, GivesBackEveryFieldAndAnyBytes) {
  EXPECT_EQ(*decode_dead_letter(encoded(samples::dead_letter())), samples::dead_letter());
}

TEST(DeadLetterJson, WritesKeysThatAreNotTextReadably) {
  auto letter = samples::dead_letter();
  letter.key = std::string("a\xff\0", 3);
  EXPECT_EQ(decode_dead_letter(encoded(letter))->key, "a\\xff\\x00");
}

TEST(CodecProperty, AnyTextSurvivesTheRoundTrip) {
  const bool held = rc::check("event round trip", [] {
    auto event = samples::event();
    // Code points, so that the text is valid UTF-8 as the normalisers guarantee.
    const auto text = [] {
      std::string out;
      for (const auto point : *rc::gen::container<std::vector<uint32_t>>(rc::gen::inRange<uint32_t>(1, 0x2ffff))) {
        if (point >= 0xd800 && point < 0xe000) continue;
        if (point < 0x80)
          out += static_cast<char>(point);
        else if (point < 0x800)
          (out += static_cast<char>(0xc0 | point >> 6)) += static_cast<char>(0x80 | (point & 63));
        else if (point < 0x10000)
          ((out += static_cast<char>(0xe0 | point >> 12)) += static_cast<char>(0x80 | (point >> 6 & 63))) +=
              static_cast<char>(0x80 | (point & 63));
        else
          (((out += static_cast<char>(0xf0 | point >> 18)) += static_cast<char>(0x80 | (point >> 12 & 63))) +=
           static_cast<char>(0x80 | (point >> 6 & 63))) += static_cast<char>(0x80 | (point & 63));
      }
      return out;
    };
    event.raw = text();
    event.content = text();
    event.attributes = {{"a", text()}, {text() + "k", text()}};
    RC_ASSERT(*decode_event(encoded_event(event)) == event);
  });
  EXPECT_TRUE(held);
}

TEST(CodecProperty, NoBytesMakeADecoderThrow) {
  const bool held = rc::check("decoders reject", [](const std::string& bytes, uint8_t cut) {
    auto json = encoded_event(samples::event());
    json.resize(json.size() * cut / 256);
    for (const auto& input : {bytes, json, json + bytes}) {
      (void)decode_event(input);
      (void)decode_follower(input);
      (void)decode_lead_activity(input);
      (void)decode_log(input);
      (void)decode_duplicate(input);
      (void)decode_dead_letter(input);
    }
  });
  EXPECT_TRUE(held);
}

}  // namespace
}  // namespace wxpipe::schemas
