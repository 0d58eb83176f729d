#include "console/http.hpp"

#include <algorithm>

#include "common/json/write.hpp"
#include "common/report/cells.hpp"

namespace wxpipe::console {
namespace {
int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool decode(std::string_view text, bool is_query, std::string& out) {
  out.clear();
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && is_query) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (i + 2 >= text.size()) return false;
      const int high = digit(text[i + 1]), low = digit(text[i + 2]);
      if (high < 0 || low < 0) return false;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out.find('\0') == out.npos && json::is_utf8(out);
}
}  // namespace

std::string_view Request::header(std::string_view name) const {
  const auto found = std::ranges::find(headers, name, [](const auto& one) { return std::string_view(one.first); });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

size_t Request::headers_named(std::string_view name) const {
  return static_cast<size_t>(
      std::ranges::count(headers, name, [](const auto& one) { return std::string_view(one.first); }));
}

bool read_target(std::string_view target, Request& request) {
  const auto question = std::min(target.find('?'), target.size());
  if (!target.starts_with('/') || !decode(target.substr(0, question), false, request.path)) return false;
  auto rest = target.substr(std::min(question + 1, target.size()));
  while (!rest.empty()) {
    const auto end = std::min(rest.find('&'), rest.size());
    const auto pair = rest.substr(0, end);
    const auto equals = std::min(pair.find('='), pair.size());
    std::string name, value;
    if (!decode(pair.substr(0, equals), true, name)) return false;
    if (!decode(pair.substr(std::min(equals + 1, pair.size())), true, value)) return false;
    if (!name.empty()) request.query.emplace_back(std::move(name), std::move(value));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return true;
}

std::string error_json(std::string_view code, std::string_view text, std::string_view remedy) {
  std::string out = R"({"error":{"code":)";
  json::append_string(out, code);
  out += R"(,"text":)";
  json::append_string(out, report::with_valid_utf8(text));
  out += R"(,"remedy":)";
  if (remedy.empty())
    out += "null";
  else
    json::append_string(out, report::with_valid_utf8(remedy));
  return out + "}}";
}

Response answer(const Problem& problem) {
  return {.status = problem.status, .body = error_json(problem.code, problem.what(), problem.remedy)};
}

}  // namespace wxpipe::console
