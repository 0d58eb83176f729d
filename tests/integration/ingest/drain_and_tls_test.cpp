// How ingest stops: requests under way are answered, and nobody waits long. And HTTPS with the test's own certificate.
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "ingest/http/tls.hpp"
#include "rig/kafka_gate.hpp"
#include "rig/socket.hpp"
#include "tests/integration/ingest/ingest_fixture.hpp"
#include "tests/support/certificate.hpp"

namespace wxpipe::ingest::test {
namespace {
using testing::HasSubstr;
using testing::ThrowsMessage;

class DrainTest : public IngestTest {};

TEST_F(DrainTest, WhatIsInHandIsAnsweredIdleConnectionsEndAndNewOnesAreRefused) {
  rig::KafkaGate gate(support::stack().kafka);
  auto waiting = settings();
  waiting.kafka.bootstrap_servers = gate.address();
  waiting.ingest.ack_budget = 1500ms;
  RunningIngest ingest(waiting);
  auto idle = ingest.client(), busy = ingest.client();
  ASSERT_EQ(idle.send(http(plain(0))).status, 200);
  gate.gate().freeze();
  busy.send_bytes(support::to_bytes(http(plain(1)), "wxpipe"));
  EXPECT_TRUE(eventually([&] { return ingest.metric("wxpipe_open_connections") == 2; }));
  ingest.ask_to_stop();
  EXPECT_TRUE(idle.closed_by_server());
  EXPECT_TRUE(eventually([&] {
    try {
      ingest.client().get("/");
      return false;
    } catch (const support::HttpError&) {
      return true;
    }
  }));
  EXPECT_FALSE(ingest.ended()) << "it still owes an answer";
  const auto answer = busy.receive();
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.header("Connection"), "close");
  EXPECT_TRUE(eventually([&] { return ingest.ended(); }));
}

TEST_F(DrainTest, ASenderThatNeverFinishesIsCutAfterTheDrainTime) {
  auto quick = settings();
  quick.ingest.drain_timeout = 500ms;
  RunningIngest ingest(quick);
  auto half = ingest.client();
  half.send_bytes("POST /callback/plain HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return ingest.metric("wxpipe_open_connections") == 1; }));
  const auto asked = steady_clock::now();
  ingest.stop();
  EXPECT_LT(steady_clock::now() - asked, 8s) << "the request itself would have ten";
  EXPECT_TRUE(half.closed_by_server());
}

TEST_F(DrainTest, EveryAnswerThatWasGivenWhileStoppingIsTrue) {
  RunningIngest ingest(settings());
  std::atomic<int> accepted = 0;
  std::vector<std::jthread> senders;
  for (int sender = 0; sender < 4; ++sender)
    senders.emplace_back([&, sender](std::stop_token stop) {
      try {
        auto client = ingest.client();
        for (int i = 0; !stop.stop_requested(); ++i)
          if (client.send(http(plain(sender * 100'000 + i))).status == 200) ++accepted;
      } catch (const support::HttpError&) {
        // Whether it has stopped.
      }
    });
  EXPECT_TRUE(eventually([&] { return accepted > 300; }));
  ingest.stop();
  senders.clear();
  EXPECT_GE(static_cast<int>(events().size()), accepted.load());
  std::set<std::string> ids;
  for (const auto& event : events()) ids.insert(event.msg_id);
  EXPECT_GE(static_cast<int>(ids.size()), accepted.load());
  EXPECT_LE(static_cast<int>(ids.size()), accepted.load() + 4) << "at most one each whose answer got lost";
}

using support::Ssl;
using support::SslContext;

class TlsTest : public IngestTest {
 protected:
  void make_certificate(const std::string& certificate_file, const std::string& key_file) const {
    support::make_certificate(folder_ / certificate_file, folder_ / key_file);
  }
  config::Settings secure() const {
    make_certificate("certificate.pem", "key.pem");
    auto secure = settings();
    secure.ingest.tls_certificate_file = folder_ / "certificate.pem";
    secure.ingest.tls_key_file = folder_ / "key.pem";
    return secure;
  }
  // A connection that trusts only the certificate that is in the file now.
  struct Secured {
    SslContext context;
    rig::Socket socket;
    Ssl ssl;
    bool established = false;

    std::string ask(const std::string& request) {
      if (!established) return "no handshake";
      SSL_write(ssl.get(), request.data(), static_cast<int>(request.size()));
      std::string answer(65536, '\0');
      size_t size = 0;
      for (int got; (got = SSL_read(ssl.get(), answer.data() + size, static_cast<int>(answer.size() - size))) > 0;) {
        size += static_cast<size_t>(got);
        const auto text = std::string_view(answer).substr(0, size);
        const auto head = text.find("\r\n\r\n");
        // Complete: "success" and the refusals have at least 7 characters
        if (head != std::string_view::npos && size >= head + 4 + 7) break;
      }
      return answer.substr(0, size);
    }
  };
  Secured connect(const RunningIngest& ingest, int most_version = TLS1_3_VERSION) const {
    Secured secured{SslContext(SSL_CTX_new(TLS_client_method())), rig::connected("127.0.0.1", ingest.port()), nullptr};
    SSL_CTX_set_max_proto_version(secured.context.get(), most_version);
    SSL_CTX_set_verify(secured.context.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_load_verify_locations(secured.context.get(), (folder_ / "certificate.pem").c_str(), nullptr);
    const timeval limit{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(secured.socket.handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    secured.ssl.reset(SSL_new(secured.context.get()));
    SSL_set_fd(secured.ssl.get(), secured.socket.handle());
    secured.established = SSL_connect(secured.ssl.get()) == 1;
    return secured;
  }
  // Sends one request on a connection of its own; returns the whole answer.
  std::string ask(const RunningIngest& ingest, const std::string& request, int most_version = TLS1_3_VERSION) const {
    auto secured = connect(ingest, most_version);
    auto answer = secured.ask(request);
    SSL_shutdown(secured.ssl.get());
    return answer;
  }
};

TEST_F(TlsTest, CallbacksComeByHttps) {
  RunningIngest ingest(secure());
  const auto request = support::to_bytes(http(plain(1)), "localhost");
  EXPECT_THAT(ask(ingest, request),
              testing::AllOf(HasSubstr("HTTP/1.1 200 OK\r\n"), testing::EndsWith("\r\n\r\nsuccess")));
  EXPECT_THAT(ask(ingest, request, TLS1_2_VERSION), testing::EndsWith("success"));
  EXPECT_EQ(ask(ingest, request, TLS1_1_VERSION), "no handshake") << "too old";
  EXPECT_THAT(ask(ingest, "PUT / HTTP/1.1\r\nHost: a\r\n\r\n"), HasSubstr(" 404 "));
}

TEST_F(TlsTest, WhoeverSpeaksPlainlyOrNotAtAllIsCutOffAndDisturbsNobody) {
  RunningIngest ingest(secure());
  auto silent = ingest.client();
  silent.send_bytes("");
  auto plainly = ingest.client();
  plainly.send_bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return ingest.metric("wxpipe_open_connections") <= 1; }))
      << "refused at the first bytes";
  EXPECT_THAT(ask(ingest, support::to_bytes(http(plain(1)), "localhost")), testing::EndsWith("success"));
  EXPECT_TRUE(silent.closed_by_server()) << "a handshake has five seconds";
}

TEST_F(TlsTest, FilesThatDoNotFitAreNamed) {
  telemetry::Metrics metrics;
  telemetry::Readiness readiness;
  auto wrong = secure();
  make_certificate("other.pem", "other-key.pem");
  wrong.ingest.tls_key_file = folder_ / "other-key.pem";
  EXPECT_THAT(
      [&] {
        make_ingest_role({wrong, metrics, readiness});
      },
      ThrowsMessage<UsageError>(HasSubstr("ingest.tls_key_file: " + wrong.ingest.tls_key_file)));
  wrong.ingest.tls_certificate_file = folder_ / "none.pem";
  EXPECT_THAT(
      [&] {
        make_ingest_role({wrong, metrics, readiness});
      },
      ThrowsMessage<UsageError>(HasSubstr("ingest.tls_certificate_file: " + wrong.ingest.tls_certificate_file)));
}

TEST_F(TlsTest, ANewCertificateIsTakenWhileOpenConnectionsGoOn) {
  RunningIngest ingest(secure());
  const auto request = support::to_bytes(http(plain(1)), "localhost");
  auto open = connect(ingest);
  ASSERT_THAT(open.ask(request), testing::EndsWith("success"));
  make_certificate("certificate.pem", "key.pem");
  ASSERT_EQ(ask(ingest, request), "no handshake") << "the old certificate is no longer trusted";
  EXPECT_TRUE(eventually([&] { return ask(ingest, request).ends_with("success"); }));
  EXPECT_THAT(open.ask(request), testing::EndsWith("success"));
}

class CertificatesTest : public testing::Test {
 protected:
  void SetUp() override { make(); }
  void make(const char* passphrase = nullptr) {
    support::make_certificate(settings_.tls_certificate_file, settings_.tls_key_file, passphrase);
  }
  // What look() logs in two looks: files must stand still for one.
  std::string look_twice(http::Certificates& certificates) {
    testing::internal::CaptureStderr();
    certificates.look();
    certificates.look();
    return testing::internal::GetCapturedStderr();
  }

  rig::TemporaryFolder folder_;
  config::IngestSettings settings_ = [this] {
    config::IngestSettings settings;
    settings.tls_certificate_file = folder_ / "certificate.pem";
    settings.tls_key_file = folder_ / "key.pem";
    return settings;
  }();
};

TEST_F(CertificatesTest, UnchangedFilesAreNotReadAgain) {
  http::Certificates certificates(settings_);
  const auto first = certificates.current();
  EXPECT_EQ(look_twice(certificates), "");
  EXPECT_EQ(certificates.current(), first);
}

TEST_F(CertificatesTest, AChangeIsTakenOnceItStandsStill) {
  http::Certificates certificates(settings_);
  const auto first = certificates.current();
  make();
  certificates.look();
  EXPECT_EQ(certificates.current(), first);
  make();
  certificates.look();
  EXPECT_EQ(certificates.current(), first) << "it has changed again";
  EXPECT_THAT(look_twice(certificates), HasSubstr("certificate_renewed"));
  EXPECT_NE(certificates.current(), first);
}

TEST_F(CertificatesTest, ABrokenCertificateKeepsTheOldOneAndIsLoggedOnce) {
  http::Certificates certificates(settings_);
  const auto first = certificates.current();
  folder_.write("certificate.pem", "-----BEGIN CERTIFICATE-----\nrubbish\n");
  EXPECT_THAT(look_twice(certificates),
              testing::AllOf(HasSubstr("certificate_kept"), HasSubstr(settings_.tls_certificate_file)));
  EXPECT_EQ(look_twice(certificates), "");
  EXPECT_EQ(certificates.current(), first);
  std::filesystem::remove(settings_.tls_certificate_file);
  EXPECT_THAT(look_twice(certificates), HasSubstr("certificate_kept"));
  EXPECT_EQ(certificates.current(), first);
  make();
  EXPECT_THAT(look_twice(certificates), HasSubstr("certificate_renewed"));
  EXPECT_NE(certificates.current(), first);
}

TEST_F(CertificatesTest, AKeyOfAnotherCertificateKeepsTheOldPair) {
  http::Certificates certificates(settings_);
  const auto first = certificates.current();
  support::make_certificate(folder_ / "other.pem", settings_.tls_key_file);
  EXPECT_THAT(look_twice(certificates),
              testing::AllOf(HasSubstr("certificate_kept"), HasSubstr(settings_.tls_key_file)));
  EXPECT_EQ(certificates.current(), first);
}

TEST_F(CertificatesTest, AKeyWithAPassphraseIsAnErrorAndNobodyIsAsked) {
  http::Certificates certificates(settings_);
  const auto first = certificates.current();
  make("open sesame");
  EXPECT_THAT([&] { http::make_tls(settings_); },
              ThrowsMessage<UsageError>(testing::AllOf(HasSubstr("ingest.tls_key_file: " + settings_.tls_key_file),
                                                       HasSubstr("passphrase"), HasSubstr("openssl pkey"))));
  EXPECT_THAT(look_twice(certificates), testing::AllOf(HasSubstr("certificate_kept"), HasSubstr("passphrase")));
  EXPECT_EQ(certificates.current(), first);
}

}  // namespace
}  // namespace wxpipe::ingest::test
