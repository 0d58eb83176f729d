// What a record tells without being read as a fact; its parts are used only if they have the right form.
#include "schemas/record_side.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "schemas/fact_json.hpp"
#include "schemas/fact_sample.hpp"
#include "schemas/registry.hpp"
#include "tests/unit/schemas/samples.hpp"

namespace wxpipe::schemas {
namespace {
constexpr std::string_view kId = "4bf92f3577b34da6a3ce929d0e0e4736";

TEST(TraceIdIn, IsFoundInATraceparentAndInNothingElse) {
  EXPECT_EQ(trace_id_in("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), kId);
  for (const std::string_view none : {
           "",
           "00-4bf92f3577b34da6a3ce929d0e0e4736",                      // cut off
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",   // one character short
           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",  // upper case
           "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",  // not hex
           "00-THIS IS AS LONG AS A TRACE ID BE-00f067aa0ba902b7-01",  // 55 bytes of other text
           "00-00000000000000000000000000000000-00f067aa0ba902b7-01",  // W3C: not valid
           "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",  // an invalid version
           "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",  // wrong separators
       })
    EXPECT_EQ(trace_id_in(none), "") << none;
}

TEST(DeadLetterOfARecord, TakesTheAccountFromTheKey) {
  const auto account = [](std::string_view key) {
    return dead_letter_of({"t", 0, 1, key, "v", {}, {}, {}}, "process", {Reason::unreadable_record, ""}, {}, {}, {})
        .account;
  };
  EXPECT_EQ(account("shop||oABCD"), "shop");
  EXPECT_EQ(account("店铺|tenant|oABCD"), "店铺");
  EXPECT_EQ(account("shop"), "shop") << "as on the dead letters' topic";
  EXPECT_EQ(account(""), "");
  EXPECT_EQ(account("sh\nop||oABCD"), "");
  EXPECT_EQ(account("\xff||oABCD"), "");
  EXPECT_EQ(account(std::string(300, 'x')), "") << "an index takes no long texts";
}

TEST(DeadLetterOfARecord, LeavesOutNamesThatNoIndexTakes) {
  const std::string lengthy(6000, 'x');
  const auto letter = dead_letter_of({"t", 0, 1, "shop||o", "v", {}, {}, {{}, lengthy}}, "process",
                                     {Reason::unreadable_record, ""}, {}, {{}, {}, lengthy, lengthy, {}}, {});
  EXPECT_EQ(letter.account, "shop");
  EXPECT_EQ(letter.receipt, "");
}

TEST(DeadLetterOfARecord, LeavesOutWhatIsNotOfItsForm) {
  for (const std::string_view value : {"v", R"({"schema":"s","id":"no id","receipt":"a\nb"})"}) {
    const auto letter = dead_letter_of({"t", 0, 1, "shop||o", value, {}, "00-XYZ", {"not an id", "a\nb"}}, "process",
                                       {Reason::unreadable_record, ""}, {}, {}, {});
    EXPECT_EQ(letter.event_id, std::nullopt) << value;
    EXPECT_EQ(letter.receipt, "") << value;
    EXPECT_EQ(letter.trace_id, "") << value;
  }
}

constexpr std::string_view kEventId = "01932f0e-1c00-8a5b-8f2e-0123456789ab";
constexpr std::string_view kOther = "01932f0e-1c00-8a5b-8f2e-00000000000f";

TEST(DeadLetterOfARecord, BelievesWhatIsKnownThenTheValueThenTheHeadersOfOlderVersions) {
  const auto letter = [](std::string_view value, const RecordIds& old_headers, const KnownOfRecord& known = {}) {
    const auto made = dead_letter_of({"t", 0, 1, "shop||o", value, {}, {}, old_headers}, "process",
                                     {Reason::unreadable_record, ""}, {}, known, {});
    return std::pair(made.event_id ? to_string(*made.event_id) : "", made.receipt);
  };
  const auto value = fmt::format(R"({{"schema":"wxpipe.event.v1","id":"{}","receipt":"in/the/1","type":)", kEventId);
  EXPECT_EQ(letter(value, {kOther, "in/header/1"}), std::pair(std::string(kEventId), std::string("in/the/1")));
  EXPECT_EQ(letter("{not json", {kOther, "in/header/1"}), std::pair(std::string(kOther), std::string("in/header/1")));
  const Uuid known{{1}};
  EXPECT_EQ(letter(value, {}, {known, {}, {}, "known/b/1", {}}), std::pair(to_string(known), std::string("known/b/1")));
}

TEST(IdsOf, AreAtTheFrontOfEveryFactWhateverBecomesOfTheRest) {
  for_each_fact([]<class Fact>(const FamilyInfo& family) {
    constexpr size_t kReceipt = field_of_column<Fact>("receipt");
    if constexpr (kReceipt != kNoField) {
      auto fact = sample<Fact>();
      kField<Fact, kReceipt>.of(fact) = "edge-1/boot/42";
      std::string json;
      encode(fact, json);
      const auto ids = ids_of(json);
      EXPECT_EQ(ids.receipt, "edge-1/boot/42") << family.name;
      const auto of_event = ids.event_id;
      json.resize(json.find("edge-1/boot/42") + 15);
      EXPECT_EQ(ids_of(json), (RecordIds{of_event, "edge-1/boot/42"})) << json;
    }
  });
  std::string json;
  encode(samples::event(), kMessageSchema, json);
  EXPECT_EQ(ids_of(json).event_id, to_string(samples::event().id));
  json.clear();
  encode(samples::lead_activity(), json);
  EXPECT_EQ(ids_of(json).event_id, to_string(samples::event().id)) << "not the activity's";
}

// As versions wrote it whose receipt also stood in a header.
TEST(IdsOf, AreFoundFurtherBehindToo) {
  EXPECT_EQ(ids_of(R"({"schema":"wxpipe.event.v1","id":"a","type":"x\"y","attributes":{"receipt":"no"},)"
                   R"("raw":",\"receipt\":\"no\"","receipt":"i/b/1","normaliser":2})"),
            (RecordIds{"a", "i/b/1"}));
  EXPECT_EQ(ids_of(R"({ "receipt" : "i/b/1", "event_id": "a" })"), (RecordIds{"a", "i/b/1"}));
}

TEST(IdsOf, AreNotInventedAndTakenFromNoDeeperPlace) {
  for (const std::string_view none :
       {"", "x", "{", "[1]", "null", "{}", R"({"receipt":7})", R"({"attributes":{"receipt":"no","id":"no"}})",
        R"({"schema":"{\"receipt\":\"no\"}"})", R"({"schema":"s","rece)", R"("receipt")"})
    EXPECT_EQ(ids_of(none), RecordIds()) << none;
  EXPECT_EQ(ids_of(R"({"schema":"s","id":"a","type":"x")").event_id, "a") << "cut off before its receipt";
}

}  // namespace
}  // namespace wxpipe::schemas
