#include <gtest/gtest.h>

#include "sinks/erased_people.hpp"

namespace wxpipe::sinks {
namespace {
using namespace std::chrono_literals;

TEST(Pseudonyms, AreOfWhoeverWasErasedAfterTheFactWasReceivedAndTheEarlierErasureCounts) {
  const std::string key = "key";
  const Timestamp first = Timestamp() + 10h, second = Timestamp() + 20h;
  Pseudonyms pseudonyms(key);
  EXPECT_TRUE(pseudonyms.empty());
  pseudonyms.add({"shop", subject_hash(key, "oAnna"), 5, second, "erased:2"});
  pseudonyms.add({"shop", subject_hash(key, "oAnna"), 5, first, "erased:1"});
  pseudonyms.add({"desk", subject_hash(key, "oAnna"), 5, first, "erased:3"});
  EXPECT_EQ(pseudonyms.of("shop", "oAnna", first), "erased:1");
  EXPECT_EQ(pseudonyms.of("shop", "oAnna", first + 1us), "erased:2");
  EXPECT_EQ(pseudonyms.of("shop", "oAnna", second + 1us), "") << "what comes later is new";
  EXPECT_EQ(pseudonyms.of("desk", "oAnna", first), "erased:3");
  EXPECT_EQ(pseudonyms.of("forms", "oAnna", first), "");
  EXPECT_EQ(pseudonyms.of("", "oAnna", second), "erased:2") << "of a letter nobody knows the account";
  EXPECT_EQ(pseudonyms.of("shop", "oBert", first), "");
}

TEST(Pseudonyms, AreFoundByAHashThatNeedsTheKey) {
  EXPECT_EQ(subject_hash("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");  // RFC 4231, test case 2
  EXPECT_NE(subject_hash("key", "oAnna"), subject_hash("another", "oAnna"));
}

}  // namespace
}  // namespace wxpipe::sinks
