// Arrays and rows in Postgres's binary form, byte by byte, as in its manual (COPY, "Binary Format") and in array_recv
// in its source.
#include <gtest/gtest.h>

#include "common/postgres/copy_rows.hpp"
#include "common/postgres/sql_array.hpp"

namespace wxpipe::postgres {
namespace {
using namespace std::chrono_literals;
using std::chrono::sys_days;

std::string hex(std::string_view bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i > 0 && i % 4 == 0) out += ' ';
    out += kHex[static_cast<unsigned char>(bytes[i]) >> 4];
    out += kHex[static_cast<unsigned char>(bytes[i]) & 15];
  }
  return out;
}

// The bytes between COPY's header and its trailer.
template <class Fill>
std::string row_of_one(Fill&& fill) {
  CopyRows rows;
  rows.begin_row(1);
  fill(rows);
  const auto all = rows.finish();
  return hex(all.substr(19 + 2, all.size() - 19 - 2 - 2));
}

TEST(BinaryValues, HaveTheirLengthInFrontAndTheirBytesBigEndian) {
  EXPECT_EQ(row_of_one([](auto& row) { row.add_int4(258); }), "00000004 00000102");
  EXPECT_EQ(row_of_one([](auto& row) { row.add_int4(-2); }), "00000004 fffffffe");
  EXPECT_EQ(row_of_one([](auto& row) { row.add_int8(0x0102030405060708); }), "00000008 01020304 05060708");
  EXPECT_EQ(row_of_one([](auto& row) { row.add_int8(-1); }), "00000008 ffffffff ffffffff");
  EXPECT_EQ(row_of_one([](auto& row) { row.add_boolean(true); }), "00000001 01");
  EXPECT_EQ(row_of_one([](auto& row) { row.add_boolean(false); }), "00000001 00");
  EXPECT_EQ(row_of_one([](auto& row) { row.add_text("价"); }), "00000003 e4bbb7");
  EXPECT_EQ(row_of_one([](auto& row) { row.add_text(std::string_view("\0\xff", 2)); }), "00000002 00ff");
  Uuid id;
  for (uint8_t i = 0; i < 16; ++i) id.bytes.at(i) = i;
  EXPECT_EQ(row_of_one([&](auto& row) { row.add_uuid(id); }), "00000010 00010203 04050607 08090a0b 0c0d0e0f");
}

TEST(BinaryValues, JsonbIsTextBehindItsVersion) {
  EXPECT_EQ(row_of_one([](auto& row) { row.add_jsonb("{}"); }), "00000003 017b7d");
}

TEST(BinaryValues, ANullIsALengthOfMinusOneAndAnEmptyTextIsNone) {
  EXPECT_EQ(row_of_one([](auto& row) { row.add_null(); }), "ffffffff");
  EXPECT_EQ(row_of_one([](auto& row) { row.add_text(""); }), "00000000");
  EXPECT_EQ(row_of_one([](auto& row) { row.add_text_or_null(""); }), "ffffffff");
  EXPECT_EQ(row_of_one([](auto& row) { row.add_text_or_null("a"); }), "00000001 61");
}

TEST(BinaryValues, TimesAreMicrosecondsSince2000) {
  const sys_days epoch{std::chrono::year{2000} / 1 / 1};
  EXPECT_EQ(row_of_one([&](auto& row) { row.add_time(epoch); }), "00000008 00000000 00000000");
  EXPECT_EQ(row_of_one([&](auto& row) { row.add_time(epoch + 1s + 1us); }), "00000008 00000000 000f4241");
  EXPECT_EQ(row_of_one([&](auto& row) { row.add_time(epoch - 1us); }), "00000008 ffffffff ffffffff");
  EXPECT_EQ(row_of_one([&](auto& row) { row.add_time(Timestamp{}); }), "00000008 fffca2fe c4c82000");
}

const std::string kCopyHeader = hex(std::string_view("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19));

TEST(CopyRows, AreASignatureRowsWithTheirNumberOfColumnsAndATrailer) {
  CopyRows rows;
  EXPECT_EQ(rows.size(), 0u);
  rows.begin_row(2);
  rows.add_int4(1);
  rows.add_null();
  rows.begin_row(2);
  rows.add_int4(2);
  rows.add_text("a");
  EXPECT_EQ(rows.size(), 2u);
  const auto all = rows.finish();
  EXPECT_EQ(hex(all.substr(0, 19)), kCopyHeader);
  EXPECT_EQ(hex(all.substr(19)), "00020000 00040000 0001ffff ffff0002 00000004 00000002 00000001 61ffff");
}

TEST(CopyRows, NoRowIsASignatureAndATrailer) {
  CopyRows rows;
  const auto all = rows.finish();
  EXPECT_EQ(hex(all.substr(0, 19)), kCopyHeader);
  EXPECT_EQ(hex(all.substr(19)), "ffff");
}

TEST(CopyRows, BeginAnewOnceTheyAreCleared) {
  CopyRows rows;
  rows.begin_row(1);
  rows.add_null();
  rows.finish();
  rows.clear();
  EXPECT_EQ(rows.size(), 0u);
  rows.begin_row(1);
  rows.add_boolean(true);
  const auto all = rows.finish();
  EXPECT_EQ(hex(all.substr(19)), "00010000 000101ff ff");
}

TEST(CopyRows, TakeMoreColumnsThanAByteCounts) {
  CopyRows rows;
  rows.begin_row(300);
  EXPECT_EQ(hex(rows.finish().substr(19, 2)), "012c");
}

// Number of dimensions, whether there are nulls, element type; then size and lower bound, then the elements.
TEST(SqlArray, HasOneDimensionThatBeginsAtOne) {
  SqlArray array(ElementType::int4);
  array.add_int4(7);
  array.add_int4(8);
  EXPECT_EQ(array.size(), 2);
  EXPECT_EQ(hex(array.bytes()), "00000001 00000000 00000017 00000002 00000001 00000004 00000007 00000004 00000008");
}

TEST(SqlArray, SaysThatItHasNulls) {
  SqlArray array(ElementType::text);
  array.add_text_or_null("");
  array.add_text_or_null("a");
  EXPECT_EQ(hex(array.bytes()), "00000001 00000001 00000019 00000002 00000001 ffffffff 00000001 61");
}

TEST(SqlArray, AnEmptyOneHasNoDimension) {
  SqlArray array(ElementType::uuid);
  EXPECT_EQ(hex(array.bytes()), "00000000 00000000 00000b86");
}

TEST(SqlArray, IsKeptOverBatches) {
  SqlArray array(ElementType::int8);
  array.add_null();
  EXPECT_EQ(hex(array.bytes()), "00000001 00000001 00000014 00000001 00000001 ffffffff");
  array.clear();
  EXPECT_EQ(array.size(), 0);
  EXPECT_EQ(hex(array.bytes()), "00000000 00000000 00000014") << "and its nulls are forgotten";
  array.add_int8(1);
  EXPECT_EQ(hex(array.bytes()), "00000001 00000000 00000014 00000001 00000001 00000008 00000000 00000001");
}

}  // namespace
}  // namespace wxpipe::postgres
