#include "ingest/query.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace wxpipe::ingest {
namespace {

TEST(Query, DecodesOnceAndKeepsPlusSigns) {
  std::string scratch;
  Query query;
  EXPECT_EQ(parse_query("msg_signature=a%2Bb&echostr=P9n+A%2f%2525==&timestamp=12&nonce=&s%69gnature=s&extra", scratch,
                        query),
            std::nullopt);
  EXPECT_EQ(query.msg_signature, "a+b");
  EXPECT_EQ(query.echostr, "P9n+A/%25==");
  EXPECT_EQ(query.timestamp, "12");
  EXPECT_EQ(query.nonce, "");
  EXPECT_EQ(query.signature, "s");
}

TEST(Query, RefusesNamesThatComeTwiceHoweverTheyAreWritten) {
  std::string scratch;
  Query query;
  for (const auto* raw : {"nonce=1&nonce=1", "nonce=1&n%6Fnce=2", "x&x", "&a=1&&a"})
    EXPECT_EQ(parse_query(raw, scratch, query), Refusal::duplicate_parameter) << raw;
}

TEST(Query, RefusesBrokenEscapesAndTooManyParameters) {
  std::string scratch, many;
  Query query;
  for (const auto* raw : {"nonce=%", "nonce=%4", "nonce=%zz", "%=1"})
    EXPECT_EQ(parse_query(raw, scratch, query), Refusal::bad_request) << raw;
  for (size_t i = 0; i < kMostParameters; ++i) many += fmt::format("p{}=1&", i);
  EXPECT_EQ(parse_query(many, scratch, query), std::nullopt);
  EXPECT_EQ(parse_query(many + "one_more=1", scratch, query), Refusal::bad_request);
}

}  // namespace
}  // namespace wxpipe::ingest
