// A record that can't become rows becomes a dead letter with its original bytes, its place, and whatever is known.
#include "sinks/record.hpp"

#include <gtest/gtest.h>

#include <map>

namespace wxpipe::sinks {
namespace {
using namespace std::chrono_literals;

constexpr std::string_view kTraceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
constexpr std::string_view kEventId = "01932f0e-1c00-8a5b-8f2e-0123456789ab";
const Timestamp kReceived{1'780'000'000s}, kNow{1'780'000'009s};

std::function<std::string_view(const char*)> headers(std::map<std::string, std::string, std::less<>> all) {
  return [all = std::move(all)](std::string_view name) {
    const auto found = all.find(name);
    return found == all.end() ? std::string_view() : std::string_view(found->second);
  };
}

// With the headers of a version that had three.
TEST(DeadLetterOf, AnUnreadableRecordIsDescribedByWhatStandsBesideIt) {
  const std::string value("\x00\xff{not json", 11);
  const InputRecord record{"wxpipe.messages.v1",
                           3,
                           77,
                           "shop||oABCD",
                           value,
                           kReceived,
                           headers({{"event_id", std::string(kEventId)},
                                    {"receipt", "edge-1/boot/42"},
                                    {"traceparent", std::string(kTraceparent)}})};
  schemas::DeadLetter expected;
  expected.id = schemas::record_dead_letter_id("sink.messages", "wxpipe.messages.v1", 3, 77, value);
  expected.occurred_at = kReceived;
  expected.failed_at = kNow;
  expected.stage = "sink.messages";
  expected.reason = Reason::unreadable_record;
  expected.detail = "not JSON";
  expected.account = "shop";
  ASSERT_TRUE(parse_uuid(kEventId, expected.event_id.emplace()));
  expected.topic = "wxpipe.messages.v1";
  expected.partition = 3;
  expected.offset = 77;
  expected.key = "shop||oABCD";
  expected.body = value;
  expected.receipt = "edge-1/boot/42";
  expected.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
  EXPECT_EQ(dead_letter_of(record, "sink.messages", {Reason::unreadable_record, "not JSON"}, {}, {}, kNow), expected);
}

TEST(DeadLetterOf, WhatTheValueToldHasPrecedence) {
  const InputRecord record{"t",
                           0,
                           1,
                           "other||x",
                           "{}",
                           kReceived,
                           headers({{"receipt", "header/receipt"}, {"traceparent", std::string(kTraceparent)}})};
  const Uuid event_id{{1}};
  const KnownOfRecord known{event_id, kReceived - 5s, "shop", "edge-1/boot/42", "ffff"};
  const auto letter = dead_letter_of(record, "sink.logs", {Reason::invalid_value, "x"}, "22P05", known, kNow);
  EXPECT_EQ(letter.event_id, event_id);
  EXPECT_EQ(letter.occurred_at, kReceived - 5s);
  EXPECT_EQ(letter.account, "shop");
  EXPECT_EQ(letter.receipt, "edge-1/boot/42");
  EXPECT_EQ(letter.trace_id, "ffff");
  EXPECT_EQ(letter.sqlstate, "22P05");
}

TEST(DeadLetterOf, BytesThatAreNoTextNeverReachATextColumn) {
  const std::string key("\xff\x00|", 3);
  const InputRecord record{"t",
                           0,
                           1,
                           key,
                           std::nullopt,
                           kReceived,
                           headers({{"event_id", "not an id"}, {"receipt", "a\nb"}, {"traceparent", "00-XYZ"}})};
  const auto letter = dead_letter_of(record, "sink.logs", {Reason::unreadable_record, "x"}, {}, {}, kNow);
  EXPECT_EQ(letter.key, "\\xff\\x00|");
  EXPECT_EQ(letter.account, "");
  EXPECT_EQ(letter.event_id, std::nullopt);
  EXPECT_EQ(letter.receipt, "");
  EXPECT_EQ(letter.trace_id, "");
  EXPECT_EQ(letter.body, "");
}

TEST(DeadLetterOf, TheSameRecordIsTheSameLetterOnEveryRepetition) {
  const InputRecord record{"t", 0, 1, "k", "v", kReceived, {}};
  const Rejection why{Reason::unreadable_record, "x"};
  EXPECT_EQ(dead_letter_of(record, "sink.logs", why, {}, {}, kNow).id,
            dead_letter_of(record, "sink.logs", why, {}, {}, kNow + 1h).id);
}

}  // namespace
}  // namespace wxpipe::sinks
