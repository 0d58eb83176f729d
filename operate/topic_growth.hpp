// More partitions for a topic, without losing the order of any key (docs/topics.md, "More partitions"). A key's
// partition depends on how many there are. So nothing may be written to events.v1 while the number changes, and
// everything written before must have been read:
//
//   hold   min.insync.replicas of events.v1 goes above its replicas: the broker refuses every write with acks=all, as
//          if a replica were missing. Ingest puts what comes into its spool and acknowledges it, as in any outage
//   drain  `process` takes what is in events.v1; for a topic of facts, its sink takes what is there as well
//   grow   the journal first, then the topic
//   wait   until no client can hold a record that it gave to a partition by the old number
//   lift   min.insync.replicas as it was; the spools deliver in order
//
// If it is killed in between, `wxpipe topics plan` and doctor show the hold, and `wxpipe topics apply` lifts it.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "common/config/settings.hpp"
#include "common/kafka/admin.hpp"
#include "common/postgres/connection.hpp"
#include "schemas/topics.hpp"

namespace wxpipe::operate {

struct GrowthPlan {
  std::string topic;
  int from = 0, to = 0;
  std::string events;                // held meanwhile
  std::string in_sync;               // min.insync.replicas of events, as it is
  std::string held;                  // the value that refuses every write
  std::string journal{};             // grows first; empty: it has enough, or isn't concerned
  std::vector<std::string> readers;  // that must have taken everything, in this order (lag.hpp)
  std::chrono::milliseconds wait{0};
};

// name: "events" or a topic of facts that `process` alone writes (messages, followers, leads, logs). Throws UsageError:
// no such topic, not more than it has, or no spool that could take what comes meanwhile.
GrowthPlan plan_growth(const std::string& name, int to, const config::Settings& settings, kafka::Admin& admin);

// How long a client may still write by the number of partitions that it knew before. Pure.
std::chrono::milliseconds time_to_forget(const config::KafkaSettings& settings);

// Carries it out, and writes it to audit_logs. Tells each step. Before the topic has grown, it may be stopped or run
// out of patience: then the hold is lifted, and it returns why; empty: done. Throws Unavailable.
std::string grow(const GrowthPlan& plan, const config::Settings& settings, kafka::Admin& admin,
                 postgres::Connection& connection, std::chrono::milliseconds patience, const std::string& reason,
                 const std::function<void(const std::string&)>& tell, const std::stop_token& stop);

}  // namespace wxpipe::operate
