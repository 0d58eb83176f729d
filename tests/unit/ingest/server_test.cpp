// Connections to the callbacks' port: who gets one when there are not enough. Without a broker, because nothing here
// has to be kept.
#include "ingest/http/server.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <thread>

#include "rig/eventually.hpp"
#include "tests/support/local_server.hpp"
#include "tests/support/metric_value.hpp"
#include "tests/support/no_descriptors.hpp"
#include "tests/unit/ingest/platform_side.hpp"

namespace wxpipe::ingest::http {
namespace {
namespace asio = boost::asio;
using namespace std::chrono_literals;

// A client at an address of its own: all of 127.0.0.0/8 is this machine.
class Sender {
 public:
  explicit Sender(const char* address) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const auto from = endpoint(address, 0);
    if (::bind(socket_.handle(), reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0)
      throw std::system_error(errno, std::generic_category(), address);
    const timeval patience{.tv_sec = rig::kPatience.count(), .tv_usec = 0};
    ::setsockopt(socket_.handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }

  void connect(uint16_t port) {
    const auto to = endpoint("127.0.0.1", port);
    if (::connect(socket_.handle(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
      throw std::system_error(errno, std::generic_category(), "connect");
  }
  // The status that is answered; 0: the connection was closed instead.
  int ask() {
    support::send_all(socket_, "GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n");
    return status();
  }
  int status() {
    const auto answer = support::receive_some(socket_);
    return answer.size() < 12 ? 0 : std::stoi(answer.substr(9, 3));
  }
  void begin_request() { support::send_all(socket_, "POST /call"); }

 private:
  static sockaddr_in endpoint(const char* address, uint16_t port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_port = htons(port);
    ::inet_pton(AF_INET, address, &out.sin_addr);
    return out;
  }

  rig::Socket socket_;
};

class RunningServer {
 public:
  explicit RunningServer(const config::IngestSettings& settings) : settings_(settings) {
    server_.start();
    thread_ = std::thread([this] { io_.run(); });
    pollfd dialled{.fd = silent_broker_.handle(), .events = POLLIN, .revents = 0};
    ::poll(&dialled, 1, 30'000);  // from now on, the producer opens and closes nothing
  }
  ~RunningServer() {
    asio::post(io_, [this] { server_.abort(); });
    rig::eventually([&] { return shared_.connections == 0; });
    io_.stop();
    thread_.join();
  }

  Sender connected(const char* address) const {
    Sender sender(address);
    sender.connect(server_.port());
    return sender;
  }
  uint16_t port() const { return server_.port(); }
  double metric(const std::string& name) const { return support::metric_value(metrics_.exposition(), name); }
  // Its connections as they are when all that was sent so far has been read.
  bool has_connections(double count) const {
    return rig::eventually([&] { return metric("wxpipe_open_connections") == count; });
  }
  double turned_away() const {
    return metric("wxpipe_callbacks_total{account=\"\",outcome=\"refused\",reason=\"too_many_connections\"}");
  }

 private:
  const config::IngestSettings settings_;
  const rig::Socket silent_broker_ = rig::listening(0);
  const config::KafkaSettings kafka_{.bootstrap_servers = fmt::format("127.0.0.1:{}", rig::local_port(silent_broker_)),
                                     .properties = {}};
  telemetry::Metrics metrics_;
  const std::shared_ptr<const AccountBook> accounts_ =
      std::make_shared<const AccountBook>(test::book({test::account("official_account")}));
  Receipts receipts_{"edge", system_clock().now()};
  DeadLetterLimit dead_letter_limit_{0};
  Refusals refusals_;
  asio::io_context io_{1};
  Delivery delivery_{io_, kafka_, nullptr, nullptr};
  Receiver receiver_{accounts_, settings_, receipts_, dead_letter_limit_, refusals_, delivery_, metrics_};
  Certificates certificates_{settings_};  // none: plain HTTP
  ServerShared shared_{settings_, system_clock(), metrics_, certificates_, {}};
  Server server_{io_, shared_, receiver_, 0};
  std::thread thread_;
};

config::IngestSettings limits(size_t of_all, size_t of_an_address, std::vector<std::string> proxies = {}) {
  config::IngestSettings settings;
  settings.listen = {"127.0.0.1", 0};
  settings.max_connections = of_all;
  settings.max_connections_per_address = of_an_address;
  settings.proxies = std::move(proxies);
  return settings;
}

TEST(Server, OneAddressCannotTakeAllConnections) {
  RunningServer server(limits(100, 3));
  std::vector<Sender> slow;
  for (int i = 0; i < 3; ++i) {
    slow.push_back(server.connected("127.0.0.2"));
    EXPECT_EQ(slow.back().ask(), 404);
    slow.back().begin_request();
  }
  auto other = server.connected("127.0.0.3");
  EXPECT_EQ(other.ask(), 404) << "so the server has read the slow ones too";
  EXPECT_EQ(server.connected("127.0.0.2").status(), 503);
  EXPECT_EQ(server.turned_away(), 1);
  EXPECT_EQ(server.connected("127.0.0.4").ask(), 404);
  slow.pop_back();
  EXPECT_TRUE(server.has_connections(3));
  EXPECT_EQ(server.connected("127.0.0.2").ask(), 404);
}

TEST(Server, OfAnAddressThatIsFullTheLongestIdleMakesRoom) {
  RunningServer server(limits(100, 3));
  auto other = server.connected("127.0.0.3");
  EXPECT_EQ(other.ask(), 404);
  auto a = server.connected("127.0.0.2"), b = server.connected("127.0.0.2"), c = server.connected("127.0.0.2");
  for (auto* sender : {&a, &b, &c, &a}) EXPECT_EQ(sender->ask(), 404);
  auto d = server.connected("127.0.0.2");
  EXPECT_EQ(d.ask(), 404);
  EXPECT_EQ(b.status(), 0) << "it was idle the longest";
  for (auto* sender : {&other, &a, &c, &d}) EXPECT_EQ(sender->ask(), 404);
  EXPECT_EQ(server.turned_away(), 0);
}

TEST(Server, AProxyMayHaveAllConnections) {
  RunningServer server(limits(100, 1, {"127.0.0.8/30"}));
  std::vector<Sender> through_proxy;
  for (int i = 0; i < 20; ++i) through_proxy.push_back(server.connected("127.0.0.9"));
  for (auto& sender : through_proxy) EXPECT_EQ(sender.ask(), 404);
  EXPECT_TRUE(server.has_connections(20));
}

TEST(Server, AnAddressMayHaveAQuarterOfAllUnlessTheSettingSaysOtherwise) {
  RunningServer server(limits(8, 0));
  auto a = server.connected("127.0.0.2"), b = server.connected("127.0.0.2");
  EXPECT_EQ(a.ask(), 404);
  EXPECT_EQ(b.ask(), 404);
  EXPECT_EQ(server.connected("127.0.0.2").ask(), 404);
  EXPECT_EQ(a.status(), 0);
}

TEST(Server, WhenAllConnectionsAreTakenTheLongestIdleMakesRoom) {
  RunningServer server(limits(3, 3));
  auto a = server.connected("127.0.0.2"), b = server.connected("127.0.0.3"), c = server.connected("127.0.0.4");
  for (auto* sender : {&a, &b, &c}) EXPECT_EQ(sender->ask(), 404);
  a.begin_request();
  EXPECT_EQ(c.ask(), 404) << "so the server has read that too";
  EXPECT_EQ(server.connected("127.0.0.5").ask(), 404);
  EXPECT_EQ(b.status(), 0);
  EXPECT_EQ(c.ask(), 404);
}

TEST(Server, WithoutDescriptorsTheLongestIdleMakesRoomAndItIsSaidOnce) {
  RunningServer server(limits(1000, 1000));
  std::vector<Sender> idle;
  for (int i = 0; i < 20; ++i) {
    idle.push_back(server.connected("127.0.0.2"));
    EXPECT_EQ(idle.back().ask(), 404);
  }
  std::vector<Sender> late;
  for (int i = 0; i < 5; ++i) late.emplace_back("127.0.0.3");
  testing::internal::CaptureStderr();
  {
    const support::NoDescriptors none;
    for (auto& sender : late) {
      sender.connect(server.port());
      EXPECT_EQ(sender.ask(), 404);
    }
  }
  const std::string log = testing::internal::GetCapturedStderr();
  for (size_t i = 0; i < late.size(); ++i) EXPECT_EQ(idle[i].status(), 0);
  for (size_t i = late.size() + 1; i < idle.size(); ++i) EXPECT_EQ(idle[i].ask(), 404) << "one is closed for the next";
  const auto said = log.find("event=accept_failed");
  EXPECT_NE(said, std::string::npos);
  EXPECT_EQ(log.find("event=accept_failed", said + 1), std::string::npos) << log;
}

}  // namespace
}  // namespace wxpipe::ingest::http
