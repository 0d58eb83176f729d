// The one text form of times: exact to the microsecond in both directions, and no other form is accepted.
#include "common/clock.hpp"

#include <gtest/gtest.h>

namespace wxpipe {
namespace {
using namespace std::chrono_literals;
using namespace std::chrono;

Timestamp at(sys_days day, microseconds time = 0us) { return Timestamp(day) + time; }

TEST(Iso8601, WritesMicrosecondsInUtc) {
  EXPECT_EQ(to_iso8601(Timestamp{}), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(to_iso8601(at(2026y / 11 / 24, 14h + 4min + 49s + 123456us)), "2026-11-24T14:04:49.123456Z");
  EXPECT_EQ(to_iso8601(at(2024y / 2 / 29, 9h + 8min + 7s + 6us)), "2024-02-29T09:08:07.000006Z");
  std::string text = "at ";
  append_iso8601(text, Timestamp(1s));
  EXPECT_EQ(text, "at 1970-01-01T00:00:01.000000Z");
}

TEST(Iso8601, IsReadBackAsItWas) {
  for (const auto time : {Timestamp{}, Timestamp(-1us), Timestamp(1us), at(1y / 1 / 1), at(1900y / 3 / 1, -1us),
                          at(2000y / 2 / 29, 23h + 59min + 59s + 999999us), at(2038y / 1 / 19, 3h + 14min + 8s),
                          at(9999y / 12 / 31, 24h - 1us)}) {
    Timestamp back;
    EXPECT_TRUE(parse_iso8601(to_iso8601(time), back)) << to_iso8601(time);
    EXPECT_EQ(back, time) << to_iso8601(time);
  }
}

TEST(Iso8601, HasUpToSixDigitsOfAFraction) {
  for (const auto& [text, fraction] : {std::pair{"2026-11-24T14:04:49Z", 0us},
                                       {"2026-11-24T14:04:49.1Z", 100'000us},
                                       {"2026-11-24T14:04:49.0204Z", 20'400us},
                                       {"2026-11-24T14:04:49.000001Z", 1us}}) {
    Timestamp read;
    EXPECT_TRUE(parse_iso8601(text, read)) << text;
    EXPECT_EQ(read, at(2026y / 11 / 24, 14h + 4min + 49s + fraction)) << text;
  }
}

TEST(Iso8601, ALeapSecondIsTheNextMinutesFirst) {
  Timestamp read;
  EXPECT_TRUE(parse_iso8601("2016-12-31T23:59:60Z", read));
  EXPECT_EQ(read, at(2017y / 1 / 1));
}

TEST(Iso8601, WhatIsNotOfThatFormIsRefusedAndLeavesTheTimeAlone) {
  for (const auto* text : {"",
                           "Z",
                           "2026-11-24",
                           "2026-11-24T14:04Z",
                           "2026-11-24T14:04:49",
                           "2026-11-24T14:04:49z",
                           "2026-11-24t14:04:49Z",
                           "2026-11-24 14:04:49Z",
                           "2026-11-24T14:04:49+00:00",
                           "2026-11-24T14:04:49+08:00",
                           "2026-11-24T14:04:49Z ",
                           " 2026-11-24T14:04:49Z",
                           "2026-11-24T14:04:49.Z",
                           "2026-11-24T14:04:49,1Z",
                           "2026-11-24T14:04:49.1234567Z",
                           "2026-11-24T14:04:49.-1Z",
                           "26-11-24T14:04:49Z",
                           "12026-11-24T14:04:49Z",
                           "2026-1-24T14:04:49Z",
                           "2026-00-24T14:04:49Z",
                           "2026-13-24T14:04:49Z",
                           "2026-11-00T14:04:49Z",
                           "2026-11-31T14:04:49Z",
                           "2023-02-29T14:04:49Z",
                           "1900-02-29T14:04:49Z",
                           "2026-11-24T24:00:00Z",
                           "2026-11-24T14:60:49Z",
                           "2026-11-24T14:04:61Z",
                           "2026-11-24T-4:04:49Z",
                           "2026-11-24T-0:04:49Z",
                           "2026-11-24T+4:04:49Z",
                           "-026-11-24T14:04:49Z",
                           "2026-11-24T14:04:4xZ",
                           "0x26-11-24T14:04:49Z"}) {
    Timestamp read{7us};
    EXPECT_FALSE(parse_iso8601(text, read)) << text;
    EXPECT_EQ(read, Timestamp(7us)) << text;
  }
}

TEST(SystemClock, IsTheMachinesTime) {
  const auto before = floor<microseconds>(std::chrono::system_clock::now());
  const auto now = wxpipe::system_clock().now();
  EXPECT_LE(before, now);
  EXPECT_LE(now, std::chrono::system_clock::now());
}

}  // namespace
}  // namespace wxpipe
