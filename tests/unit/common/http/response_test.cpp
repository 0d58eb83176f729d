#include "common/http/response.hpp"

#include <gtest/gtest.h>

namespace wxpipe::http {
namespace {

constexpr size_t kMost = 100;
constexpr std::string_view kResponse = "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 7\r\n\r\nsuccess";
constexpr std::string_view kChunks =
    "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n4;x=y\r\nsucc\r\n3\r\ness\r\n0\r\n\r\n";

// The result of reading these bytes when they come in pieces of this size.
struct Parsed {
  Response response;
  ResponseParser parser;
  boost::system::error_code error;
  size_t taken = 0;

  explicit Parsed(std::string_view bytes, size_t at_a_time = 1000, KeepHeaders keep = KeepHeaders::yes)
      : parser(response, kMost, keep) {
    for (size_t there = 0; there < bytes.size() && !parser.complete() && !error;) {
      there = std::min(there + at_a_time, bytes.size());
      taken += parser.put(bytes.substr(taken, there - taken), error);
    }
  }
};

TEST(ResponseParser, ReadsStatusHeadersAndBodyHoweverTheyAreCut) {
  for (const size_t at_a_time : {1, 7, 1000}) {
    for (const auto bytes : {kResponse, kChunks}) {
      const Parsed parsed(bytes, at_a_time);
      ASSERT_TRUE(parsed.parser.complete()) << parsed.error.message();
      EXPECT_EQ(parsed.response.status, 200);
      EXPECT_EQ(parsed.response.body, "success");
      EXPECT_TRUE(parsed.parser.keep_alive());
      EXPECT_EQ(parsed.taken, bytes.size());
    }
    EXPECT_EQ(Parsed(kResponse, at_a_time).response.header("date"), "now");
    EXPECT_EQ(Parsed(kResponse, at_a_time).response.header("none"), std::nullopt);
    EXPECT_EQ(Parsed(kResponse, at_a_time, KeepHeaders::no).response.headers, Headers());
  }
}

TEST(ResponseParser, WaitsForTheLastByteAndTakesNoMore) {
  for (const auto bytes : {kResponse, kChunks})
    for (size_t size = 0; size < bytes.size(); ++size) {
      const Parsed parsed(bytes.substr(0, size));
      ASSERT_FALSE(parsed.parser.complete()) << size;
      ASSERT_FALSE(parsed.error) << size;
      EXPECT_EQ(parsed.parser.begun(), size > 0);
    }
  EXPECT_EQ(Parsed(std::string(kResponse) + "HTTP/1.1").taken, kResponse.size());
}

TEST(ResponseParser, ForgetsWhatTheResponseHeld) {
  Response response{.status = 500, .headers = {{"a", "b"}}, .body = "old"};
  boost::system::error_code error;
  ResponseParser(response, kMost).put(kResponse, error);
  EXPECT_EQ(response.body, "success");
  EXPECT_EQ(response.headers.size(), 2u);
}

TEST(ResponseParser, TakesAnAnswerWithoutABodyAsComplete) {
  EXPECT_TRUE(Parsed("HTTP/1.1 204 No Content\r\n\r\n").parser.complete());
  EXPECT_TRUE(Parsed("HTTP/1.1 100 Continue\r\n\r\n").parser.complete());
  Response response;
  ResponseParser to_head(response, kMost);
  to_head.without_body();
  boost::system::error_code error;
  to_head.put("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", error);
  EXPECT_TRUE(to_head.complete());
}

TEST(ResponseParser, KnowsWhenTheConnectionEnds) {
  EXPECT_FALSE(Parsed("HTTP/1.1 503 x\r\nConnection: Close\r\ncontent-length: 0\r\n\r\n").parser.keep_alive());
  EXPECT_FALSE(Parsed("HTTP/1.0 200 x\r\ncontent-length: 0\r\n\r\n").parser.keep_alive());
  Parsed open("HTTP/1.1 200 OK\r\n\r\nuntil the end");
  EXPECT_FALSE(open.parser.complete());
  EXPECT_TRUE(open.parser.ends_with_connection());
  open.parser.end(open.error);
  EXPECT_TRUE(open.parser.complete());
  EXPECT_EQ(open.response.body, "until the end");
  EXPECT_FALSE(Parsed(kResponse.substr(0, kResponse.size() - 1)).parser.ends_with_connection());
}

TEST(ResponseParser, RefusesWhatIsNoAnswerOrTooLarge) {
  const std::string large(kMost + 1, 'x');
  for (const std::string& bytes :
       {std::string("SSH-2.0-OpenSSH\r\n\r\n"), std::string("HTTP/1.1 abc\r\n\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"), std::string("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n"), "HTTP/1.1 200 OK\r\n\r\n" + large,
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" + large + "\r\n",
        "HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x')})
    EXPECT_TRUE(Parsed(bytes, 100'000).error) << bytes;
}

}  // namespace
}  // namespace wxpipe::http
