// IP addresses, and networks as people write them: 10.0.0.0/8, 192.0.2.7, fd00::/8. Pure; any thread.
#pragma once

#include <array>
#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace wxpipe {

// IPv4 as ::ffff:a.b.c.d, so that an address is one value however it arrived.
struct IpAddress {
  std::array<unsigned char, 16> bytes{};
  auto operator<=>(const IpAddress&) const = default;

  bool is_v4() const;
};

std::optional<IpAddress> parse_ip_address(std::string_view text);
std::string to_string(const IpAddress& address);
IpAddress v4_address(const std::array<unsigned char, 4>& bytes);

struct IpNetwork {
  IpAddress address;
  unsigned bits = 128;  // of the 16 bytes

  bool contains(const IpAddress& other) const;
  bool operator==(const IpNetwork&) const = default;
};

// Also a single address, which is a network of one. Nothing for any other text.
std::optional<IpNetwork> parse_ip_network(std::string_view text);

// The address without all bits behind the first ones.
IpAddress first_bits(IpAddress address, unsigned bits);

}  // namespace wxpipe
