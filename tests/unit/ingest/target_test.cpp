// HTTP around a callback: the request's bytes, its address, and the answer's bytes.
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
      bytes.assign(bytes.size(), '?');  // views into these bytes must no longer be in use
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

// The refusal of what came first, and how many requests were seen.
struct Cut {
  std::optional<Refusal> refusal;
  int requests = 0;
  bool operator==(const Cut&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Cut& cut) {
  return out << (cut.refusal ? to_string(*cut.refusal) : "no refusal") << ", requests " << cut.requests;
}
Cut cut_into_requests(std::string_view bytes, size_t piece) {
  Framing framing(400, 1000);
  Cut cut;
  framing.next();
  for (size_t at = 0; at < bytes.size(); at += piece) {
    framing.take(bytes.substr(at, piece));
    for (; framing.done(); framing.next()) {
      if (framing.refusal()) return {framing.refusal(), cut.requests};
      ++cut.requests;
    }
  }
  return cut;
}

// A proxy that reads such a header in another way would see another request behind it.
TEST(Framing, NoHeaderCanBeReadInTwoWays) {
  const std::string behind = "0\r\n\r\nGET /callback/shop HTTP/1.1\r\nHost: h\r\n\r\n";
  const auto with = [&](std::string_view headers, std::string_view version = "1.1") {
    return "POST /callback/shop HTTP/" + std::string(version) + "\r\nHost: h\r\n" + std::string(headers) + "\r\n\r\n" +
           behind;
  };
  for (const std::string& request : {with("Transfer-Encoding: gzip"),
                                     with("Transfer-Encoding: chunked, gzip"),
                                     with("Transfer-Encoding: gzip, chunked"),
                                     with("Transfer-Encoding: chunked, chunked"),
                                     with("Transfer-Encoding: xchunked"),
                                     with("Transfer-Encoding: identity"),
                                     with("Transfer-Encoding: \"chunked\""),
                                     with("Transfer-Encoding: 'chunked'"),
                                     with("Transfer-Encoding:"),
                                     with("Transfer-Encoding: ,chunked"),
                                     with("Transfer-Encoding: chunked,"),
                                     with("Transfer-Encoding: chunked;q=1"),
                                     with("Transfer-Encoding : chunked"),
                                     with("Transfer-Encoding: \x0b"
                                          "chunked"),
                                     with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
                                     with("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked"),
                                     with("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"),
                                     with("Transfer-Encoding: chunked", "1.0"),
                                     with("Transfer-Encoding: gzip", "1.0"),
                                     with("Transfer-Encoding: chunked\r\nContent-Length: 5"),
                                     with("Content-Length: 5\r\nTransfer-Encoding: chunked"),
                                     with("Content-Length: 5\r\nTransfer-Encoding: gzip"),
                                     with("Transfer-Encoding: gzip\r\nContent-Length: 5"),
                                     with("Transfer-Encoding:\r\n chunked"),
                                     with("Transfer-Encoding: chunked\r\n "),
                                     with("X: a\r\n b"),
                                     with("X: a\r\n\tb"),
                                     with("X: a\r\n "),
                                     with("X:\r\n a"),
                                     with("Content-Length: 5\r\n 0"),
                                     with("Content-Length: 5\r\nContent-Length: 5"),
                                     with("Content-Length: 5, 5"),
                                     "CONNECT h:1 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n" + behind,
                                     with(" X: a"),
                                     with("X : a"),
                                     with("X\r\n : a")})
    for (const size_t piece : {request.size(), size_t{1}, size_t{7}})
      EXPECT_EQ(cut_into_requests(request, piece), (Cut{Refusal::bad_request, 0})) << request << " by " << piece;
  for (const std::string& request : {with("Transfer-Encoding: chunked"), with("transfer-encoding:\t Chunked \t"),
                                     with("X:\r\nY: \t\r\nTransfer-Encoding: chunked\r\nZ:")})
    for (const size_t piece : {request.size(), size_t{1}, size_t{7}})
      EXPECT_EQ(cut_into_requests(request, piece), (Cut{std::nullopt, 2})) << request << " by " << piece;
}

TEST(Framing, ChunkExtensionsAndTrailersAreLimitedAsHeadersAre) {
  const std::string head = "POST /callback/shop HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  const auto x = [](size_t size) { return std::string(size, 'x'); };
  std::string many_extensions, many_trailers;
  for (int i = 0; i < 50; ++i) {
    many_extensions += "1;" + x(10) + "\r\na\r\n";
    many_trailers += "T: " + x(10) + "\r\n";
  }
  for (const std::string& request :
       {head + "1;" + x(500), head + "1;" + x(500) + "\r\na\r\n0\r\n\r\n", head + "0;" + x(500),
        head + "0;" + x(500) + "\r\n\r\n", head + "1\r\na\r\n0\r\nT: " + x(500), head + std::string(500, '0'),
        head + "0\r\nT: " + x(500) + "\r\n\r\n", head + many_extensions + "0\r\n\r\n",
        head + "0\r\n" + many_trailers + "\r\n", head + "1;" + x(300) + "\r\na\r\n0\r\nT: " + x(300) + "\r\n\r\n"})
    for (const size_t piece : {request.size(), size_t{1}, size_t{7}})
      EXPECT_EQ(cut_into_requests(request, piece), (Cut{Refusal::headers_too_large, 0})) << request << " by " << piece;
  const std::string fits = head + "1;" + x(150) + "\r\na\r\n0;" + x(100) + "\r\nT: " + x(100) + "\r\n\r\n";
  for (const size_t piece : {fits.size(), size_t{1}, size_t{7}})
    EXPECT_EQ(cut_into_requests(fits, piece), (Cut{std::nullopt, 1})) << piece;
}

TEST(Framing, KeepsOtherHeadersHoweverTheyComeForSendersWithRulesOfTheirOwn) {
  const std::string bytes =
      "POST /callback/forms HTTP/1.1\r\nHost: h\r\nX-JDY-Signature: abc\r\nAuthorization: Basic eA==\r\n"
      "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
  for (const size_t piece : {size_t{1}, size_t{7}, bytes.size()}) {
    Framing framing(1000, 1000);
    framing.next();
    for (size_t at = 0; at < bytes.size(); at += piece) {
      const std::string part = bytes.substr(at, piece);  // goes away after each step
      framing.take(part);
      if (at + piece >= bytes.size()) {
        ASSERT_TRUE(framing.done() && !framing.refusal());
        Callback callback;
        std::string scratch;
        ASSERT_FALSE(read_callback(framing.request(), scratch, callback));
        std::string said;
        for (const Header& header : callback.headers) said.append(header.name).append("=").append(header.value) += ' ';
        EXPECT_EQ(said, "X-JDY-Signature=abc Authorization=Basic eA== ") << piece;
      }
    }
  }
}

TEST(Framing, TrailersAreNoHeaders) {
  Framing framing(1000, 1000);
  framing.next();
  framing.take("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nHost: h\r\nWebhook-Id: x\r\n\r\n");
  ASSERT_TRUE(framing.done());
  EXPECT_EQ(framing.refusal(), std::nullopt);
  EXPECT_EQ(framing.request().hosts, 0);
  EXPECT_EQ(framing.request().webhook_id, "");
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
