#include "operate/refused.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

#include "common/http/client.hpp"
#include "common/result.hpp"
#include "operate/explain.hpp"

namespace wxpipe::operate {
namespace {
using namespace std::chrono_literals;

// Account names have no other signs that need it.
std::string in_query(std::string_view text) {
  std::string out;
  for (const unsigned char c : text)
    if (std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.')
      out += static_cast<char>(c);
    else
      out += fmt::format("%{:02X}", c);
  return out;
}

std::string text(const simdjson::dom::object& object, const char* name) {
  return std::string(std::string_view(object[name]));
}
Timestamp moment(const simdjson::dom::object& object, const char* name) {
  Timestamp at;
  if (!parse_iso8601(text(object, name), at))
    throw Unavailable("the answer to /refusals has a time that can't be read");
  return at;
}

Refused read(simdjson::dom::object object) {
  Refused refused;
  refused.at = moment(object, "at");
  refused.first_at = moment(object, "first_at");
  refused.times = object["times"];
  refused.account = text(object, "account");
  refused.reason = text(object, "reason");
  refused.wrong = text(object, "wrong");
  refused.method = text(object, "method");
  refused.address = text(object, "address");
  refused.body_bytes = object["body_bytes"];
  return refused;
}

VerifiedAddress read_verified(simdjson::dom::object object) {
  return {moment(object, "at"), text(object, "account"), text(object, "address")};
}

// The last cell of the row that names the word.
std::string said_of(std::string_view word, std::string_view title) {
  static const auto all = explanations(operations_page());
  for (const auto* row : explain(all, word))
    for (const auto& cell : row->cells)
      if (cell.title == title) return cell.text;
  return {};
}
}  // namespace

RefusedLately refused_callbacks(const config::Endpoint& admin, std::string_view account, size_t limit) {
  const bool v6 = admin.host.find(':') != std::string::npos;
  const auto authority = fmt::format(fmt::runtime(v6 ? "[{}]:{}" : "{}:{}"), admin.host, admin.port);
  const auto url = http::parse_url("http://" + authority);
  if (!url) throw UsageError(fmt::format("--admin: '{}' is not HOST:PORT", authority));
  http::Client client(*url, {.connect = 3s, .request = 10s});
  auto target = fmt::format("/refusals?limit={}", limit);
  if (!account.empty()) target += "&account=" + in_query(account);
  const auto answer = [&] {
    try {
      return client.get(target);
    } catch (const http::Error& error) {
      if (error.failure != http::Failure::unreachable) throw;
      throw Unavailable(
          fmt::format("no admin port of ingest answers at {}; is `wxpipe run` or `wxpipe ingest` running there? "
                      "([admin] listen or --admin says where)",
                      error.what()));
    }
  }();
  if (answer.status == 404)
    throw UsageError(fmt::format("{} is no ingest process; name the admin port of one: --admin HOST:PORT", authority));
  if (answer.status != 200)
    throw UsageError(fmt::format("{} answered {}: {}", authority, answer.status, answer.body.substr(0, 200)));
  RefusedLately lately;
  try {
    simdjson::dom::parser parser;
    const simdjson::dom::object whole = parser.parse(answer.body);
    for (const auto each : whole["refusals"].get_array()) lately.list.push_back(read(each));
    for (const auto each : whole["verified"].get_array()) lately.verified.push_back(read_verified(each));
  } catch (const simdjson::simdjson_error& error) {
    throw Unavailable(fmt::format("the answer of {} can't be read: {}", authority, error.what()));
  }
  return lately;
}

std::string remedy_of(const Refused& refused) {
  const auto part = refused.wrong.empty() ? std::string() : said_of(refused.wrong, "what to do");
  return part.empty() ? said_of(refused.reason, "meaning and remedy") : part;
}

}  // namespace wxpipe::operate
