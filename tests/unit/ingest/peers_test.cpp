// Who may have one more connection, and who makes room for it.
#include "ingest/http/peers.hpp"

#include <gtest/gtest.h>

#include <list>

namespace wxpipe::ingest::http {
namespace {

IpAddress ip(std::string_view text) { return parse_ip_address(text).value(); }

class PeersTest : public ::testing::Test {
 protected:
  Guest& enter(std::string_view address) {
    Guest& guest = guests_.emplace_back();
    peers_.enter(guest, ip(address));
    return guest;
  }
  Peers peers_{{parse_ip_network("10.0.0.0/8").value()}, 2};
  std::list<Guest> guests_;
};

TEST_F(PeersTest, AnAddressIsFullUntilOneOfItsConnectionsLeaves) {
  Guest& first = enter("192.0.2.1");
  EXPECT_FALSE(peers_.is_full(ip("192.0.2.1")));
  enter("192.0.2.1");
  EXPECT_TRUE(peers_.is_full(ip("192.0.2.1")));
  EXPECT_TRUE(peers_.is_full(ip("::ffff:192.0.2.1")));
  EXPECT_FALSE(peers_.is_full(ip("192.0.2.2")));
  peers_.leave(first);
  EXPECT_FALSE(peers_.is_full(ip("192.0.2.1")));
}

TEST_F(PeersTest, AProxyIsNeverFull) {
  for (int i = 0; i < 100; ++i) enter("10.1.1.1");
  EXPECT_FALSE(peers_.is_full(ip("10.1.1.1")));
}

TEST_F(PeersTest, ANetworkOf64BitsIsOneAddress) {
  enter("2001:db8::1");
  enter("2001:db8::2");
  EXPECT_TRUE(peers_.is_full(ip("2001:db8::3")));
  EXPECT_FALSE(peers_.is_full(ip("2001:db8:0:1::3")));
}

TEST_F(PeersTest, TheLongestIdleIsTheOneThatBecameIdleFirst) {
  Guest &a = enter("192.0.2.1"), &b = enter("192.0.2.2"), &c = enter("192.0.2.1");
  EXPECT_EQ(peers_.idle_longest(), nullptr);
  EXPECT_EQ(peers_.idle_longest(ip("192.0.2.1")), nullptr);
  EXPECT_EQ(peers_.idle_longest(ip("192.0.2.9")), nullptr);
  for (Guest* guest : {&b, &a, &c}) peers_.begin_idle(*guest);
  EXPECT_EQ(peers_.idle_longest(), &b);
  EXPECT_EQ(peers_.idle_longest(ip("192.0.2.1")), &a);
  peers_.end_idle(a);
  EXPECT_FALSE(a.idle());
  EXPECT_EQ(peers_.idle_longest(ip("192.0.2.1")), &c);
  peers_.begin_idle(a);
  peers_.begin_idle(b);  // it still is: its place doesn't change
  EXPECT_EQ(peers_.idle_longest(), &b);
  peers_.leave(b);
  EXPECT_EQ(peers_.idle_longest(), &c);
  peers_.leave(c);
  EXPECT_EQ(peers_.idle_longest(), &a);
  peers_.leave(a);
  EXPECT_EQ(peers_.idle_longest(), nullptr);
}

}  // namespace
}  // namespace wxpipe::ingest::http
