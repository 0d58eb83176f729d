#include "console/guard.hpp"

#include <algorithm>

namespace wxpipe::console {
namespace {
char small(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool same_name(std::string_view one, std::string_view other) {
  return std::ranges::equal(one, other, {}, small, small);
}
}  // namespace

bool is_our_name(std::string_view host, const config::ConsoleSettings& settings) {
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    if (end == host.npos) return false;
    host = host.substr(1, end - 1);
  } else {
    host = host.substr(0, host.find(':'));
    if (host.ends_with('.')) host.remove_suffix(1);
  }
  const auto named = [&](std::string_view name) { return same_name(host, name); };
  // A browser can be told by a name server that any name is this machine, but not that an address is.
  return parse_ip_address(host) || named("localhost") || named(settings.listen.host) ||
         std::ranges::any_of(settings.hosts, named);
}

bool names_us(const Request& request, const config::ConsoleSettings& settings) {
  return request.headers_named("host") == 1 && is_our_name(request.header("host"), settings);
}

std::optional<Problem> refused_as_cross_site(const Request& request, std::optional<Login> who) {
  const auto refused = [](const char* why) {
    return Problem(403, "cross_site", why, "Open the console by its own address, in a tab of its own.");
  };
  const auto site = request.header("sec-fetch-site");
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (!site.empty() && site != "same-origin" && site != "none") return refused("another site's page asks this");
  if (reads || !site.empty()) return std::nullopt;
  const auto origin = request.header("origin");
  if (!origin.empty()) {
    const auto slashes = origin.find("//");
    const auto host = slashes == origin.npos ? std::string_view() : origin.substr(slashes + 2);
    if (!same_name(host, request.header("host"))) return refused("another site's page asks this");
    return std::nullopt;
  }
  // No browser. It has no session of its own, so a cookie or a proxy's headers would be somebody else's.
  if (who == Login::password || who == Login::proxy)
    return refused("neither Sec-Fetch-Site nor Origin says which page asks; programs take a bearer token");
  return std::nullopt;
}

const Fields& security_headers() {
  static const Fields headers{
      {"Content-Security-Policy",
       "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
       "form-action 'self'; frame-ancestors 'none'"},
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", "no-referrer"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
  };
  return headers;
}

}  // namespace wxpipe::console
