// Every topic in one table, made from the registry: name, partitions, retention, cleanup. `wxpipe topics plan|apply`
// checks or creates them; docs/topics.md lists them. Each name gets the prefix ([kafka] topic_prefix).
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/registry.hpp"

namespace wxpipe::schemas {

// Indexed by TopicName.
inline constexpr auto kTopics = [] {
  constexpr size_t kCount = std::tuple_size_v<decltype(kFamilies)> + kOtherTopics.size();
  std::array<Topic, kCount> all{};
  for_each_family([&](const FamilyInfo& family) { all.at(static_cast<size_t>(family.topic.name)) = family.topic; });
  for (const auto& other : kOtherTopics) all.at(static_cast<size_t>(other.name)) = other;
  for (const auto& one : all)
    if (one.suffix.empty()) throw "a TopicName without a topic";  // then it doesn't compile
  return all;
}();

// max.message.bytes of every topic and message.max.bytes of every producer. A body of 1 MiB (ingest's default limit)
// must fit into a record: JSON escapes may double it, base64 in a dead letter adds a third.
inline constexpr int kMaxMessageBytes = 4 << 20;

inline constexpr const Topic& topic(TopicName name) { return kTopics[static_cast<size_t>(name)]; }
std::string topic_name(std::string_view prefix, TopicName name);
std::vector<std::string> topic_names(std::string_view prefix);  // of all topics, by TopicName

// The consumer group of `process`; other parts also ask for its offsets in events.
std::string process_group(std::string_view prefix);

// min.insync.replicas for a replication factor. With three replicas, acks=all still works while one broker is down.
inline constexpr int min_insync_replicas(int replication_factor) { return replication_factor >= 3 ? 2 : 1; }

}  // namespace wxpipe::schemas
