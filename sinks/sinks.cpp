#include "sinks/sinks.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "sinks/custody/custody.hpp"
#include "sinks/dead_letters/dead_letters.hpp"
#include "sinks/followers/followers.hpp"
#include "sinks/leads/leads.hpp"
#include "sinks/logs/logs.hpp"
#include "sinks/messages/messages.hpp"

namespace wxpipe::sinks {
namespace {
struct Entry {
  std::string_view family;
  std::unique_ptr<Sink> (*make)();
};
template <class Which>
std::unique_ptr<Sink> make() {
  return std::make_unique<Which>();
}
constexpr std::array<Entry, 6> kSinks{{
    {"messages", make<MessagesSink>},
    {"followers", make<FollowersSink>},
    {"leads", make<LeadsSink>},
    {"logs", make<LogsSink>},
    {"dead_letters", make<DeadLettersSink>},
    {"custody", make<CustodySink>},
}};
}  // namespace

std::vector<std::string_view> all_families() {
  std::vector<std::string_view> families;
  for (const auto& sink : kSinks) families.push_back(sink.family);
  return families;
}

std::unique_ptr<Sink> make_sink(std::string_view family) {
  for (const auto& sink : kSinks)
    if (sink.family == family) return sink.make();
  throw UsageError(
      fmt::format("sink.families: there is no '{}'; there are {}", family, fmt::join(all_families(), ", ")));
}

std::vector<std::string_view> chosen_families(const config::SinkSettings& settings) {
  if (settings.families.empty()) return all_families();
  std::vector<std::string_view> chosen;
  for (const std::string_view family : settings.families) {
    make_sink(family);  // throws when there is no such family
    if (std::find(chosen.begin(), chosen.end(), family) != chosen.end())
      throw UsageError(fmt::format("sink.families: '{}' stands there twice", family));
    chosen.push_back(family);
  }
  return chosen;
}

BatchLimits batch_limits(std::string_view family, const config::SinkSettings& settings) {
  const bool leads = family == "leads";
  return {static_cast<size_t>(leads ? settings.leads_batch_rows : settings.batch_rows),
          leads ? settings.leads_batch_interval : settings.batch_interval};
}

std::string group_id(std::string_view topic_prefix, std::string_view family) {
  return fmt::format("{}sink.{}", topic_prefix, family);
}

}  // namespace wxpipe::sinks
