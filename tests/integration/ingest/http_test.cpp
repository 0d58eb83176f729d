// HTTP/1.1 for callbacks, byte by byte: what is refused and how it is counted, and what a connection may do. Bad
// traffic must not make others wait.
#include <algorithm>
#include <list>

#include "tests/integration/ingest/ingest_fixture.hpp"
#include "tests/support/local_server.hpp"

namespace wxpipe::ingest::test {
namespace {
using testing::HasSubstr;

class HttpTest : public IngestTest {
 protected:
  void SetUp() override {
    IngestTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    auto few = settings();
    few.ingest.max_connections = 300;
    set_patience(few);
    ingest_ = std::make_unique<RunningIngest>(few);
  }
  virtual void set_patience(config::Settings&) const {}
  std::string bytes(const Request& request) const { return support::to_bytes(http(request), "wxpipe"); }
  // Sends the bytes on a new connection; returns the answer's status.
  int status_of(const std::string& request) const {
    auto client = ingest_->client();
    client.send_bytes(request);
    return client.receive().status;
  }

  std::unique_ptr<RunningIngest> ingest_;
};

// Short limits, only for tests that let them pass: on a busy machine other tests could be too slow for them.
class ImpatientHttpTest : public HttpTest {
  void set_patience(config::Settings& settings) const override {
    settings.ingest.request_timeout = settings.ingest.idle_timeout = 600ms;
  }
};

TEST_F(HttpTest, AnswersWithExactlyWhatThePlatformWants) {
  auto client = ingest_->client();
  const auto response = client.send(http(plain(1)));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "success");
  EXPECT_EQ(response.header("Content-Length"), "7");
  EXPECT_EQ(response.header("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_THAT(response.header("Date").value_or(""), testing::EndsWith(" GMT"));
  EXPECT_EQ(response.header("Connection"), std::nullopt);
}

TEST_F(HttpTest, NoAnswerIsTakenForAnythingButWhatItSays) {
  auto client = ingest_->client();
  const auto says_so = [](const HttpResponse& response) {
    return response.header("X-Content-Type-Options") == "nosniff";
  };
  EXPECT_TRUE(says_so(client.send(http(plain(1)))));
  EXPECT_TRUE(says_so(client.send(http(webhook_now("channel", "{}", "m1"))))) << "204";
  EXPECT_TRUE(says_so(client.get("/nowhere")));
  EXPECT_TRUE(says_so(client.send({.method = "HEAD", .target = "/callback/plain"})));
  client.send_bytes("hello\r\n\r\n");
  EXPECT_TRUE(says_so(client.receive()));
  for (const auto* path : {"/", "/healthz", "/readyz", "/metrics", "/nowhere"})
    EXPECT_TRUE(says_so(ingest_->admin().get(path))) << path;
  EXPECT_TRUE(says_so(ingest_->admin().post("/readyz", "x")));
}

TEST_F(HttpTest, OtherPathsAreNotFoundAndCounted) {
  auto client = ingest_->client();
  const std::vector<std::string> targets{"/",
                                         "/callback",
                                         "/callback/",
                                         "/callback//x",
                                         "/callback/plain/a/b",
                                         "/metrics",
                                         "/callback/pl%2fain",
                                         "/callback/%zz",
                                         "*"};
  for (const auto& target : targets) EXPECT_EQ(client.get(target).status, 404) << target;
  EXPECT_EQ(ingest_->refused("unknown_path"), static_cast<double>(targets.size()));
  EXPECT_EQ(client.get("/callback/nobody").status, 404);
  EXPECT_EQ(ingest_->refused("unknown_account"), 1);
}

TEST_F(HttpTest, OtherMethodsAreNotAllowedAndSayWhichAre) {
  auto client = ingest_->client();
  const std::vector<std::string> methods{"PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "HEAD", "BREW"};
  for (const auto& method : methods) {
    const auto response = client.send({.method = method, .target = "/callback/plain"});
    EXPECT_EQ(response.status, 405) << method;
    EXPECT_EQ(response.header("Allow"), "GET, POST") << method;
  }
  EXPECT_EQ(client.send(http(plain(1))).status, 200) << "on the same connection: HEAD had no body";
  EXPECT_EQ(ingest_->refused("method_not_allowed"), static_cast<double>(methods.size()));
}

TEST_F(HttpTest, ARequestNamesItsHostOnce) {
  EXPECT_EQ(status_of("GET /callback/plain HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET /callback/plain HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400);
  EXPECT_EQ(ingest_->refused("missing_host"), 2);
}

TEST_F(HttpTest, DuplicateQueryKeysAreRefused) {
  auto request = plain(1);
  request.query += "&nonce=99";
  EXPECT_EQ(ingest_->client().send(http(request)).status, 400);
  EXPECT_EQ(ingest_->callbacks("plain", "refused", "duplicate_parameter"), 1);
}

TEST_F(HttpTest, WhatIsNotHttpIsABadRequest) {
  for (const std::string garbage :
       {"hello\r\n\r\n", "GET /callback/plain HTTP/9.9\r\nHost: a\r\n\r\n", "GET  /callback/plain HTTP/1.1\r\n\r\n",
        "GET /callback/plain HTTP/1.1\r\nHost a\r\n\r\n",
        "POST /callback/plain HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "POST /callback/plain HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        "POST /callback/plain HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "GET /callback/plain HTTP/1.1\r\nHost: a\r\nX: \x01\x02\r\n\r\n"}) {
    EXPECT_EQ(status_of(garbage), 400) << garbage;
  }
  EXPECT_EQ(ingest_->refused("bad_request"), 8);
  // A TLS hello to a port without TLS.
  EXPECT_EQ(status_of(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15)), 400);
}

TEST_F(HttpTest, ALengthAndChunksAtOnceAreRefused) {
  // If a request can be read in two ways, it can be smuggled past a proxy.
  EXPECT_EQ(
      status_of("POST /callback/plain HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
                "0\r\n\r\nGET"),
      400);
  EXPECT_EQ(
      status_of("POST /callback/plain HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"),
      400);
  // Some readers end a chunk's extension at a blank, others don't.
  EXPECT_EQ(status_of("POST /callback/plain HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0;a= b\r\n\r\n"),
            400);
}

TEST_F(HttpTest, NothingBehindARequestOfAnotherCodingIsRead) {
  const auto smuggled = bytes(plain(1));
  double refused = 0;
  for (const std::string headers : {"Transfer-Encoding: gzip", "Transfer-Encoding: chunked, gzip",
                                    "Transfer-Encoding: xchunked", "Transfer-Encoding: identity",
                                    "Transfer-Encoding: \"chunked\"", "Transfer-Encoding:\r\n chunked", "X: a\r\n b"})
    for (const auto* version : {"1.1", "1.0"}) {
      auto client = ingest_->client();
      client.send_bytes(fmt::format("POST /callback/plain HTTP/{}\r\nHost: a\r\nConnection: keep-alive\r\n{}\r\n\r\n{}",
                                    version, headers, smuggled));
      const auto response = client.receive();
      EXPECT_EQ(response.status, 400) << headers;
      EXPECT_EQ(response.header("Connection"), "close") << headers;
      EXPECT_TRUE(client.closed_by_server()) << headers;
      ++refused;
    }
  EXPECT_EQ(ingest_->refused("bad_request"), refused);
  ingest_->stop();
  EXPECT_TRUE(events().empty());
}

TEST_F(HttpTest, AChunkExtensionOrTrailerWithoutEndIsCutOff) {
  const std::string head = "POST /callback/plain HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const auto* begun : {"1;", "0;", "0\r\nTrailer: "}) {
    auto client = ingest_->client();
    client.send_bytes(head + begun + std::string(17 << 10, 'x'));
    EXPECT_EQ(client.receive().status, 431) << begun;
    EXPECT_TRUE(client.closed_by_server()) << begun;
  }
  EXPECT_EQ(ingest_->refused("headers_too_large"), 3);
}

TEST_F(HttpTest, ABodyThatIsTooLargeIsRefusedAndItsSenderSeesWhy) {
  auto client = ingest_->client();
  const auto large = clear_request("plain", std::string(10 << 20, 'x'), kToken, now_text());
  EXPECT_EQ(client.send(http(large)).status, 413);
  EXPECT_TRUE(client.closed_by_server());
  auto fits = plain(1, std::string((1 << 20) - 600, 'x'));
  EXPECT_LT(fits.body.size(), 1u << 20);
  EXPECT_EQ(client.send(http(fits)).status, 200) << "a megabyte is allowed";
  // The same, without giving its length first.
  std::string chunks = "POST /callback/plain HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 40; ++i) chunks += "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
  EXPECT_EQ(status_of(chunks + "0\r\n\r\n"), 413);
  EXPECT_EQ(ingest_->refused("body_too_large"), 2);
}

TEST_F(HttpTest, HeadersThatAreTooLargeAreRefused) {
  auto client = ingest_->client();
  auto request = http(plain(1));
  request.headers.emplace_back("X-Padding", std::string(17 << 10, 'x'));
  EXPECT_EQ(client.send(request).status, 431);
  auto fits = http(plain(1));
  fits.headers.emplace_back("X-Padding", std::string(14 << 10, 'x'));
  EXPECT_EQ(client.send(fits).status, 200);
  auto long_query = http(plain(2));
  long_query.target += "&x=" + std::string(20 << 10, 'x');
  EXPECT_EQ(client.send(long_query).status, 431);
  EXPECT_EQ(ingest_->refused("headers_too_large"), 2);
}

TEST_F(ImpatientHttpTest, ARequestThatDoesNotBecomeCompleteIsTimedOut) {
  const auto whole = bytes(plain(1));
  for (const size_t so_far : {size_t{10}, whole.find("\r\n\r\n"), whole.size() - 1}) {
    auto client = ingest_->client();
    client.send_bytes(whole.substr(0, so_far));
    EXPECT_EQ(client.receive().status, 408) << so_far;
    EXPECT_TRUE(client.closed_by_server());
  }
  EXPECT_EQ(ingest_->refused("request_timeout"), 3);
}

TEST_F(ImpatientHttpTest, AnIdleConnectionEndsWithoutAWord) {
  auto client = ingest_->client();
  EXPECT_EQ(client.send(http(plain(1))).status, 200);
  EXPECT_TRUE(client.closed_by_server());
  auto silent = ingest_->client();
  silent.send_bytes("");
  EXPECT_TRUE(silent.closed_by_server());
  EXPECT_EQ(ingest_->refused("request_timeout"), 0);
}

TEST_F(HttpTest, AConnectionIsKeptForAsManyRequestsAsComeAndClosedWhenAsked) {
  auto client = ingest_->client();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(client.send(http(plain(i))).body, "success");
  EXPECT_EQ(ingest_->metric("wxpipe_open_connections"), 1);
  auto last = http(plain(100));
  last.headers.emplace_back("Connection", "close");
  EXPECT_EQ(client.send(last).header("Connection"), "close");
  EXPECT_TRUE(client.closed_by_server());
  EXPECT_EQ(eventually_equal([&] { return ingest_->metric("wxpipe_open_connections"); }, 0), 0);
}

TEST_F(HttpTest, RequestsSentAtOnceAreAnsweredOneByOneInOrder) {
  auto client = ingest_->client();
  auto stranger = plain(1);
  stranger.query[11] = stranger.query[11] == '0' ? '1' : '0';
  client.send_bytes(bytes(plain(1)) + bytes(stranger) + bytes(plain(2)) +
                    support::to_bytes({.method = "GET", .target = "/nowhere"}, "wxpipe") + bytes(plain(3)));
  std::vector<int> statuses;
  for (int i = 0; i < 5; ++i) statuses.push_back(client.receive().status);
  EXPECT_EQ(statuses, (std::vector{200, 401, 200, 404, 200}));
  ingest_->stop();
  EXPECT_EQ(events().size(), 3u);
}

TEST_F(HttpTest, ChunksAreTakenHoweverTheyAreCut) {
  const auto request = plain(1);
  auto client = ingest_->client();
  client.send_bytes("POST " + http(request).target + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (size_t i = 0; i < request.body.size(); i += 7) {
    const auto piece = request.body.substr(i, 7);
    client.send_bytes(fmt::format("{:x};extension=1\r\n{}\r\n", piece.size(), piece));
  }
  client.send_bytes("0\r\nTrailer: x\r\n\r\n");
  EXPECT_EQ(client.receive().body, "success");
  EXPECT_EQ(client.send(http(plain(2))).body, "success") << "and the connection goes on";
}

TEST_F(HttpTest, EveryByteMayComeAlone) {
  auto client = ingest_->client();
  for (const char byte : bytes(plain(1))) client.send_bytes({&byte, 1});
  EXPECT_EQ(client.receive().body, "success");
}

TEST_F(HttpTest, ASenderThatAsksIsToldToGoOn) {
  const auto request = plain(1);
  auto client = ingest_->client();
  client.send_bytes(fmt::format("POST {} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
                                http(request).target, request.body.size()));
  EXPECT_EQ(client.receive_interim().status, 100);
  client.send_bytes(request.body);
  EXPECT_EQ(client.receive().body, "success");
  // A client that doesn't wait must not get an interim answer, which it would take for the next answer.
  auto hasty = http(plain(2));
  hasty.headers.emplace_back("Expect", "100-continue");
  EXPECT_EQ(client.send(hasty).body, "success");
  EXPECT_EQ(client.send(http(plain(3))).body, "success");
}

TEST_F(HttpTest, OneThatIsTooLargeIsRefusedBeforeItIsSent) {
  auto client = ingest_->client();
  client.send_bytes(
      "POST /callback/plain HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5000000\r\n\r\n");
  EXPECT_EQ(client.receive().status, 413);
}

TEST_F(HttpTest, SpeaksHttp10) {
  const auto request = plain(1);
  auto client = ingest_->client();
  const auto head =
      fmt::format("POST {} HTTP/1.0\r\nContent-Length: {}\r\n", http(request).target, request.body.size());
  client.send_bytes(head + "\r\n" + request.body);
  EXPECT_EQ(client.receive().body, "success") << "without a Host";
  EXPECT_TRUE(client.closed_by_server());
  client.close();
  client.send_bytes(head + "Connection: keep-alive\r\n\r\n" + request.body);
  const auto response = client.receive();
  EXPECT_EQ(response.body, "success");
  EXPECT_EQ(response.header("Connection"), "keep-alive");
  client.send_bytes(head + "\r\n" + request.body);
  EXPECT_EQ(client.receive().body, "success");
}

TEST_F(HttpTest, AProxysAbsoluteTargetIsTheSameAddress) {
  auto request = http(plain(1));
  request.target = "http://hooks.example.com" + request.target;
  EXPECT_EQ(ingest_->client().send(request).body, "success");
}

TEST_F(HttpTest, ASenderThatHasSaidAllStillGetsItsAnswer) {
  auto client = ingest_->client();
  client.send_bytes(bytes(plain(1)));
  client.finish_sending();
  EXPECT_EQ(client.receive().body, "success");
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(HttpTest, ASenderThatGoesAwayCostsNothing) {
  const auto whole = bytes(plain(1));
  for (size_t cut = 1; cut < whole.size(); cut += 37) {
    auto client = ingest_->client();
    client.send_bytes(whole.substr(0, cut));
    if (cut % 2 == 0) client.finish_sending();
  }
  auto deaf = ingest_->client();
  deaf.send_bytes(whole);
  deaf.close();
  EXPECT_EQ(ingest_->client().send(http(plain(2))).body, "success");
  EXPECT_EQ(eventually_equal([&] { return ingest_->metric("wxpipe_open_connections"); }, 0), 0);
}

TEST_F(HttpTest, SlowAndSillySendersKeepNobodyWaiting) {
  std::vector<rig::Socket> slow;
  for (int i = 0; i < 200; ++i) {
    slow.push_back(rig::connected("127.0.0.1", ingest_->port()));
    support::send_all(slow.back(), i % 2
                                       ? "POST /callback/plain HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n<xml>"
                                       : "POST /call");
  }
  std::jthread noisy([&](std::stop_token stop) {
    while (!stop.stop_requested()) {
      EXPECT_EQ(status_of("nonsense\r\n\r\n"), 400);
      EXPECT_EQ(
          ingest_->client().send(http(clear_request("plain", std::string(2 << 20, 'x'), kToken, now_text()))).status,
          413);
    }
  });
  auto good = ingest_->client();
  steady_clock::duration longest{};
  for (int i = 0; i < 200; ++i) {
    const auto asked = steady_clock::now();
    ASSERT_EQ(good.send(http(plain(i))).body, "success");
    longest = std::max(longest, steady_clock::now() - asked);
  }
  EXPECT_LT(longest, 5s) << "the slow ones have ten";
}

TEST_F(HttpTest, ConnectionsBeyondTheLimitAreTurnedAwayWhileAllHaveARequestUnderWay) {
  std::list<HttpClient> open;
  for (int i = 0; i < 300; ++i) {
    open.emplace_back("127.0.0.1", ingest_->port());
    // The answer to the first request shows that the beginning of the next one has been read.
    open.back().send_bytes(support::to_bytes({.method = "GET", .target = "/nowhere"}, "wxpipe") + "POST /call");
    EXPECT_EQ(open.back().receive().status, 404);
  }
  EXPECT_EQ(ingest_->metric("wxpipe_open_connections"), 300);
  auto one_more = ingest_->client();
  one_more.send_bytes("");
  EXPECT_EQ(one_more.receive().status, 503);
  EXPECT_TRUE(one_more.closed_by_server());
  EXPECT_EQ(ingest_->refused("too_many_connections"), 1);
  open.clear();
  EXPECT_EQ(eventually_equal([&] { return ingest_->metric("wxpipe_open_connections"); }, 0), 0);
  EXPECT_EQ(ingest_->client().send(http(plain(1))).body, "success");
}

TEST_F(HttpTest, AdminAnswersHealthReadinessAndMetricsAndNothingElse) {
  auto admin = ingest_->admin();
  EXPECT_EQ(admin.get("/healthz").body, "ok\n");
  EXPECT_TRUE(eventually([&] { return admin.get("/readyz").status == 200; })) << admin.get("/readyz").body;
  const auto ready = admin.get("/readyz");
  EXPECT_EQ(ready.header("Content-Type"), "application/json");
  EXPECT_EQ(ready.body, "{\"ready\":true,\"parts\":{\"ingest\":{\"ready\":true},\"kafka\":{\"ready\":true}}}\n");
  EXPECT_EQ(ingest_->client().send(http(plain(1))).status, 200);
  EXPECT_THAT(admin.get("/metrics").body, HasSubstr("# TYPE wxpipe_callbacks_total counter"));
  EXPECT_THAT(admin.get("/metrics").header("Content-Type").value_or(""), HasSubstr("version=0.0.4"));
  for (const auto* path : {"/callback/plain", "/metricsx", "/readyz/x"}) EXPECT_EQ(admin.get(path).status, 404) << path;
  EXPECT_EQ(admin.post("/readyz", "x").status, 405);
  EXPECT_EQ(admin.send({.method = "HEAD", .target = "/healthz"}).status, 200);
  EXPECT_EQ(ingest_->client().get("/metrics").status, 404) << "not where the world can see it";
}

TEST_F(HttpTest, ReadinessSaysWhatIsMissing) {
  auto none = settings();
  none.kafka.topic_prefix = topics_->prefix() + "none.";
  RunningIngest ingest(none);
  EXPECT_TRUE(eventually([&] {
    const auto response = ingest.admin().get("/readyz");
    return response.status == 503 && response.body.find("topics apply") != std::string::npos;
  })) << ingest.readiness();
}

TEST_F(HttpTest, AnAddressThatIsTakenIsAUsageError) {
  auto taken = settings();
  const rig::Socket other = rig::listening(0);
  taken.ingest.listen.port = rig::local_port(other);
  telemetry::Metrics metrics;
  telemetry::Readiness readiness;
  const auto role = make_ingest_role({taken, metrics, readiness});
  EXPECT_THAT([&] { role->run({}); }, testing::ThrowsMessage<UsageError>(HasSubstr(
                                          fmt::format("can't listen on 127.0.0.1:{}", taken.ingest.listen.port))));
}

}  // namespace
}  // namespace wxpipe::ingest::test
