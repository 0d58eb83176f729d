#include "rig/http_client.hpp"

#include <gtest/gtest.h>

#include "tests/support/local_server.hpp"

namespace wxpipe::rig {
namespace {
using namespace std::chrono_literals;
using support::LocalServer;
using support::receive_some;
using support::send_all;

// Reads until the requests' bytes are complete, then answers.
auto answers(std::string expected, std::string response) {
  return [expected = std::move(expected), response = std::move(response)](Socket& socket) {
    std::string got;
    while (got.size() < expected.size()) {
      const auto bytes = receive_some(socket);
      if (bytes.empty()) break;
      got += bytes;
    }
    send_all(socket, got == expected ? response
                                     : "HTTP/1.1 400 Bad Request\r\nContent-Length: " + std::to_string(got.size()) +
                                           "\r\n\r\n" + got);
  };
}

TEST(HttpRequest, IsWrittenWithHostAndLength) {
  EXPECT_EQ(to_bytes({.target = "/a?b=c"}, "h:1"), "GET /a?b=c HTTP/1.1\r\nHost: h:1\r\n\r\n");
  EXPECT_EQ(to_bytes({.method = "POST", .headers = {{"host", "other"}, {"X", "1"}}, .body = "ab"}, "h:1"),
            "POST / HTTP/1.1\r\nContent-Length: 2\r\nhost: other\r\nX: 1\r\n\r\nab");
}

TEST(HttpClient, ReadsStatusHeadersAndBody) {
  const auto request = to_bytes({.method = "POST", .target = "/x", .body = "hello"}, "h:1");
  LocalServer server(answers(request, "HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\nX-Thing:  y\r\n\r\nok"));
  HttpClient client("127.0.0.1", server.port());
  client.send_bytes(request);
  const auto response = client.receive();
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(response.body, "ok");
  EXPECT_EQ(response.header("x-thing"), "y");
  EXPECT_EQ(response.header("none"), std::nullopt);
  EXPECT_TRUE(client.closed_by_server());
}

TEST(HttpClient, ReadsChunksAndBodiesThatEndWithTheConnection) {
  int connection = 0;
  LocalServer server([&](Socket& socket) {
    receive_some(socket);
    if (connection++ == 0)
      send_all(socket, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n");
    else
      send_all(socket, "HTTP/1.0 200 OK\r\n\r\nto the end");
  });
  HttpClient client("127.0.0.1", server.port());
  EXPECT_EQ(client.get("/").body, "abcd");
  EXPECT_TRUE(client.closed_by_server());
  EXPECT_EQ(client.get("/").body, "to the end");  // on a new connection
}

TEST(HttpClient, KeepsTheConnection) {
  int connections = 0;
  LocalServer server([&](Socket& socket) {
    ++connections;
    while (!receive_some(socket).empty()) send_all(socket, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  {
    HttpClient client("127.0.0.1", server.port());
    for (int i = 0; i < 3; ++i) EXPECT_EQ(client.get("/").status, 200);
    EXPECT_FALSE(HttpClient("127.0.0.1", server.port(), 10ms).closed_by_server());
  }
  EXPECT_EQ(connections, 1);
}

TEST(HttpClient, GivesUpOnSilenceAndOnRefusal) {
  LocalServer server([](Socket& socket) {
    while (!receive_some(socket).empty()) {
    }
  });
  {
    HttpClient client("127.0.0.1", server.port(), 20ms);
    EXPECT_THROW(client.get("/"), HttpError);
    EXPECT_FALSE(client.closed_by_server());
  }
  const Socket port = bound(0);
  EXPECT_THROW(HttpClient("127.0.0.1", local_port(port)).get("/"), HttpError);
}

}  // namespace
}  // namespace wxpipe::rig
