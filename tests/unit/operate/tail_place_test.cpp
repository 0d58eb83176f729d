// Where a tail came to, as text that a client brings back.
#include <gtest/gtest.h>

#include "operate/tail.hpp"

namespace wxpipe::operate {
namespace {

TEST(TailPlace, ComesBackAsItWent) {
  const TailPlace place{Timestamp(std::chrono::microseconds(1'780'000'000'123'456)), {0, 42, 7}};
  EXPECT_EQ(to_string(place), "1780000000123456.0.42.7");
  const auto back = parse_tail_place(to_string(place));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->at, place.at);
  EXPECT_EQ(back->events, place.events);
}

TEST(TailPlace, OtherTextIsNone) {
  for (const auto* text : {"", ".", "1..2", "1.x", "1.-2", "-1.2", "1.2 ", "99999999999999999999.1"})
    EXPECT_FALSE(parse_tail_place(text)) << text;
}

}  // namespace
}  // namespace wxpipe::operate
