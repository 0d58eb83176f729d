#include "processors/instances/instances.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "processors/json_members.hpp"
#include "processors/text.hpp"

namespace wxpipe::processors {
namespace {
// Parts of keys. No real id or name is longer.
constexpr size_t kLongestId = 512;
constexpr size_t kLongestMetric = 100, kLongestNumber = 50;  // bytes
constexpr size_t kMostMetrics = 1'000;                       // of one event; no real sender has as many

// What a heartbeat measures, in percent. It is a row of instance_monitors, and no property of the instance.
constexpr std::array<std::string_view, 2> kMeasured{"cpu_usage", "memory_usage"};

// The data of an instance's event of one of these types.
bool is_of(const schemas::Event& event, std::initializer_list<std::string_view> types) {
  return event.platform == "instance" && event.category != "message" &&
         std::find(types.begin(), types.end(), event.type) != types.end();
}
Members data_of(const schemas::Event& event) {
  return members_of(json_of(members_of(event.attributes.json()), "data"));
}

// The members that are properties: neither ids nor measurements, and nothing that is sealed.
schemas::AttributeTree properties(Members members, std::initializer_list<std::string_view> others) {
  std::erase_if(members, [&](const Member& each) {
    return std::find(others.begin(), others.end(), each.name) != others.end() || each.json.starts_with("\"sealed:");
  });
  return tree_of(members);
}

// Whether it may be a decimal number. Postgres decides what it reads as one.
bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= kLongestNumber &&
         text.find_first_not_of("0123456789.eE+-") == std::string_view::npos;
}
}  // namespace

std::optional<schemas::InstanceTold> instance_told(const schemas::Event& event) {
  const bool of_login = is_of(event, {"account.status_changed", "account.updated"});
  if (!of_login && !is_of(event, {"instance.heartbeat", "instance.status_changed", "instance.metrics"}))
    return std::nullopt;
  if (of_login && event.recipient.empty()) return std::nullopt;
  return schemas::InstanceTold{schemas::origin_of(event),
                               of_login ? std::string(head(event.recipient, kLongestId)) : std::string(),
                               properties(data_of(event), {"account", "metrics", kMeasured[0], kMeasured[1]})};
}

std::vector<schemas::MetricMeasured> metrics_measured(const schemas::Event& event) {
  if (!is_of(event, {"instance.heartbeat", "instance.metrics"})) return {};
  std::vector<schemas::MetricMeasured> metrics;
  std::set<std::string> known;
  const auto add = [&](std::string_view name, std::string_view value, std::string_view unit) {
    const std::string metric(head(name, kLongestMetric));
    if (metric.empty() || !is_number(value) || metrics.size() == kMostMetrics || !known.insert(metric).second) return;
    metrics.push_back({schemas::origin_of(event), metric, std::string(value), std::string(head(unit, kLongestMetric))});
  };
  const auto data = data_of(event);
  for (const auto name : kMeasured) add(name, text_of(data, name), "%");
  for (const auto& item : items_of(json_of(data, "metrics"))) {
    const auto one = members_of(item);
    add(text_of(one, "name"), text_of(one, "value"), text_of(one, "unit"));
  }
  return metrics;
}

std::optional<schemas::AlertTold> alert_told(const schemas::Event& event) {
  if (!is_of(event, {"alert.raised", "alert.resolved"})) return std::nullopt;
  const auto data = data_of(event);
  const auto id = text_of(data, "alert_uuid");
  if (id.empty()) return std::nullopt;
  return schemas::AlertTold{schemas::origin_of(event), std::string(head(id, kLongestId)),
                            event.type == "alert.resolved", properties(data, {"alert_uuid"})};
}

}  // namespace wxpipe::processors
