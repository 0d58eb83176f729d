#include "ingest/http/request.hpp"

#include "ingest/query.hpp"

namespace wxpipe::ingest::http {
namespace {
constexpr std::string_view kPrefix = "/callback/";

// Decodes one segment of the path. Refused if it holds a slash or NUL once decoded.
bool decode(std::string_view segment, std::string& scratch, std::string_view& decoded) {
  constexpr std::string_view kNoSegment("/\0", 2);
  return decode_percent(segment, scratch, decoded) && decoded.find_first_of(kNoSegment) == std::string_view::npos;
}
}  // namespace

bool parse_target(std::string_view raw, std::string& scratch, Callback& callback) {
  if (raw.starts_with("http://") || raw.starts_with("https://")) {  // absolute form, as proxies send it
    const auto slash = raw.find('/', raw.find("//") + 2);
    if (slash == std::string_view::npos) return false;
    raw.remove_prefix(slash);
  }
  const auto question = raw.find('?');
  callback.query = question == std::string_view::npos ? std::string_view{} : raw.substr(question + 1);
  auto path = raw.substr(0, question);
  if (!path.starts_with(kPrefix)) return false;
  path.remove_prefix(kPrefix.size());
  if (path.ends_with('/')) path.remove_suffix(1);  // people add it in the platforms' consoles
  const auto slash = path.find('/');
  const auto account = path.substr(0, slash);
  const auto tenant = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
  if (account.empty() || tenant.find('/') != std::string_view::npos) return false;
  if (slash != std::string_view::npos && tenant.empty()) return false;
  scratch.clear();
  scratch.reserve(path.size());
  return decode(account, scratch, callback.account) && decode(tenant, scratch, callback.tenant);
}

std::optional<Refusal> read_callback(const Request& request, std::string& scratch, Callback& callback) {
  if (request.version >= 11 && request.hosts != 1) return Refusal::missing_host;
  if (!parse_target(request.target, scratch, callback)) return Refusal::unknown_path;
  if (request.method != "GET" && request.method != "POST") return Refusal::method_not_allowed;
  callback.method = request.method == "GET" ? Method::get : Method::post;
  callback.body = request.body;
  callback.content_type = request.content_type;
  callback.webhook_id = request.webhook_id;
  callback.webhook_timestamp = request.webhook_timestamp;
  callback.webhook_signature = request.webhook_signature;
  callback.headers = request.headers;
  return std::nullopt;
}

}  // namespace wxpipe::ingest::http
