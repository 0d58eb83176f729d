#include "rig/tcp_gate.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

#include "rig/eventually.hpp"
#include "tests/support/local_server.hpp"

namespace wxpipe::rig {
namespace {
using namespace std::chrono_literals;
using support::LocalServer;
using support::receive_some;
using support::send_all;

class TcpGateTest : public testing::Test {
 protected:
  Socket client() {
    Socket socket = connected("127.0.0.1", gate_.port());
    const timeval limit{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(socket.handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return socket;
  }
  static std::string ask(const Socket& socket, const std::string& text) {
    send_all(socket, text);
    return receive_some(socket);
  }
  static bool silent(const Socket& socket, std::chrono::milliseconds patience) {
    pollfd ready{.fd = socket.handle(), .events = POLLIN, .revents = 0};
    return ::poll(&ready, 1, static_cast<int>(patience.count())) == 0;
  }
  static bool is_reset(const Socket& socket) {
    char byte;
    return ::recv(socket.handle(), &byte, 1, 0) < 0 && errno == ECONNRESET;
  }

  std::atomic<size_t> received_ = 0;  // received by the server
  LocalServer server_{[this](Socket& socket) {
    for (auto bytes = receive_some(socket); !bytes.empty(); bytes = receive_some(socket)) {
      received_ += bytes.size();
      send_all(socket, bytes);
    }
  }};
  TcpGate gate_{"127.0.0.1", server_.port()};
};

TEST_F(TcpGateTest, PassesBytesBothWaysAndTheEnd) {
  {
    const Socket socket = client();
    EXPECT_EQ(ask(socket, "hello"), "hello");
    EXPECT_EQ(gate_.connections(), 1u);
    ::shutdown(socket.handle(), SHUT_WR);
    EXPECT_EQ(receive_some(socket), "");  // the server ended because we did
  }
  EXPECT_EQ(eventually_equal([&] { return gate_.connections(); }, 0u), 0u);
  EXPECT_EQ(ask(client(), "again"), "again");
  EXPECT_EQ(gate_.accepted(), 2u);
}

TEST_F(TcpGateTest, PassesMoreThanItHolds) {
  const Socket socket = client();
  const std::string much(16 << 20, 'x');
  std::thread sender([&] {
    send_all(socket, much);
    ::shutdown(socket.handle(), SHUT_WR);
  });
  size_t got = 0;
  for (auto bytes = receive_some(socket); !bytes.empty(); bytes = receive_some(socket)) got += bytes.size();
  sender.join();
  EXPECT_EQ(got, much.size());
}

TEST_F(TcpGateTest, CutResetsWhatIsOpenAndWelcomesWhatIsNew) {
  const Socket socket = client();
  EXPECT_EQ(ask(socket, "a"), "a");
  gate_.cut();
  EXPECT_TRUE(is_reset(socket));
  EXPECT_EQ(ask(client(), "b"), "b");
}

TEST_F(TcpGateTest, RefusesNewConnectionsUntilItHeals) {
  const Socket socket = client();
  EXPECT_EQ(ask(socket, "a"), "a");
  gate_.refuse();
  EXPECT_THROW(client(), std::system_error);
  EXPECT_EQ(ask(socket, "b"), "b");
  gate_.heal();
  gate_.cut();
  EXPECT_EQ(ask(client(), "c"), "c");
}

TEST_F(TcpGateTest, FrozenPassesNothingAndLosesNothing) {
  const Socket socket = client();
  EXPECT_EQ(ask(socket, "a"), "a");
  gate_.freeze();
  send_all(socket, "b");
  EXPECT_TRUE(silent(socket, 30ms));
  gate_.heal();
  EXPECT_EQ(receive_some(socket), "b");
}

TEST_F(TcpGateTest, FrozenTowardTheClientStillDelivers) {
  const Socket socket = client();
  EXPECT_EQ(ask(socket, "a"), "a");
  gate_.freeze(Toward::client);
  send_all(socket, "b");
  EXPECT_EQ(eventually_equal([&] { return received_.load(); }, 2u), 2u);
  EXPECT_TRUE(silent(socket, 30ms));
  gate_.cut();  // the answer is lost with the connection
  EXPECT_TRUE(is_reset(socket));
}

TEST_F(TcpGateTest, DelaysEachDirection) {
  const Socket socket = client();
  EXPECT_EQ(ask(socket, "a"), "a");
  gate_.delay(40ms);
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(ask(socket, "b"), "b");
  EXPECT_GE(std::chrono::steady_clock::now() - before, 80ms);
}

TEST_F(TcpGateTest, SlicesWhatPassesAndLosesNothing) {
  const Socket socket = client();
  EXPECT_EQ(ask(socket, "a"), "a");
  gate_.slice(10);
  const std::string letters = "abcdefghijklmnopqrstuvwxyz";
  const auto before = std::chrono::steady_clock::now();
  std::string got = ask(socket, letters);
  while (got.size() < letters.size()) got += receive_some(socket);
  EXPECT_EQ(got, letters);
  EXPECT_GE(std::chrono::steady_clock::now() - before, 2ms) << "three pieces, a pause between each two";
}

TEST_F(TcpGateTest, HalfClosesTowardTheClient) {
  const Socket socket = client();
  EXPECT_EQ(ask(socket, "a"), "a");
  gate_.half_close(Toward::client);
  EXPECT_EQ(receive_some(socket), "");
  EXPECT_EQ(gate_.connections(), 1u);  // the server knows nothing of it
}

TEST(TcpGate, ResetsWhatTheServerRefuses) {
  const Socket nobody = bound(0);
  TcpGate gate("127.0.0.1", local_port(nobody));
  const Socket socket = connected("127.0.0.1", gate.port());
  EXPECT_EQ(receive_some(socket), "");
  EXPECT_EQ(eventually_equal([&] { return gate.connections(); }, 0u), 0u);
}

}  // namespace
}  // namespace wxpipe::rig
