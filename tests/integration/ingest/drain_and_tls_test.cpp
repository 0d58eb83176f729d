// How ingest ends, with what is in hand answered and nobody waiting long; and HTTPS by a certificate of the test's own.
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "tests/integration/ingest/ingest_fixture.hpp"
#include "tests/support/kafka_gate.hpp"

namespace wxpipe::ingest::test {
namespace {
using testing::HasSubstr;
using testing::ThrowsMessage;

class DrainTest : public IngestTest {};

TEST_F(DrainTest, WhatIsInHandIsAnsweredIdleConnectionsEndAndNewOnesAreRefused) {
  support::KafkaGate gate(support::stack().kafka);
  auto waiting = settings();
  waiting.kafka.bootstrap_servers = gate.address();
  waiting.ingest.ack_budget = 1500ms;
  RunningIngest ingest(waiting);
  auto idle = ingest.client(), busy = ingest.client();
  ASSERT_EQ(idle.send(http(plain(0))).status, 200);
  gate.gate().freeze();
  busy.send_bytes(rig::to_bytes(http(plain(1)), "wxpipe"));
  EXPECT_TRUE(eventually([&] { return ingest.metric("wxpipe_open_connections") == 2; }));
  ingest.ask_to_stop();
  EXPECT_TRUE(idle.closed_by_server());
  EXPECT_TRUE(eventually([&] {
    try {
      ingest.client().get("/");
      return false;
    } catch (const rig::HttpError&) {
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
  EXPECT_LT(steady_clock::now() - asked, 3s);
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
      } catch (const rig::HttpError&) {
        // It stopped.
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

template <class T, void (*destroy)(T*)>
struct Destroy {
  void operator()(T* handle) const { destroy(handle); }
};
using Key = std::unique_ptr<EVP_PKEY, Destroy<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Destroy<X509, X509_free>>;
using SslContext = std::unique_ptr<SSL_CTX, Destroy<SSL_CTX, SSL_CTX_free>>;
using Ssl = std::unique_ptr<SSL, Destroy<SSL, SSL_free>>;

class TlsTest : public IngestTest {
 protected:
  // A key and a certificate that it signed itself, as files.
  void make_certificate(const std::string& certificate_file, const std::string& key_file) const {
    const Key key(EVP_EC_gen("P-256"));
    const Certificate certificate(X509_new());
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    auto* name = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1, -1,
                               0);
    X509_set_issuer_name(certificate.get(), name);
    ASSERT_NE(X509_sign(certificate.get(), key.get(), EVP_sha256()), 0);
    auto* file = std::fopen((folder_ / certificate_file).c_str(), "w");
    ASSERT_EQ(PEM_write_X509(file, certificate.get()), 1);
    std::fclose(file);
    file = std::fopen((folder_ / key_file).c_str(), "w");
    ASSERT_EQ(PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr), 1);
    std::fclose(file);
  }
  config::Settings secure() const {
    make_certificate("certificate.pem", "key.pem");
    auto secure = settings();
    secure.ingest.tls_certificate_file = folder_ / "certificate.pem";
    secure.ingest.tls_key_file = folder_ / "key.pem";
    return secure;
  }
  // One request over TLS that trusts only our certificate; the whole answer.
  std::string ask(const RunningIngest& ingest, const std::string& request, int most_version = TLS1_3_VERSION) const {
    const SslContext context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_max_proto_version(context.get(), most_version);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_load_verify_locations(context.get(), (folder_ / "certificate.pem").c_str(), nullptr);
    const rig::Socket socket = rig::connected("127.0.0.1", ingest.port());
    const timeval limit{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(socket.handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    const Ssl ssl(SSL_new(context.get()));
    SSL_set_fd(ssl.get(), socket.handle());
    if (SSL_connect(ssl.get()) != 1) return "no handshake";
    SSL_write(ssl.get(), request.data(), static_cast<int>(request.size()));
    std::string answer(65536, '\0');
    size_t size = 0;
    for (int got; (got = SSL_read(ssl.get(), answer.data() + size, static_cast<int>(answer.size() - size))) > 0;) {
      size += static_cast<size_t>(got);
      const auto text = std::string_view(answer).substr(0, size);
      const auto head = text.find("\r\n\r\n");
      if (head != std::string_view::npos && size >= head + 4 + 7) break;  // "success" and the reasons are no shorter
    }
    SSL_shutdown(ssl.get());
    return answer.substr(0, size);
  }
};

TEST_F(TlsTest, CallbacksComeByHttps) {
  RunningIngest ingest(secure());
  const auto request = rig::to_bytes(http(plain(1)), "localhost");
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
  EXPECT_THAT(ask(ingest, rig::to_bytes(http(plain(1)), "localhost")), testing::EndsWith("success"));
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

}  // namespace
}  // namespace wxpipe::ingest::test
