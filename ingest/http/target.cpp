#include "ingest/http/target.hpp"

namespace wxpipe::ingest::http {
namespace {
constexpr std::string_view kPrefix = "/callback/";

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Appends the decoded segment to scratch, which has room for it.
bool decode(std::string_view segment, std::string& scratch, std::string_view& decoded) {
  if (segment.find('%') == std::string_view::npos) {
    decoded = segment;
    return true;
  }
  const auto begin = scratch.size();
  for (size_t i = 0; i < segment.size(); ++i) {
    if (segment[i] != '%') {
      scratch += segment[i];
      continue;
    }
    if (i + 2 >= segment.size()) return false;
    const int high = hex_digit(segment[i + 1]), low = hex_digit(segment[i + 2]);
    if (high < 0 || low < 0) return false;
    const char c = static_cast<char>(high * 16 + low);
    if (c == '/' || c == '\0') return false;
    scratch += c;
    i += 2;
  }
  decoded = std::string_view(scratch).substr(begin);
  return true;
}
}  // namespace

bool parse_target(std::string_view raw, std::string& scratch, Target& target) {
  target = {};
  if (raw.starts_with("http://") || raw.starts_with("https://")) {  // absolute form, as proxies send it
    const auto slash = raw.find('/', raw.find("//") + 2);
    if (slash == std::string_view::npos) return false;
    raw.remove_prefix(slash);
  }
  const auto question = raw.find('?');
  if (question != std::string_view::npos) target.query = raw.substr(question + 1);
  auto path = raw.substr(0, question);
  if (!path.starts_with(kPrefix)) return false;
  path.remove_prefix(kPrefix.size());
  if (path.ends_with('/')) path.remove_suffix(1);  // people type it into the platforms' consoles
  const auto slash = path.find('/');
  const auto account = path.substr(0, slash);
  const auto tenant = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
  if (account.empty() || tenant.find('/') != std::string_view::npos) return false;
  if (slash != std::string_view::npos && tenant.empty()) return false;
  scratch.clear();
  scratch.reserve(path.size());
  return decode(account, scratch, target.account) && decode(tenant, scratch, target.tenant);
}

}  // namespace wxpipe::ingest::http
