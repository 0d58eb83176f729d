// The client against servers that behave, are slow, lie, send too much or have the wrong certificate.
#include "common/http/client.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <atomic>
#include <functional>
#include <future>
#include <vector>

#include "rig/temporary_folder.hpp"
#include "tests/support/certificate.hpp"
#include "tests/support/local_server.hpp"

namespace wxpipe::http {
namespace {
using namespace std::chrono_literals;
using rig::Socket;
using std::chrono::steady_clock;
using support::LocalServer;
using support::receive_some;
using support::send_all;
using testing::HasSubstr;

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

Url at(uint16_t port, const char* scheme = "http", const char* host = "127.0.0.1") {
  return *parse_url(fmt::format("{}://{}:{}", scheme, host, port));
}

// Why the request failed; keeps the error's text.
struct Failed {
  std::optional<Failure> why;
  std::string what;
  explicit Failed(const std::function<void()>& ask) {
    try {
      ask();
    } catch (const Error& error) {
      why = error.failure;
      what = error.what();
    }
  }
};

std::string receive_request(const Socket& socket) {
  std::string request;
  while (request.find("\r\n\r\n") == std::string::npos) {
    const auto some = receive_some(socket);
    if (some.empty()) break;
    request += some;
  }
  return request;
}
// Says nothing until the client is gone.
void be_silent(const Socket& socket) {
  while (!receive_some(socket).empty()) {
  }
}

TEST(HttpRequest, IsWrittenWithHostAndLength) {
  EXPECT_EQ(to_bytes({.target = "/a?b=c"}, "h:1"), "GET /a?b=c HTTP/1.1\r\nHost: h:1\r\n\r\n");
  EXPECT_EQ(to_bytes({.method = "POST", .headers = {{"host", "other"}, {"X", "1"}}, .body = "ab"}, "h:1"),
            "POST / HTTP/1.1\r\nContent-Length: 2\r\nhost: other\r\nX: 1\r\n\r\nab");
}

TEST(HttpClient, SendsARequestBehindTheUrlsPathAndReadsTheAnswer) {
  std::string request;
  LocalServer server([&](Socket& socket) {
    request = receive_request(socket);
    send_all(socket,
             "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\nContent-Length: 2\r\nX-Thing:  y\r\n\r\nok");
  });
  auto url = at(server.port());
  url.prefix = "/hooks";
  Client client(url);
  const auto response = client.post("/x", "hello");
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(response.body, "ok");
  EXPECT_EQ(response.header("x-thing"), "y");
  EXPECT_EQ(request,
            fmt::format("POST /hooks/x HTTP/1.1\r\nHost: {}\r\nContent-Length: 5\r\n\r\nhello", url.authority));
}

TEST(HttpClient, KeepsTheConnection) {
  std::atomic<int> connections{0};
  LocalServer server([&](Socket& socket) {
    ++connections;
    while (!receive_request(socket).empty()) send_all(socket, kOk);
  });
  {
    Client client(at(server.port()));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(client.get("/").body, "ok");
  }
  EXPECT_EQ(connections, 1);
}

TEST(HttpClient, ReadsABodyThatEndsWithTheConnectionAndOpensAnother) {
  std::atomic<int> connections{0};
  LocalServer server([&](Socket& socket) {
    receive_request(socket);
    send_all(socket, ++connections == 1 ? "HTTP/1.0 200 OK\r\n\r\nto the end" : kOk);
  });
  Client client(at(server.port()));
  EXPECT_EQ(client.get("/").body, "to the end");
  EXPECT_EQ(client.get("/").body, "ok");
  EXPECT_EQ(client.get("/").body, "ok") << "the server has closed the idle one";
}

TEST(HttpClient, AsksOnceMoreWhereTheServerEndedAConnectionThatItHadKept) {
  // The server answers once per connection, and closes it when the next request has come.
  std::atomic<int> requests{0};
  LocalServer server([&](Socket& socket) {
    requests += !receive_request(socket).empty();
    send_all(socket, kOk);
    requests += !receive_request(socket).empty();
  });
  {
    Client client(at(server.port()));
    EXPECT_EQ(client.get("/").body, "ok");
    EXPECT_EQ(client.get("/").body, "ok");
    EXPECT_EQ(Failed([&] { client.post("/", "order"); }).why, Failure::broken) << "it may have arrived";
    EXPECT_EQ(client.get("/").body, "ok");
  }
  EXPECT_EQ(requests, 5);
}

TEST(HttpClient, GivesUpOnSilence) {
  LocalServer server(be_silent);
  Client client(at(server.port()), {.request = 200ms});
  const auto asked = steady_clock::now();
  const Failed failed([&] { client.get("/"); });
  EXPECT_EQ(failed.why, Failure::timed_out);
  EXPECT_THAT(failed.what, HasSubstr("waiting for an answer: not done in time"));
  EXPECT_GE(steady_clock::now() - asked, 200ms);
}

TEST(HttpClient, GivesUpOnAnAnswerThatTrickles) {
  // A byte every millisecond or so, forever: no single wait is long.
  LocalServer server([](Socket& socket) {
    receive_request(socket);
    send_all(socket, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    pollfd gone{.fd = socket.handle(), .events = POLLIN, .revents = 0};
    while (::poll(&gone, 1, 1) == 0) send_all(socket, "x");
  });
  Client client(at(server.port()), {.request = 200ms});
  const auto asked = steady_clock::now();
  EXPECT_EQ(Failed([&] { client.get("/"); }).why, Failure::timed_out);
  EXPECT_GE(steady_clock::now() - asked, 200ms);
}

TEST(HttpClient, GivesUpOnAServerThatTakesNothing) {
  std::promise<void> asked;
  LocalServer server([&](Socket&) { asked.get_future().wait(); });
  Client client(at(server.port()), {.request = 300ms});
  const Failed failed([&] { client.post("/", std::string(16 << 20, 'x')); });
  asked.set_value();
  EXPECT_EQ(failed.why, Failure::timed_out);
  EXPECT_THAT(failed.what, HasSubstr("sending"));
}

TEST(HttpClient, GivesUpOnConnecting) {
  // The queue is full: the system accepts no more connections.
  const Socket full = rig::bound(0);
  ASSERT_EQ(::listen(full.handle(), 0), 0);
  std::vector<Socket> waiting;
  for (int i = 0; i < 4; ++i) waiting.push_back(rig::connecting("127.0.0.1", rig::local_port(full)));
  Client client(at(rig::local_port(full)), {.connect = 200ms, .request = 1min});
  const Failed failed([&] { client.get("/"); });
  EXPECT_EQ(failed.why, Failure::timed_out);
  EXPECT_THAT(failed.what, HasSubstr("connecting"));

  LocalServer silent(be_silent);
  Client no_handshake(at(silent.port(), "https"), {.connect = 200ms, .request = 1min});
  EXPECT_THAT(Failed([&] { no_handshake.get("/"); }).what, HasSubstr("TLS handshake: not done in time"));
}

TEST(HttpClient, TellsWhatIsWrongWithTheOtherSide) {
  const Socket nobody = rig::bound(0);
  EXPECT_EQ(Failed([&] { Client(at(rig::local_port(nobody))).get("/"); }).why, Failure::unreachable);
  for (const auto& [said, why] : {std::pair{"SSH-2.0-OpenSSH\r\n\r\n", Failure::malformed},
                                  {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", Failure::broken},
                                  {"", Failure::broken}}) {
    LocalServer server([answer = std::string(said)](Socket& socket) {
      receive_request(socket);
      send_all(socket, answer);
    });
    EXPECT_EQ(Failed([&] { Client(at(server.port())).get("/"); }).why, why) << said;
  }
}

TEST(HttpClient, RefusesAnAnswerThatIsTooLarge) {
  for (const auto* framing : {"Content-Length: 101\r\n", "Transfer-Encoding: chunked\r\n", ""}) {
    LocalServer server([head = fmt::format("HTTP/1.1 200 OK\r\n{}\r\n", framing)](Socket& socket) {
      receive_request(socket);
      send_all(socket, head + "65\r\n" + std::string(101, 'x') + "\r\n0\r\n\r\n");
    });
    Client client(at(server.port()), {.most_body_bytes = 100});
    EXPECT_EQ(Failed([&] { client.get("/"); }).why, Failure::too_large) << framing;
  }
}

// A TLS server on "localhost"; its certificate is in the folder. It can also stand behind a proxy.
class TlsServer {
 public:
  TlsServer() {
    support::make_certificate(certificate(), folder_ / "key.pem");
    SSL_CTX_use_certificate_file(context_.get(), certificate().c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(context_.get(), (folder_ / "key.pem").c_str(), SSL_FILETYPE_PEM);
  }
  std::string certificate() const { return folder_ / "certificate.pem"; }
  void serve(const Socket& socket) const {
    const support::Ssl ssl(SSL_new(context_.get()));
    SSL_set_fd(ssl.get(), socket.handle());
    if (SSL_accept(ssl.get()) != 1) return;
    char request[4096];
    while (SSL_read(ssl.get(), request, sizeof request) > 0)
      SSL_write(ssl.get(), kOk.data(), static_cast<int>(kOk.size()));
  }

 private:
  rig::TemporaryFolder folder_;
  support::SslContext context_{SSL_CTX_new(TLS_server_method())};
};

TEST(HttpClient, SpeaksTlsToWhomItTrustsAndToNobodyElse) {
  const TlsServer tls;
  std::atomic<int> connections{0};
  LocalServer server([&](Socket& socket) {
    ++connections;
    tls.serve(socket);
  });
  const auto localhost = at(server.port(), "https", "localhost");
  {
    Client client(localhost, {.ca_file = tls.certificate()});
    EXPECT_EQ(client.get("/").body, "ok");
    EXPECT_EQ(client.get("/").body, "ok");
    EXPECT_EQ(connections, 1) << "kept";
  }
  const auto ask = [](const Url& url, const Options& options) {
    return Failed([&] { Client(url, options).get("/"); }).why;
  };
  const auto by_address = at(server.port(), "https");
  EXPECT_EQ(ask(by_address, {.ca_file = tls.certificate()}), Failure::untrusted) << "another name";
  EXPECT_EQ(ask(localhost, {}), Failure::untrusted) << "nobody vouches for it";
  EXPECT_EQ(ask(by_address, {.verify = false}), std::nullopt);
  EXPECT_THROW(Client(localhost, {.ca_file = "/no/such/file"}), UsageError);

  LocalServer plain([](Socket& socket) {
    receive_some(socket);
    send_all(socket, "HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  EXPECT_EQ(ask(at(plain.port(), "https", "localhost"), {}), Failure::handshake);
}

TEST(HttpClient, AsksAProxyWithTheWholeUrl) {
  std::vector<std::string> requests;
  LocalServer proxy([&](Socket& socket) {
    for (auto request = receive_request(socket); !request.empty(); request = receive_request(socket)) {
      requests.push_back(request);
      send_all(socket, kOk);
    }
  });
  {
    Client client(*parse_url("http://hooks.example/wx"), {.proxy = at(proxy.port())});
    EXPECT_EQ(client.get("/a?b").body, "ok");
    EXPECT_EQ(client.get("/c").body, "ok");
  }
  EXPECT_EQ(requests,
            (std::vector<std::string>{"GET http://hooks.example/wx/a?b HTTP/1.1\r\nHost: hooks.example\r\n\r\n",
                                      "GET http://hooks.example/wx/c HTTP/1.1\r\nHost: hooks.example\r\n\r\n"}));
}

TEST(HttpClient, GoesThroughAProxyToTls) {
  const TlsServer tls;
  std::string asked, answer = "HTTP/1.1 200 Connection established\r\n\r\n";
  LocalServer proxy([&](Socket& socket) {
    asked = receive_request(socket);
    send_all(socket, answer);
    tls.serve(socket);
  });
  const auto localhost = *parse_url("https://localhost");
  Options options{.proxy = at(proxy.port()), .ca_file = tls.certificate()};
  EXPECT_EQ(Client(localhost, options).get("/").body, "ok");
  EXPECT_EQ(asked, "CONNECT localhost:443 HTTP/1.1\r\nHost: localhost:443\r\n\r\n");

  const Failed other_name([&] { Client(*parse_url("https://hooks.example"), options).get("/"); });
  EXPECT_EQ(other_name.why, Failure::untrusted) << "the proxy isn't the server";
  answer = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
  const Failed forbidden([&] { Client(localhost, options).get("/"); });
  EXPECT_EQ(forbidden.why, Failure::unreachable);
  EXPECT_THAT(forbidden.what, HasSubstr("status 403"));
  answer.clear();
  options.connect = 200ms;
  EXPECT_EQ(Failed([&] { Client(localhost, options).get("/"); }).why, Failure::timed_out) << "it says nothing";
}

}  // namespace
}  // namespace wxpipe::http
