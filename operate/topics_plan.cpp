#include "operate/topics_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "schemas/topics.hpp"

namespace wxpipe::operate {
namespace {
using schemas::Topic;
using schemas::TopicName;

std::optional<int64_t> number(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::map<std::string, std::string> wanted_config(const Topic& topic, int replication_factor) {
  return {{"cleanup.policy", std::string(topic.cleanup)},
          {"max.message.bytes", fmt::format("{}", schemas::kMaxMessageBytes)},
          {"message.timestamp.type", "CreateTime"},
          {"min.insync.replicas", fmt::format("{}", schemas::min_insync_replicas(replication_factor))},
          {"retention.ms", fmt::format("{}", std::chrono::milliseconds(topic.retention).count())},
          {"unclean.leader.election.enable", "false"}};
}

// Whether the topic's value is good enough.
bool suffices(const std::string& name, const std::string& found, const std::string& wanted, int replication_factor) {
  if (found == wanted) return true;
  const auto has = number(found), needs = number(wanted);
  if (!has || !needs) return false;
  if (name == "retention.ms") return *has < 0 || *has >= *needs;  // -1: keep forever
  if (name == "max.message.bytes") return *has >= *needs;
  // A value above the number of replicas would refuse every write.
  if (name == "min.insync.replicas") return *has >= *needs && *has <= replication_factor;
  return false;
}

class Planner {
 public:
  Planner(const TopicWishes& wishes, const kafka::ClusterView& cluster,
          const std::map<std::string, kafka::TopicConfig>& configs)
      : wishes_(wishes),
        cluster_(cluster),
        configs_(configs) {}

  std::vector<TopicAction> plan() && {
    for (const auto& topic : schemas::kTopics) {
      const auto name = schemas::topic_name(wishes_.prefix, topic.name);
      const auto found = cluster_.topics.find(name);
      if (found == cluster_.topics.end()) {
        create(topic, name);
      } else {
        check_partitions(topic, name, found->second);
        check_replicas(name, found->second);
        check_config(topic, name, found->second);
      }
    }
    return std::move(actions_);
  }

 private:
  int replication_factor() const {
    return wishes_.replication_factor > 0 ? wishes_.replication_factor : cluster_.brokers >= 3 ? 3 : 1;
  }

  // Partition n of the journal belongs to partition n of events, so it follows the number that events has.
  int partitions(const Topic& topic) const {
    const bool follows = topic.name == TopicName::events || topic.name == TopicName::messages;
    if (topic.name != TopicName::seen_ids)
      return follows && wishes_.partitions > 0 ? wishes_.partitions : topic.partitions;
    const auto& events = schemas::topic(TopicName::events);
    const auto found = cluster_.topics.find(schemas::topic_name(wishes_.prefix, TopicName::events));
    return found != cluster_.topics.end() ? found->second.partitions : partitions(events);
  }

  void create(const Topic& topic, const std::string& name) {
    const int replicas = replication_factor();
    actions_.push_back({TopicActionKind::create, name, partitions(topic), replicas, wanted_config(topic, replicas),
                        "the cluster doesn't have it"});
  }

  void check_partitions(const Topic& topic, const std::string& name, const kafka::TopicView& found) {
    const int wanted = partitions(topic);
    if (found.partitions >= wanted) return;
    if (topic.name == TopicName::seen_ids)
      actions_.push_back(
          {TopicActionKind::raise_partitions,
           name,
           wanted,
           0,
           {},
           fmt::format("has {} partitions, fewer than events; its records have no keys to move", found.partitions)});
    else
      actions_.push_back(
          {TopicActionKind::refuse,
           name,
           wanted,
           0,
           {},
           fmt::format("has {} partitions instead of {}; more of them move keys: "
                       "`wxpipe topics grow {} --to {}`",
                       found.partitions, wanted, topic.suffix.substr(0, topic.suffix.find('.')), wanted)});
  }

  void check_replicas(const std::string& name, const kafka::TopicView& found) {
    const int wanted = replication_factor();
    if (found.replication_factor >= wanted) return;
    actions_.push_back({TopicActionKind::refuse,
                        name,
                        0,
                        wanted,
                        {},
                        fmt::format("has {} replicas instead of {}: change it with kafka-reassign-partitions, or set "
                                    "kafka.replication_factor",
                                    found.replication_factor, wanted)});
  }

  void check_config(const Topic& topic, const std::string& name, const kafka::TopicView& found) {
    std::map<std::string, std::string> changes;
    std::string why;
    const auto config = configs_.find(name);
    for (const auto& [key, value] : wanted_config(topic, found.replication_factor)) {
      std::string has;
      if (config != configs_.end())
        if (const auto entry = config->second.find(key); entry != config->second.end()) has = entry->second.value;
      if (suffices(key, has, value, found.replication_factor)) continue;
      changes.emplace(key, value);
      why += fmt::format("{}{} is {}", why.empty() ? "" : ", ", key, has.empty() ? "not told" : has);
    }
    if (!changes.empty())
      actions_.push_back({TopicActionKind::set_config, name, 0, 0, std::move(changes), std::move(why)});
  }

  const TopicWishes& wishes_;
  const kafka::ClusterView& cluster_;
  const std::map<std::string, kafka::TopicConfig>& configs_;
  std::vector<TopicAction> actions_;
};
}  // namespace

std::string_view to_string(TopicActionKind kind) {
  switch (kind) {
    case TopicActionKind::create:
      return "create";
    case TopicActionKind::set_config:
      return "set_config";
    case TopicActionKind::raise_partitions:
      return "raise_partitions";
    case TopicActionKind::refuse:
      return "refuse";
  }
  return "";
}

std::vector<TopicAction> plan_topics(const TopicWishes& wishes, const kafka::ClusterView& cluster,
                                     const std::map<std::string, kafka::TopicConfig>& configs) {
  return Planner(wishes, cluster, configs).plan();
}

}  // namespace wxpipe::operate
