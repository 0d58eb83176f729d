#include "operate/event_filter.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>

#include "common/config/nearest.hpp"
#include "common/result.hpp"
#include "processors/glob.hpp"

namespace wxpipe::operate {
namespace {
using schemas::Event;

struct Name {
  std::string_view name;
  std::string Event::*member;
};
constexpr std::array kNames{
    Name{"account", &Event::account},
    Name{"tenant", &Event::tenant},
    Name{"type", &Event::type},
    Name{"subject", &Event::subject},
    Name{"sender", &Event::sender},
    Name{"recipient", &Event::recipient},
    Name{"conversation", &Event::conversation},
    Name{"category", &Event::category},
    Name{"platform", &Event::platform},
    Name{"msg_type", &Event::msg_type},
    Name{"event", &Event::event},
    Name{"msg_id", &Event::msg_id},
    Name{"content", &Event::content},
    Name{"receipt", &Event::receipt},
    Name{"trace_id", &Event::trace_id},
};

// What stands at the pointer: a text as it is, everything else as JSON. Nothing there: false.
bool read(simdjson::dom::element root, const std::string& path, std::string& out) {
  simdjson::dom::element found;
  if (root.at_pointer(path).get(found) != simdjson::SUCCESS) return false;
  std::string_view text;
  if (found.get(text) == simdjson::SUCCESS)
    out = text;
  else
    out = simdjson::minify(found);
  return true;
}
}  // namespace

EventFilter::EventFilter(std::string_view where, const std::vector<std::string>& match) {
  while (!where.empty()) {
    const auto comma = where.find(',');
    const auto one = where.substr(0, comma);
    where.remove_prefix(comma == where.npos ? where.size() : comma + 1);
    const auto equals = one.find('=');
    const auto name = one.substr(0, equals);
    const auto known = std::ranges::find(kNames, name, &Name::name);
    if (known == kNames.end()) {
      std::vector<std::string_view> names;
      for (const auto& each : kNames) names.push_back(each.name);
      throw UsageError(fmt::format("--where: there is no '{}'; the nearest is '{}'. Write account=shop,type=message.*",
                                   name, config::nearest(name, names)));
    }
    if (equals == one.npos) throw UsageError(fmt::format("--where: '{}' has no value; write {}=PATTERN", one, name));
    conditions_.push_back({known->member, std::string(one.substr(equals + 1))});
  }
  for (const std::string_view one : match) {
    const auto equals = one.find('=');
    if (!one.starts_with('/') || equals == one.npos)
      throw UsageError(fmt::format("--match: '{}' is not POINTER=PATTERN; write /attributes/EventKey=qrscene_*", one));
    pointers_.push_back({std::string(one.substr(0, equals)), std::string(one.substr(equals + 1))});
  }
}

bool EventFilter::takes(const Event& event, std::string_view json) const {
  for (const auto& [member, pattern] : conditions_)
    if (!processors::matches(pattern, event.*member)) return false;
  if (pointers_.empty()) return true;
  thread_local simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) return false;
  std::string text;
  return std::ranges::all_of(pointers_, [&](const Pointer& pointer) {
    return read(root, pointer.path, text) && processors::matches(pointer.pattern, text);
  });
}

}  // namespace wxpipe::operate
