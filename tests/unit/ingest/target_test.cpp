// Addresses of callbacks, and the bytes of an answer.
#include <gtest/gtest.h>

#include "ingest/http/response.hpp"
#include "ingest/http/target.hpp"

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
  Target target;
  if (!parse_target(raw, scratch, target)) return kNoCallback;
  return {true, std::string(target.account), std::string(target.tenant), std::string(target.query)};
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

TEST(Response, IsWhatThePlatformsAskFor) {
  std::string out;
  write_response({200, "success"}, "Tue, 24 Nov 2026 16:00:00 GMT", {}, out);
  EXPECT_EQ(out,
            "HTTP/1.1 200 OK\r\nDate: Tue, 24 Nov 2026 16:00:00 GMT\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Content-Length: 7\r\n\r\nsuccess");
  write_response({204, ""}, "now", {.keep_alive = false}, out);
  EXPECT_EQ(out, "HTTP/1.1 204 No Content\r\nDate: now\r\nConnection: close\r\n\r\n");
  write_response({200, ""}, "now", {.http_1_0 = true}, out);
  EXPECT_EQ(out, "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");
  write_response({405, "method_not_allowed"}, "now", {.without_body = true}, out);
  EXPECT_EQ(out,
            "HTTP/1.1 405 Method Not Allowed\r\nDate: now\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Content-Length: 18\r\nAllow: GET, POST\r\n\r\n");
}

TEST(Response, DateIsOfTheSecond) {
  DateHeader date;
  EXPECT_EQ(date.at(1795536000), "Tue, 24 Nov 2026 16:00:00 GMT");
  EXPECT_EQ(date.at(1795536001), "Tue, 24 Nov 2026 16:00:01 GMT");
}

}  // namespace
}  // namespace wxpipe::ingest::http
