// What HTTP has to do with a callback: its bytes, its address, and the bytes of its answer.
#include <gtest/gtest.h>

#include "ingest/http/framing.hpp"
#include "ingest/http/request.hpp"
#include "ingest/http/response.hpp"

namespace wxpipe::ingest::http {
namespace {

struct Parsed {
  bool ok;
  std::string account, tenant, query;
  bool operator==(const Parsed&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Parsed& p) {
  return out << p.ok << " account=" << p.account << " tenant=" << p.tenant << " query=" << p.query;
}
const Parsed kNoCallback{false, "", "", ""};

Parsed parse(std::string_view raw) {
  std::string scratch;
  Callback callback;
  if (!parse_target(raw, scratch, callback)) return kNoCallback;
  return {true, std::string(callback.account), std::string(callback.tenant), std::string(callback.query)};
}

TEST(Target, NamesAccountTenantAndQuery) {
  EXPECT_EQ(parse("/callback/shop"), (Parsed{true, "shop", "", ""}));
  EXPECT_EQ(parse("/callback/shop?a=1&b=2"), (Parsed{true, "shop", "", "a=1&b=2"}));
  EXPECT_EQ(parse("/callback/open/wx123?x"), (Parsed{true, "open", "wx123", "x"}));
  EXPECT_EQ(parse("/callback/open/$APPID$"), (Parsed{true, "open", "$APPID$", ""}));
  EXPECT_EQ(parse("/callback/open/%24APPID%24"), (Parsed{true, "open", "$APPID$", ""}));
  EXPECT_EQ(parse("http://host:80/callback/shop?q"), (Parsed{true, "shop", "", "q"}));
  EXPECT_EQ(parse("/callback/shop/"), (Parsed{true, "shop", "", ""}));
  EXPECT_EQ(parse("/callback/a%20b/c%2Dd"), (Parsed{true, "a b", "c-d", ""}));
}

TEST(Target, OtherPathsAreNoCallbacks) {
  for (const char* raw : {"/", "", "/callback", "/callback/", "/callbacks/shop", "/callback//x", "/callback/a/b/c",
                          "/callback/a%2Fb", "/callback/a%00", "/callback/a%4", "/callback/a%zz", "*", "http://host"})
    EXPECT_EQ(parse(raw), kNoCallback) << raw;
}

TEST(Request, IsACallbackOrSaysWhyNot) {
  const auto refusal = [](std::string_view method, std::string_view target, int hosts, int version = 11) {
    std::string scratch;
    Callback callback;
    Request request;
    request.method = method;
    request.target = target;
    request.version = version;
    request.hosts = hosts;
    return read_callback(request, scratch, callback);
  };
  EXPECT_EQ(refusal("POST", "/callback/shop", 1), std::nullopt);
  EXPECT_EQ(refusal("GET", "/callback/shop", 0, 10), std::nullopt);
  EXPECT_EQ(refusal("GET", "/callback/shop", 0), Refusal::missing_host);
  EXPECT_EQ(refusal("GET", "/callback/shop", 2), Refusal::missing_host);
  EXPECT_EQ(refusal("PUT", "/elsewhere", 1), Refusal::unknown_path);
  EXPECT_EQ(refusal("HEAD", "/callback/shop", 1), Refusal::method_not_allowed);
}

TEST(Framing, CutsRequestsOutOfBytesHoweverTheyCome) {
  const std::string two =
      "POST /callback/shop HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nfirst"
      "POST /callback/shop HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 6\r\n\r\nsecond";
  for (size_t piece = 1; piece <= two.size(); ++piece) {
    Framing framing(1000, 1000);
    std::vector<std::string> bodies;
    framing.next();
    EXPECT_FALSE(framing.begun());
    for (size_t at = 0; at < two.size(); at += piece) {
      std::string bytes = two.substr(at, piece);
      framing.take(bytes);
      for (; framing.done(); framing.next()) {
        ASSERT_EQ(framing.refusal(), std::nullopt);
        bodies.push_back(std::string(framing.request().body) + (framing.keep_alive() ? "" : ", the last"));
      }
      bytes.assign(bytes.size(), '?');  // what isn't done is no view any more
    }
    EXPECT_EQ(bodies, (std::vector<std::string>{"first", "second, the last"})) << piece;
    EXPECT_FALSE(framing.begun());
  }
}

TEST(Framing, SaysWhatCannotBecomeARequest) {
  const auto refusal = [](std::string_view bytes) {
    Framing framing(100, 10);
    framing.next();
    framing.take(bytes);
    return framing.refusal();
  };
  EXPECT_EQ(refusal("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n"), std::nullopt);
  EXPECT_EQ(refusal("POST / HTTP/1.1\r\nContent-Length: 11\r\n\r\n"), Refusal::body_too_large);
  EXPECT_EQ(refusal("GET /" + std::string(100, 'x')), Refusal::headers_too_large);
  EXPECT_EQ(refusal("hello\r\n\r\n"), Refusal::bad_request);
}

TEST(Framing, OwesAContinueOnceAndToWhoWaitsForIt) {
  Framing framing(1000, 1000);
  framing.next();
  framing.take("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n");
  EXPECT_FALSE(framing.owes_continue());
  framing.take("Content-Length: 1\r\n\r\n");
  EXPECT_TRUE(framing.owes_continue());
  EXPECT_FALSE(framing.owes_continue());
}

TEST(Response, IsWhatThePlatformsAskFor) {
  std::string out;
  write_response({200, "success"}, "Tue, 24 Nov 2026 16:00:00 GMT", {}, out);
  EXPECT_EQ(out,
            "HTTP/1.1 200 OK\r\nDate: Tue, 24 Nov 2026 16:00:00 GMT\r\nX-Content-Type-Options: nosniff\r\n"
            "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 7\r\n\r\nsuccess");
  write_response({204, ""}, "now", {.keep_alive = false}, out);
  EXPECT_EQ(out,
            "HTTP/1.1 204 No Content\r\nDate: now\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n");
  write_response({200, ""}, "now", {.http_1_0 = true}, out);
  EXPECT_EQ(
      out,
      "HTTP/1.1 200 OK\r\nDate: now\r\nX-Content-Type-Options: nosniff\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");
  write_response({405, "method_not_allowed"}, "now", {.without_body = true}, out);
  EXPECT_EQ(out,
            "HTTP/1.1 405 Method Not Allowed\r\nDate: now\r\nX-Content-Type-Options: nosniff\r\n"
            "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 18\r\nAllow: GET, POST\r\n\r\n");
}

TEST(Response, DateIsOfTheSecond) {
  DateHeader date;
  EXPECT_EQ(date.at(1795536000), "Tue, 24 Nov 2026 16:00:00 GMT");
  EXPECT_EQ(date.at(1795536001), "Tue, 24 Nov 2026 16:00:01 GMT");
}

}  // namespace
}  // namespace wxpipe::ingest::http
