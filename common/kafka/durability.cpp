#include "common/kafka/durability.hpp"

#include <fmt/format.h>

#include <charconv>

namespace wxpipe::kafka {
namespace {
constexpr int kEnoughReplicas = 3, kEnoughInSync = 2;

std::string value_of(const std::map<std::string, TopicConfig>& configs, const std::string& topic, const char* name) {
  const auto config = configs.find(topic);
  if (config == configs.end()) return {};
  const auto entry = config->second.find(name);
  return entry == config->second.end() ? std::string() : entry->second.value;
}

// "8 topics, such as wxpipe.events.v1 (1)"
struct Affected {
  size_t topics = 0;
  std::string first;
  void add(const std::string& topic, const std::string& value) {
    if (topics++ == 0) first = fmt::format("{} ({})", topic, value);
  }
  std::string words() const { return fmt::format("{} topic{}, such as {}", topics, topics == 1 ? "" : "s", first); }
};
}  // namespace

std::vector<Weakness> weaknesses(int brokers, const std::map<std::string, TopicView>& topics,
                                 const std::map<std::string, TopicConfig>& configs, bool one_broker) {
  if (one_broker && brokers == 1) return {};
  Affected replicas, in_sync, unclean;
  bool replicated_enough = true;  // those with too few in sync
  for (const auto& [name, topic] : topics) {
    if (topic.replication_factor < kEnoughReplicas) replicas.add(name, fmt::format("{}", topic.replication_factor));
    const auto least = value_of(configs, name, "min.insync.replicas");
    int number = 0;
    std::from_chars(least.data(), least.data() + least.size(), number);
    if (!least.empty() && number < kEnoughInSync) {
      in_sync.add(name, least);
      replicated_enough = replicated_enough && topic.replication_factor >= kEnoughReplicas;
    }
    if (value_of(configs, name, "unclean.leader.election.enable") == "true") unclean.add(name, "true");
  }
  std::string on_purpose;
  if (one_broker)
    on_purpose = fmt::format(" Take [kafka] durability = \"one_broker\" out: this cluster has {} brokers.", brokers);
  else if (brokers == 1)
    on_purpose =
        " If one broker is on purpose, say so once: [kafka] durability = \"one_broker\"; with [ingest] acknowledge = "
        "\"broker_and_spool\" the spool keeps a copy of each event as well.";

  std::vector<Weakness> found;
  if (replicas.topics > 0)
    found.push_back(
        {"fewer than three replicas: " + replicas.words() + ". What was acknowledged can be lost with a disk",
         (brokers < kEnoughReplicas ? "Run three brokers, then raise the replicas with " : "Raise the replicas with ") +
             std::string("kafka-reassign-partitions.") + on_purpose});
  if (in_sync.topics > 0)
    found.push_back(
        {"min.insync.replicas below two: " + in_sync.words() + ". A record counts as acknowledged with a single copy",
         (replicated_enough ? "Run `wxpipe topics apply`."
                            : "With three replicas, `wxpipe topics apply` sets it to 2.") +
             on_purpose});
  if (unclean.topics > 0)
    found.push_back({"unclean.leader.election.enable is on: " + unclean.words() +
                         ". A replica that lags can become the leader, and what it lacks is lost",
                     "Run `wxpipe topics apply`, and set it to false on the brokers."});
  return found;
}

std::vector<Weakness> weaknesses(Admin& admin, const std::vector<std::string>& topics, bool one_broker) {
  const auto view = admin.view();
  std::map<std::string, TopicView> there;
  std::vector<std::string> names;
  for (const auto& name : topics)
    if (const auto found = view.topics.find(name); found != view.topics.end()) {
      there.insert(*found);
      names.push_back(name);
    }
  return weaknesses(view.brokers, there, admin.configs(names), one_broker);
}

}  // namespace wxpipe::kafka
