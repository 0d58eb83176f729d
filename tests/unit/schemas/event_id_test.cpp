// Ids (docs/guarantees.md law 3): the same bytes give the same id on every machine and on every day; other bytes give
// another id.
#include "schemas/event_id.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace wxpipe::schemas {
namespace {
using namespace std::chrono_literals;

// The expected id was computed by other code (Python: hashlib, struct).
TEST(EventId, IsTheSameForeverForTheSameBytes) {
  EXPECT_EQ(to_string(event_id("shop", "", "", "<xml>1</xml>", Timestamp(1732082433s))),
            "01934828-7be8-88f1-b7f2-bf84371191f9");
}

TEST(EventId, BeginsWithThePlatformsTimeAndElseWithZeros) {
  EXPECT_EQ(to_string(event_id("shop", "", "", "x", Timestamp(1732082433s))).substr(0, 13), "01934828-7be8");
  EXPECT_EQ(to_string(event_id("shop", "", "", "x", std::nullopt)).substr(0, 13), "00000000-0000");
}

TEST(EventId, CarriesVersionEightAndTheStandardVariant) {
  const auto id = event_id("shop", "", "", "x", std::nullopt);
  EXPECT_EQ(id.bytes[6] >> 4, 8);
  EXPECT_EQ(id.bytes[8] >> 6, 2);
}

TEST(EventId, SeparatesItsParts) {
  EXPECT_NE(event_id("ab", "c", "", "x", std::nullopt), event_id("a", "bc", "", "x", std::nullopt));
  EXPECT_NE(event_id("a", "", "b", "x", std::nullopt), event_id("a", "", "", "bx", std::nullopt));
}

TEST(EventId, DiffersWhenAnyByteDiffers) {
  const bool held = rc::check([](const std::string& body, uint8_t where, uint8_t flip) {
    RC_PRE(!body.empty() && flip != 0);
    auto other = body;
    other[where % other.size()] = static_cast<char>(other[where % other.size()] ^ flip);
    RC_ASSERT(event_id("a", "", "", body, std::nullopt) != event_id("a", "", "", other, std::nullopt));
  });
  EXPECT_TRUE(held);
}

TEST(DerivedId, KeepsTheEventsTimeAndDiffersByMaker) {
  const auto event = event_id("shop", "", "", "x", Timestamp(1732082433s));
  EXPECT_EQ(derived_id(event, "rule:a"), derived_id(event, "rule:a"));
  EXPECT_NE(derived_id(event, "rule:a"), derived_id(event, "rule:b"));
  EXPECT_EQ(to_string(derived_id(event, "rule:a")).substr(0, 13), "01934828-7be8");
}

}  // namespace
}  // namespace wxpipe::schemas
