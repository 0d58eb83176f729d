// The admin port is for everybody who may see it, so nobody may use it up, and no web page may read it.
#include "common/telemetry/admin_server.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <ctime>

#include "tests/support/http_client.hpp"
#include "tests/support/local_server.hpp"
#include "tests/support/no_descriptors.hpp"

namespace wxpipe::telemetry {
namespace {
using namespace std::chrono_literals;

config::AdminSettings settings() {
  config::AdminSettings settings;
  settings.listen = {"127.0.0.1", 0};
  settings.hosts = {"admin.example"};
  return settings;
}

class AdminServerTest : public ::testing::Test {
 protected:
  support::HttpClient client() const { return {"127.0.0.1", admin_.port()}; }
  int status_for(const std::string& host_line, const std::string& version = "1.1") const {
    auto one = client();
    one.send_bytes("GET /healthz HTTP/" + version + "\r\n" + host_line + "\r\n");
    return one.receive().status;
  }

  Metrics metrics_;
  Readiness readiness_;
  const AdminServer admin_{settings(), metrics_, readiness_};
};

// A page that a browser shows can have its own name point to this machine, and then read the answers.
TEST_F(AdminServerTest, AnswersOnlyToItsOwnNames) {
  for (const auto* host : {"localhost", "LocalHost:9464", "localhost.", "127.0.0.1", "10.1.2.3:9464", "[::1]:9464",
                           "admin.example", "Admin.Example:80"})
    EXPECT_EQ(status_for("Host: " + std::string(host) + "\r\n"), 200) << host;
  for (const auto* host : {"evil.example", "localhost.evil.example", "evil.example:9464", "127.0.0.1.evil.example",
                           "admin.example.evil.example", "[evil]", "", "["})
    EXPECT_EQ(status_for("Host: " + std::string(host) + "\r\n"), 421) << host;
  EXPECT_EQ(status_for("Host: localhost\r\nHost: evil.example\r\n"), 421);
  EXPECT_EQ(status_for("", "1.0"), 200) << "a probe that names nobody is no browser";
}

TEST_F(AdminServerTest, ANewConnectionTakesThePlaceOfTheOneAnsweredTheLongestAgo) {
  auto scraper = client();
  auto silent = client();
  silent.send_bytes("GET ");
  std::vector<rig::Socket> idle;
  for (int i = 0; i < 98; ++i) idle.push_back(rig::connected("127.0.0.1", admin_.port()));
  EXPECT_EQ(scraper.get("/healthz").status, 200);
  EXPECT_EQ(client().get("/healthz").status, 200) << "the 101st";
  EXPECT_TRUE(silent.closed_by_server());
  for (int i = 0; i < 99; ++i) {
    idle.push_back(rig::connected("127.0.0.1", admin_.port()));
    EXPECT_EQ(scraper.get("/healthz").status, 200) << "after " << i;
  }
}

std::chrono::nanoseconds cpu_time() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

TEST_F(AdminServerTest, WaitsForADescriptorWithoutUsingUpACore) {
  const rig::Socket waiting(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  pollfd answer{.fd = waiting.handle(), .events = POLLIN, .revents = 0};
  testing::internal::CaptureStderr();
  {
    const support::NoDescriptors none;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(admin_.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::connect(waiting.handle(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    support::send_all(waiting, "GET /healthz HTTP/1.0\r\n\r\n");
    const auto before = cpu_time();
    EXPECT_EQ(::poll(&answer, 1, 600), 0) << "there is a descriptor left";
    EXPECT_LT(cpu_time() - before, 100ms);
  }
  EXPECT_EQ(::poll(&answer, 1, 30'000), 1);
  EXPECT_TRUE(support::receive_some(waiting).starts_with("HTTP/1.0 200"));
  const std::string log = testing::internal::GetCapturedStderr();
  const auto said = log.find("event=accept_failed");
  EXPECT_NE(said, std::string::npos);
  EXPECT_EQ(log.find("event=accept_failed", said + 1), std::string::npos) << "once is enough";
}

TEST(AcceptTrouble, IsSaidOnceAMinuteWithTheNumberLeftOut) {
  AcceptTrouble trouble("admin.listen");
  const std::chrono::steady_clock::time_point now{1h};
  testing::internal::CaptureStderr();
  for (int i = 0; i < 5; ++i) trouble.say("Too many open files", now + i * 10s);
  trouble.say("Too many open files", now + 60s);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 2) << log;
  EXPECT_NE(log.find("times_before=0"), std::string::npos) << log;
  EXPECT_NE(log.find("times_before=4"), std::string::npos) << log;
}

}  // namespace
}  // namespace wxpipe::telemetry
