// Headers and key of a record are used only if they have the right form.
#include "schemas/record_side.hpp"

#include <gtest/gtest.h>

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
    return dead_letter_of({"t", 0, 1, key, "v", {}, {}, {}, {}}, "process", {Reason::unreadable_record, ""}, {}, {}, {})
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
  const auto letter = dead_letter_of({"t", 0, 1, "shop||o", "v", {}, {}, lengthy, {}}, "process",
                                     {Reason::unreadable_record, ""}, {}, {{}, {}, lengthy, lengthy, {}}, {});
  EXPECT_EQ(letter.account, "shop");
  EXPECT_EQ(letter.receipt, "");
}

TEST(DeadLetterOfARecord, LeavesOutHeadersThatAreNotOfTheirForm) {
  const auto letter = dead_letter_of({"t", 0, 1, "shop||o", "v", {}, "not an id", "a\nb", "00-XYZ"}, "process",
                                     {Reason::unreadable_record, ""}, {}, {}, {});
  EXPECT_EQ(letter.event_id, std::nullopt);
  EXPECT_EQ(letter.receipt, "");
  EXPECT_EQ(letter.trace_id, "");
}

}  // namespace
}  // namespace wxpipe::schemas
