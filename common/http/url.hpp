// http(s)://host[:port][/prefix], taken apart.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wxpipe::http {

struct Url {
  bool tls = false;
  std::string host;  // without the brackets of IPv6
  std::string port;
  std::string authority;  // as the Host header has it
  std::string prefix;     // without a slash at the end
  bool operator==(const Url&) const = default;
};

std::optional<Url> parse_url(std::string_view text);

}  // namespace wxpipe::http
