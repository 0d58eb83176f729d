// Addresses and networks of a setting.
#include "common/ip_network.hpp"

#include <gtest/gtest.h>

namespace wxpipe {
namespace {

bool contains(std::string_view network, std::string_view address) {
  return parse_ip_network(network).value().contains(parse_ip_address(address).value());
}

TEST(IpNetwork, ContainsTheAddressesOfItsFirstBits) {
  EXPECT_TRUE(contains("10.0.0.0/8", "10.255.0.1"));
  EXPECT_FALSE(contains("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(contains("192.168.4.0/22", "192.168.7.255"));
  EXPECT_FALSE(contains("192.168.4.0/22", "192.168.8.0"));
  EXPECT_TRUE(contains("10.1.2.3/8", "10.9.9.9")) << "what stands behind the bits means nothing";
  EXPECT_TRUE(contains("0.0.0.0/0", "203.0.113.9"));
  EXPECT_FALSE(contains("0.0.0.0/0", "2001:db8::1")) << "that is IPv6";
  EXPECT_TRUE(contains("2001:db8::/32", "2001:db8:ffff::1"));
  EXPECT_FALSE(contains("2001:db8::/32", "2001:db9::"));
  EXPECT_TRUE(contains("::1", "::1"));
  EXPECT_FALSE(contains("::1", "::2"));
  EXPECT_TRUE(contains("127.0.0.1", "::ffff:127.0.0.1")) << "one address, however it arrived";
}

TEST(IpNetwork, IsNothingElse) {
  for (const auto* text : {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.0/8/8",
                           "10.0.0", "10.0.0.256", "::/129", "localhost", "10.0.0.0 /8", " 10.0.0.0"})
    EXPECT_EQ(parse_ip_network(text), std::nullopt) << text;
  EXPECT_EQ(parse_ip_network(std::string_view("10.0.0.1\0", 9)), std::nullopt);
}

}  // namespace
}  // namespace wxpipe
