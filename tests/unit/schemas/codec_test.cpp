// Both directions of each format: what is encoded is decoded to the same value, whatever text is in it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <fmt/format.h>

#include "schemas/fact_list.hpp"
#include "schemas/fact_sample.hpp"
#include "tests/unit/schemas/samples.hpp"

namespace wxpipe::schemas {
namespace {
using samples::noon;
using namespace std::chrono_literals;

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

TEST(EventJson, GivesBackEveryField) { EXPECT_EQ(*decode<Event>(encoded_event(samples::event())), samples::event()); }

TEST(EventJson, ReadsTheMessageSchemaToo) {
  EXPECT_EQ(*decode<Event>(encoded_event(samples::event(), kMessageSchema)), samples::event());
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
      R"("occurred_at":"1970-01-01T00:00:00.000000Z","received_at":"1970-01-01T00:00:00.000000Z","raw":"","normaliser":2})");
}

TEST(EventJson, SkipsFieldsOfNewerWriters) {
  auto json = encoded_event(samples::event());
  json.insert(json.size() - 1, R"(,"invented_later":{"a":[1,2,{"b":null}]})");
  EXPECT_EQ(*decode<Event>(json), samples::event());
}

// Other programs may write to the topics, with categories of their own.
TEST(EventJson, SurvivesAnyTextInItsWords) {
  auto event = samples::event();
  event.category = event.platform = "a\"b\\\n";
  EXPECT_EQ(*decode<Event>(encoded_event(event)), event);
  auto log = samples::log();
  log.level = log.origin.platform = event.category;
  EXPECT_EQ(*decode<LogWritten>(encoded(log)), log);
  auto letter = samples::dead_letter();
  letter.stage = event.category;
  EXPECT_EQ(*decode<DeadLetter>(encoded(letter)), letter);
}

TEST(EventJson, RejectsWhatIsNotAnEvent) {
  const auto why = [](std::string_view json) {
    const auto result = decode<Event>(json);
    return result ? std::string("accepted") : result.error().detail;
  };
  // The middle of the text is simdjson's and differs between versions.
  EXPECT_THAT(why(""), testing::AllOf(testing::StartsWith("not JSON: "), testing::EndsWith("no JSON found")));
  EXPECT_EQ(why("[1]"), "not a JSON object");
  EXPECT_EQ(why("{}"), "no schema field; expected wxpipe.event.v1");
  EXPECT_EQ(why(R"({"schema":"wxpipe.log.v1"})"), "schema is not wxpipe.event.v1");
  EXPECT_EQ(why(R"({"schema":"wxpipe.event.v1","id":"x"})"), "field 'id' can't be read");
  EXPECT_EQ(why(R"({"schema":"wxpipe.event.v1"})"), "field 'id' is missing or empty");
  EXPECT_EQ(why(encoded_event(samples::event()) + "{}"), "text after the JSON object");
  EXPECT_EQ(decode<Event>(R"({"schema":)").error().reason, Reason::unreadable_record);
}

// One fact of each kind in the registry, made from the examples in its declaration.
TEST(FactJson, GivesBackEveryField) {
  for_each_fact([]<class Fact>(const FamilyInfo& family) {
    const auto fact = sample<Fact>();
    EXPECT_EQ(*decode<Fact>(encoded(fact)), fact) << family.name;
  });
  EXPECT_EQ(*decode<FollowerChanged>(encoded(samples::follower())), samples::follower());
  EXPECT_EQ(*decode<LeadActivity>(encoded(samples::lead_activity())), samples::lead_activity());
  EXPECT_EQ(*decode<LogWritten>(encoded(samples::log())), samples::log());
  EXPECT_EQ(*decode<DuplicateMet>(encoded(samples::duplicate())), samples::duplicate());
}

std::vector<LeadActivity> three_activities() {
  std::vector facts(3, samples::lead_activity());
  facts[1].rule = "asked \"?\"";
  facts[1].activity_id = derived_id(facts[0].activity_id, "1");
  facts[2].points = facts[2].daily_cap = facts[2].half_life_days = 0;
  facts[2].activity_id = derived_id(facts[0].activity_id, "2");
  return facts;
}

TEST(FactList, GivesBackEveryFact) {
  for (size_t count = 1; count <= 3; ++count) {
    auto facts = three_activities();
    facts.resize(count);
    std::string list;
    encode_list<LeadActivity>(facts, list);
    EXPECT_TRUE(begins_as_list<LeadActivity>(list));
    EXPECT_FALSE(begins_as<LeadActivity>(list));
    EXPECT_EQ(*decode_list<LeadActivity>(list), facts) << list;
    EXPECT_FALSE(decode<LeadActivity>(list)) << "nobody takes it for a single one";
  }
}

TEST(FactList, SaysWhatIsSharedOnce) {
  std::string list, single;
  encode_list<LeadActivity>(three_activities(), list);
  encode(samples::lead_activity(), single);
  EXPECT_LT(list.size(), 2 * single.size());
  EXPECT_EQ(list.find("edge-1/boot/42"), list.rfind("edge-1/boot/42"));
}

TEST(FactList, ReadsMembersInAnyOrderAndSkipsUnknownOnes) {
  std::string list;
  encode_list<LeadActivity>(three_activities(), list);
  const auto at = list.find(",\"activities\":");
  const auto begin = list.find(",\"event_id\":");
  auto turned = list.substr(0, begin) + list.substr(at, list.size() - 1 - at) + list.substr(begin, at - begin) + "}";
  turned.insert(turned.find("\"rule\":"), R"("new":{"x":[1]},)");
  turned.insert(turned.size() - 1, R"(,"newer":[{}])");
  EXPECT_EQ(*decode_list<LeadActivity>(turned), three_activities()) << turned;
}

TEST(FactList, RejectsWhatIsNone) {
  std::string list;
  encode_list<LeadActivity>(three_activities(), list);
  const auto why = [](std::string_view json) {
    const auto read = decode_list<LeadActivity>(json);
    return read ? std::string("accepted") : read.error().detail;
  };
  const auto changed = [&](std::string_view from, std::string_view to) {
    auto other = list;
    return other.replace(other.find(from), from.size(), to);
  };
  EXPECT_EQ(why("[1]"), "not a JSON object");
  EXPECT_EQ(why("{}"), "no schema field; expected wxpipe.lead_activities.v1");
  EXPECT_EQ(why(changed("activities.v1", "activities.v2")), "schema is not wxpipe.lead_activities.v1");
  EXPECT_EQ(why(list.substr(0, list.find("[{")) + "[]}"), "field 'activities' is missing or empty");
  EXPECT_EQ(why(list.substr(0, list.find("[{")) + "7}"), "field 'activities' can't be read");
  EXPECT_EQ(why(list.substr(0, list.find("[{")) + "[7]}"), "no object in 'activities'");
  EXPECT_EQ(why(changed("\"account\":\"shop\"", "\"account\":\"\"")), "field 'account' is missing or empty");
  EXPECT_EQ(why(changed("\"points\":-7", "\"points\":[]")), "field 'points' can't be read");
  EXPECT_EQ(why(list + "{}"), "text after the JSON object");
  for (size_t cut = 0; cut < list.size(); ++cut) EXPECT_NE(why(list.substr(0, cut)), "accepted") << cut;
}

TEST(FactJson, RejectsARecordWithoutAnyRequiredField) {
  for_each_fact([]<class Fact>(const FamilyInfo& family) {
    for_each_field<Fact>([&](auto i) {
      constexpr const auto& f = kField<Fact, i>;
      if constexpr (f.in_json == InJson::required && !f.is_base64 && kFieldType<Fact, i> != Type::reason) {
        auto fact = sample<Fact>();
        f.of(fact) = {};
        const auto read = decode<Fact>(encoded(fact));
        ASSERT_FALSE(read) << family.name << ' ' << f.name;
        EXPECT_EQ(read.error().detail, fmt::format("field '{}' is missing or empty", f.name));
      }
    });
  });
}

TEST(FactJson, ReadsFieldsInAnyOrder) {
  const auto follower = decode<FollowerChanged>(
      R"({"rank":20,"change":"subscribed","event_id":"01934f2a-7e48-8c4e-9b1f-5a0c7d21e3b4","schema":"wxpipe.follower.v1",)"
      R"("occurred_at":"2024-11-20T06:00:33.000000Z","account":"shop"})");
  ASSERT_TRUE(follower);
  EXPECT_EQ(follower->rank, 20);
  EXPECT_EQ(follower->change, "subscribed");
  EXPECT_EQ(follower->origin.account, "shop");
}

TEST(FactJson, TellsADuplicateFromAMessage) {
  EXPECT_TRUE(begins_as<DuplicateMet>(encoded(samples::duplicate())));
  EXPECT_FALSE(begins_as<DuplicateMet>(encoded_event(samples::event(), kMessageSchema)));
  EXPECT_FALSE(begins_as<DuplicateMet>(""));
  EXPECT_FALSE(decode<Event>(encoded(samples::duplicate())).has_value());
  auto nameless = samples::duplicate();
  nameless.receipt.clear();
  EXPECT_EQ(decode<DuplicateMet>(encoded(nameless)).error().detail, "field 'receipt' is missing or empty");
}

TEST(DeadLetterJson, GivesBackEveryFieldAndAnyBytes) {
  EXPECT_EQ(*decode<DeadLetter>(encoded(samples::dead_letter())), samples::dead_letter());
}

TEST(DeadLetterJson, WritesKeysThatAreNotTextReadably) {
  auto letter = samples::dead_letter();
  letter.key = std::string("a\xff\0", 3);
  EXPECT_EQ(decode<DeadLetter>(encoded(letter))->key, "a\\xff\\x00");
}

TEST(CustodyMarkJson, GivesBackEveryField) {
  EXPECT_EQ(*decode<CustodyMark>(encoded(samples::custody_mark())), samples::custody_mark());
  CustodyMark first;  // of a process that has just begun
  first.instance = "edge-1";
  first.boot = "19ab1f5b2c0";
  EXPECT_EQ(*decode<CustodyMark>(encoded(first)), first);
}

TEST(CustodyMarkJson, TakesAboutAByteForEachReceipt) {
  auto mark = samples::custody_mark();
  mark.acknowledged = {{"shop", noon(), false, 0}, {"corp", noon(), false, 0}};
  mark.outcomes.clear();
  for (uint32_t i = 0; i < 1'000; ++i) {
    mark.outcomes.push_back({1 + i % 2, 1});
    ++mark.acknowledged[i % 2].count;
  }
  mark.next = mark.first + 1'000;
  EXPECT_LT(encoded(mark).size(), 1'900u);
  EXPECT_EQ(*decode<CustodyMark>(encoded(mark)), mark);
}

TEST(CustodyMarkJson, RejectsWhatContradictsItself) {
  const auto why = [](auto&& change) {
    auto mark = samples::custody_mark();
    change(mark);
    const auto read = decode<CustodyMark>(encoded(mark));
    return read ? std::string("accepted") : read.error().detail;
  };
  EXPECT_EQ(why([](auto& mark) { mark.instance.clear(); }), "field 'instance' is missing or empty");
  EXPECT_EQ(why([](auto& mark) { mark.boot = "a/b"; }), "boot has a slash");
  EXPECT_EQ(why([](auto& mark) { mark.number = 0; }), "number, first or next is not possible");
  EXPECT_EQ(why([](auto& mark) { mark.next = 1; }), "number, first or next is not possible");
  EXPECT_EQ(why([](auto& mark) { mark.outcomes[0].outcome = 3; }), "an outcome that isn't in acknowledged");
  EXPECT_EQ(why([](auto& mark) { ++mark.next; }), "the outcomes don't cover first to next");
  EXPECT_EQ(why([](auto& mark) { ++mark.acknowledged[0].count; }), "acknowledged doesn't agree with the outcomes");
  EXPECT_EQ(why([](auto& mark) { mark.received_to = mark.received_from - 1us; }),
            "received_from and received_to are not possible");
  EXPECT_EQ(why([](auto& mark) {
              mark.outcomes = {{0, static_cast<uint32_t>(kMostReceiptsInMark) + 1}};
              mark.next = mark.first + kMostReceiptsInMark + 1;
            }),
            "field 'outcomes' can't be read");
}

TEST(Receipts, AreTakenApartFromBehind) {
  EXPECT_EQ(parse_receipt("edge-1/19ab/42"), (Receipt{"edge-1/19ab", 42}));
  EXPECT_EQ(parse_receipt("a/b/19ab/1"), (Receipt{"a/b/19ab", 1})) << "an instance may have any name";
  for (const auto* odd : {"", "42", "edge-1/42", "edge-1/19ab/", "edge-1/19ab/0", "edge-1/19ab/x1", "edge-1/19ab/1x",
                          "edge-1/19ab/-1", "edge-1/19ab/99999999999999999999"})
    EXPECT_EQ(parse_receipt(odd), std::nullopt) << odd;
}

TEST(CodecProperty, AnyTextSurvivesTheRoundTrip) {
  const bool held = rc::check("event round trip", [] {
    auto event = samples::event();
    // Code points, so that the text is valid UTF-8, as the normalisers guarantee.
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
    RC_ASSERT(*decode<Event>(encoded_event(event)) == event);
  });
  EXPECT_TRUE(held);
}

TEST(CodecProperty, NoBytesMakeADecoderThrow) {
  const bool held = rc::check("decoders reject", [](const std::string& bytes, uint8_t cut) {
    auto json = encoded_event(samples::event());
    json.resize(json.size() * cut / 256);
    auto mark = encoded(samples::custody_mark());
    mark.resize(mark.size() * cut / 256);
    for (const auto& input : {bytes, json, json + bytes, mark, mark + bytes}) {
      for_each_fact([&]<class Fact>(const FamilyInfo&) { (void)decode<Fact>(input); });
      (void)parse_receipt(input);
    }
  });
  EXPECT_TRUE(held);
}

}  // namespace
}  // namespace wxpipe::schemas
