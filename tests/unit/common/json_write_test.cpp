#include "common/json/write.hpp"

#include <gtest/gtest.h>

namespace wxpipe::json {
namespace {

std::string string_of(std::string_view text) {
  std::string out = "x";
  append_string(out, text);
  return out.substr(1);
}

TEST(JsonWrite, EscapesWhatAJsonStringCannotHold) {
  EXPECT_EQ(string_of(""), "\"\"");
  EXPECT_EQ(string_of("价格 and é"), "\"价格 and é\"");
  EXPECT_EQ(string_of("\"\\/\n\r\t"), R"("\"\\/\n\r\t")");
  EXPECT_EQ(string_of(std::string_view("\0\x01\x1f\x7f", 4)), "\"\\u0000\\u0001\\u001f\x7f\"");
}

// The writer takes sixteen bytes at a time and empties a buffer now and then. An escape may fall anywhere in either.
TEST(JsonWrite, EscapesAnywhereInATextOfAnyLength) {
  for (const size_t size : {1u, 15u, 16u, 17u, 33u, 511u, 512u, 513u, 1100u})
    for (size_t at = 0; at < size; ++at) {
      std::string text(size, 'a');
      text[at] = '\x02';
      EXPECT_EQ(string_of(text), '"' + text.substr(0, at) + "\\u0002" + text.substr(at + 1) + '"') << size << " " << at;
    }
}

TEST(JsonWrite, BytesAreABase64String) {
  std::string out = "\"body\":";
  append_base64(out, std::string_view("\0\xff\xfe{", 4));
  EXPECT_EQ(out, "\"body\":\"AP/+ew==\"");
  std::string bytes = "left over";
  EXPECT_TRUE(decode_base64("AP/+ew==", bytes));
  EXPECT_EQ(bytes, std::string("\0\xff\xfe{", 4));
  EXPECT_TRUE(decode_base64("", bytes));
  EXPECT_EQ(bytes, "");
  EXPECT_FALSE(decode_base64("AP/+ew", bytes));
}

}  // namespace
}  // namespace wxpipe::json
