#include "common/http/url.hpp"

#include <algorithm>

namespace wxpipe::http {

std::optional<Url> parse_url(std::string_view text) {
  Url url;
  if (text.starts_with("https://"))
    url.tls = true;
  else if (!text.starts_with("http://"))
    return std::nullopt;
  text.remove_prefix(url.tls ? 8 : 7);
  const size_t path = std::min(text.find('/'), text.size());
  std::string_view authority = text.substr(0, path), prefix = text.substr(path);
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  url.authority = authority;
  url.prefix = prefix;
  url.port = url.tls ? "443" : "80";
  const size_t bracket = authority.starts_with('[') ? authority.find(']') : std::string_view::npos;
  const size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    url.port = authority.substr(colon + 1);
    authority = authority.substr(0, colon);
  }
  if (bracket != std::string_view::npos) authority = authority.substr(1, bracket - 1);
  url.host = authority;
  const bool digits = !url.port.empty() && url.port.size() <= 5 &&
                      std::all_of(url.port.begin(), url.port.end(), [](char c) { return c >= '0' && c <= '9'; }) &&
                      std::stoi(url.port) <= 65535;
  const bool legal = text.find_first_of(" \t\r\n?#@") == std::string_view::npos;
  if (url.host.empty() || !digits || !legal) return std::nullopt;
  return url;
}

}  // namespace wxpipe::http
