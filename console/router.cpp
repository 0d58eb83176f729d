#include "console/router.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>

namespace wxpipe::console {
namespace {
Problem bad_request(std::string text) { return {400, "bad_request", std::move(text)}; }

void require_known(std::string_view name, const std::vector<std::string_view>& known) {
  if (std::ranges::find(known, name) == known.end())
    throw bad_request(fmt::format("there is no parameter '{}'; there are {}", name,
                                  known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", "))));
}

std::string text_of(simdjson::dom::element value, std::string_view name) {
  switch (value.type()) {
    case simdjson::dom::element_type::STRING:
      return std::string(std::string_view(value));
    case simdjson::dom::element_type::BOOL:
      return bool(value) ? "true" : "false";
    case simdjson::dom::element_type::INT64:
    case simdjson::dom::element_type::UINT64:
    case simdjson::dom::element_type::DOUBLE:
      return simdjson::minify(value);
    case simdjson::dom::element_type::NULL_VALUE:
      return {};
    default:
      throw bad_request(fmt::format("{}: neither a text, a number nor a truth value", name));
  }
}

// Whether the route's path is this one; {…} stands for one part, which goes to `part`.
bool fits(std::string_view pattern, std::string_view path, std::string& part) {
  const auto brace = pattern.find('{');
  if (brace == pattern.npos) return pattern == path;
  const auto rest = pattern.substr(pattern.find('}') + 1);
  if (path.size() <= brace + rest.size() || path.substr(0, brace) != pattern.substr(0, brace) || !path.ends_with(rest))
    return false;
  const auto found = path.substr(brace, path.size() - brace - rest.size());
  if (found.find('/') != found.npos) return false;
  part = found;
  return true;
}
}  // namespace

Parameters Parameters::of_query(const Fields& query, const std::vector<std::string_view>& known) {
  Parameters parameters;
  for (const auto& [name, value] : query) {
    require_known(name, known);
    auto& values = parameters.values_[name];
    if (!values.empty() && name != "match") throw bad_request(fmt::format("{} is there twice", name));
    if (!value.empty()) values.push_back(value);
  }
  std::erase_if(parameters.values_, [](const auto& one) { return one.second.empty(); });
  return parameters;
}

Parameters Parameters::of_body(std::string_view json, const std::vector<std::string_view>& known) {
  Parameters parameters;
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (json.empty()) json = "{}";
  if (parser.parse(json.data(), json.size()).get(object) != simdjson::SUCCESS)
    throw bad_request("the body is no JSON object");
  const auto add = [&](const std::string& name, simdjson::dom::element value) {
    require_known(name, known);
    auto& values = parameters.values_[name];
    simdjson::dom::array list;
    if (value.get(list) == simdjson::SUCCESS) {
      for (const auto one : list) values.push_back(text_of(one, name));
    } else if (auto text = text_of(value, name); !text.empty()) {
      values.push_back(std::move(text));
    }
  };
  for (const auto& [name, value] : object) {
    simdjson::dom::object inner;
    if (value.get(inner) != simdjson::SUCCESS) {
      add(std::string(name), value);
      continue;
    }
    for (const auto& [inner_name, inner_value] : inner) add(fmt::format("{}.{}", name, inner_name), inner_value);
  }
  std::erase_if(parameters.values_, [](const auto& one) { return one.second.empty(); });
  return parameters;
}

const std::string& Parameters::text(std::string_view name) const {
  static const std::string kNone;
  const auto found = values_.find(name);
  return found == values_.end() ? kNone : found->second.front();
}

std::vector<std::string> Parameters::texts(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

bool Parameters::flag(std::string_view name, bool otherwise) const {
  const auto& word = text(name);
  if (word.empty()) return otherwise;
  if (word == "true" || word == "1") return true;
  if (word == "false" || word == "0") return false;
  throw bad_request(fmt::format("{}: '{}' is neither true nor false", name, word));
}

int64_t Parameters::number(std::string_view name, int64_t otherwise, int64_t least, int64_t most) const {
  const auto& word = text(name);
  if (word.empty()) return otherwise;
  int64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc{} || end != word.data() + word.size() || number < least || number > most)
    throw bad_request(fmt::format("{}: '{}' is no whole number from {} to {}", name, word, least, most));
  return number;
}

double Parameters::real(std::string_view name, double otherwise) const {
  const auto& word = text(name);
  if (word.empty()) return otherwise;
  double number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc{} || end != word.data() + word.size() || !(number >= 0))
    throw bad_request(fmt::format("{}: '{}' is no number of 0 or more", name, word));
  return number;
}

const std::string& Parameters::needed(std::string_view name) const {
  const auto& word = text(name);
  if (word.empty()) throw bad_request(fmt::format("{} is missing", name));
  return word;
}

Response Router::call(const Request& request, const std::optional<Identity>& who) const {
  bool known = false;
  for (const auto& route : routes_) {
    std::string part;
    if (!fits(route.path, request.path, part)) continue;
    known = true;
    const bool head = request.method == "HEAD" && route.method == "GET";
    if (route.method != request.method && !head) continue;
    if (route.least != Role::anybody && !who)
      throw Problem(401, "login_needed", "you aren't logged in",
                    "Log in by name and password, or send a bearer token.");
    static const Identity nobody;
    const auto& asks = who ? *who : nobody;
    if (!asks.may(route.least, route.right))
      throw Problem(403, "forbidden",
                    asks.role < route.least ? fmt::format("this needs the role {}; yours is {}", to_string(route.least),
                                                          to_string(asks.role))
                                            : fmt::format("this needs the right '{}'", to_string(route.right)),
                    "Whoever runs wxpipe can give it: [[console.users]] or [console] groups.");
    if (route.method != "POST")
      return route.handler({request, asks, std::move(part), Parameters::of_query(request.query, route.parameters)});
    const auto type = request.header("content-type");
    if (!request.body.empty() && type.substr(0, type.find(';')) != "application/json")
      throw Problem(415, "bad_request", "the body must be application/json");
    return route.handler({request, asks, std::move(part), Parameters::of_body(request.body, route.parameters)});
  }
  if (known) throw Problem(405, "method", fmt::format("{} isn't possible here", request.method));
  throw Problem(404, "not_found", "there is no such address", "/api/v1/openapi.json lists all.");
}

}  // namespace wxpipe::console
