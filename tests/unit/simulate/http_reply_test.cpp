#include "simulate/http_reply.hpp"

#include <gtest/gtest.h>

namespace wxpipe::simulate {
namespace {

constexpr std::string_view kReply = "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 7\r\n\r\nsuccess";

TEST(HttpReplyParser, WaitsForTheLastByte) {
  for (size_t size = 0; size < kReply.size(); ++size) {
    HttpReply reply;
    ASSERT_EQ(HttpReplyParser().parse(kReply.substr(0, size), reply), ParseOutcome::more) << size;
  }
  HttpReplyParser parser;
  HttpReply reply;
  ASSERT_EQ(parser.parse(std::string(kReply) + "HTTP/1.1", reply), ParseOutcome::done);
  EXPECT_EQ(parser.size(), kReply.size());
  EXPECT_EQ(reply.status, 200u);
  EXPECT_TRUE(reply.keep_alive);
}

TEST(HttpReplyParser, ReadsTheBodyBehindItsLength) {
  HttpReply reply;
  const std::string bytes(kReply);
  ASSERT_EQ(HttpReplyParser().parse(bytes, reply), ParseOutcome::done);
  EXPECT_EQ(reply.body, "success");
}

TEST(HttpReplyParser, TakesAnAnswerWithoutABodyAsDone) {
  HttpReply reply;
  ASSERT_EQ(HttpReplyParser().parse("HTTP/1.1 204 No Content\r\n\r\n", reply), ParseOutcome::done);
  EXPECT_EQ(reply.status, 204u);
  EXPECT_EQ(reply.body, "");
}

TEST(HttpReplyParser, JoinsChunks) {
  const std::string bytes =
      "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n4;x=y\r\nsucc\r\n3\r\ness\r\n0\r\n\r\n";
  HttpReplyParser parser;
  HttpReply reply;
  ASSERT_EQ(parser.parse(bytes, reply), ParseOutcome::done);
  EXPECT_EQ(reply.body, "success");
  EXPECT_EQ(parser.size(), bytes.size());
  for (size_t size = 0; size < bytes.size(); ++size)
    ASSERT_EQ(parser.parse(std::string_view(bytes).substr(0, size), reply), ParseOutcome::more) << size;
}

TEST(HttpReplyParser, KnowsWhenTheConnectionEnds) {
  HttpReply reply;
  ASSERT_EQ(HttpReplyParser().parse("HTTP/1.1 503 x\r\nConnection: Close\r\ncontent-length: 0\r\n\r\n", reply),
            ParseOutcome::done);
  EXPECT_FALSE(reply.keep_alive);
  ASSERT_EQ(HttpReplyParser().parse("HTTP/1.0 200 x\r\ncontent-length: 0\r\n\r\n", reply), ParseOutcome::done);
  EXPECT_FALSE(reply.keep_alive);
}

TEST(HttpReplyParser, RefusesWhatIsNoAnswer) {
  HttpReply reply;
  for (const std::string_view bytes :
       {"SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 abc\r\n\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nuntil the end",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"})
    EXPECT_EQ(HttpReplyParser().parse(bytes, reply), ParseOutcome::malformed) << bytes;
}

}  // namespace
}  // namespace wxpipe::simulate
