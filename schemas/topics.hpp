// Every topic in one table: name, partitions, retention, cleanup. `wxpipe topics plan|apply` creates or checks them
// from it, docs/topics.md explains them. The prefix ([kafka] topic_prefix) stands in front of each name.
#pragma once

#include <array>
#include <chrono>
#include <string>
#include <string_view>

namespace wxpipe::schemas {

enum class TopicName { events, messages, followers, leads, logs, dead_letters, seen_ids, custody };

struct Topic {
  TopicName name;
  std::string_view suffix;  // behind the prefix
  int partitions;
  std::chrono::hours retention;
  std::string_view cleanup;  // delete | compact
  std::string_view key;      // what the key is, for people
  std::string_view meaning;
};

using namespace std::chrono_literals;

inline constexpr std::array<Topic, 8> kTopics{{
    {TopicName::events, "events.v1", 6, 24h * 7, "delete", "account|tenant|subject",
     "every accepted callback, normalised, with its raw body"},
    {TopicName::messages, "messages.v1", 6, 24h * 7, "delete", "account|tenant|subject",
     "every event once, enriched: the journal's rows"},
    {TopicName::followers, "followers.v1", 3, 24h * 30, "delete", "account|tenant|subject",
     "changes of a follower's or customer's relation"},
    {TopicName::leads, "leads.v1", 3, 24h * 30, "delete", "account|tenant|subject",
     "activities that a scoring rule gives points for"},
    {TopicName::logs, "logs.v1", 3, 24h * 7, "delete", "account|tenant|subject",
     "authorisations, audits, jobs, account health"},
    {TopicName::dead_letters, "dead_letters.v1", 1, 24h * 30, "delete", "account",
     "what can never succeed, with reason and original bytes"},
    // Internal: partition n lists the ids that process has taken from events partition n; read back on assignment.
    {TopicName::seen_ids, "seen_ids.v1", 6, 24h, "delete", "none; partition = that of events",
     "internal: the dedupe window's journal"},
    // As long as messages: a database that is filled anew from the topics is audited for what it can hold.
    {TopicName::custody, "custody.v1", 1, 24h * 7, "delete", "instance/boot",
     "what each ingest process acknowledged: the marks that audit holds against the rows"},
}};

// max.message.bytes of every topic and message.max.bytes of every producer. A body of 1 MiB (the default limit at the
// edge) must fit its envelope: JSON escapes may double it, base64 in a dead letter adds a third.
inline constexpr int kMaxMessageBytes = 4 << 20;

inline constexpr const Topic& topic(TopicName name) { return kTopics[static_cast<size_t>(name)]; }
std::string topic_name(std::string_view prefix, TopicName name);

// The consumer group of `process`: where it stands in events is asked for by others, too.
std::string process_group(std::string_view prefix);

// min.insync.replicas for a replication factor: acks=all with one broker down, wherever there are three.
inline constexpr int min_insync_replicas(int replication_factor) { return replication_factor >= 3 ? 2 : 1; }

}  // namespace wxpipe::schemas
