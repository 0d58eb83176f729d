// One callback of each type that an account can have becomes that type, and says what was asked for.
#include "simulate/one_callback.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "simulate/wire.hpp"
#include "tests/unit/ingest/platform_side.hpp"

namespace wxpipe::simulate {
namespace {
using namespace ingest::test;
using ingest::Accepted;
using testing::HasSubstr;

schemas::Event event_of(const std::string& kind, const OneCallback& order, uint64_t seed = 7) {
  const auto settings = account(kind);
  const auto speaker = make_speaker(settings, 1, 1);
  const auto said = say_one(speaker, order, seed, kReceivedAt);
  const auto delivery = make_delivery(said, speaker, 0, kReceivedAt);
  const auto outcome = book({settings}).interpret(delivery.callback(kReceivedAt));
  const auto* const accepted = std::get_if<Accepted>(&outcome);
  EXPECT_NE(accepted, nullptr) << kind << " " << order.type << "\n" << said.body;
  return accepted == nullptr ? schemas::Event{} : accepted->event;
}

TEST(OneCallback, OfEveryTypeBecomesThatType) {
  size_t types = 0;
  for (const auto& kind : ingest::kAccountKinds)
    for (const auto& type : types_of(kind.kind)) {
      EXPECT_EQ(event_of(std::string(kind.word), {.type = type}).type, type) << kind.word;
      ++types;
    }
  EXPECT_GT(types, 400u);
}

TEST(OneCallback, HasTheFieldsThatWereAskedFor) {
  const auto event = event_of("official_account", {.type = "menu.code_scanned",
                                                   .subject = "oSomebody",
                                                   .fields = {{"ScanCodeInfo.ScanResult", "a<b>&]]>"},
                                                              {"ScanCodeInfo.More", "m"},
                                                              {"EventKey", "PRICE"},
                                                              {"Own.Nested", "n"},
                                                              {"Own.Other", "o"}}});
  EXPECT_EQ(event.subject, "oSomebody");
  const auto has = [&](std::string_view path) {
    const auto found = std::ranges::find(event.attributes.flat(), path, &schemas::Attributes::value_type::first);
    return found == event.attributes.end() ? std::string("nothing") : found->second;
  };
  EXPECT_EQ(has("ScanCodeInfo.ScanResult"), "a<b>&]]>");
  EXPECT_EQ(has("ScanCodeInfo.ScanType"), "qrcode") << "the rest stays";
  EXPECT_EQ(has("ScanCodeInfo.More") + has("EventKey") + has("Own.Nested") + has("Own.Other"), "mPRICEno");
}

TEST(OneCallback, IsAnotherEventEachTime) {
  const OneCallback order{.type = "message.text"};
  EXPECT_NE(event_of("official_account", order, 1).id, event_of("official_account", order, 2).id);
  EXPECT_EQ(event_of("official_account", order, 1).subject, event_of("official_account", order, 2).subject);
}

TEST(OneCallback, OfATypeThatIsNotThereNamesTheNearest) {
  const auto speaker = make_speaker(account("official_account"), 1, 1);
  try {
    say_one(speaker, {.type = "menu.clickd"}, 1, kReceivedAt);
    FAIL() << "it has no such type";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("menu.clicked"));
  }
}

}  // namespace
}  // namespace wxpipe::simulate
