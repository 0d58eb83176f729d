// More partitions for a topic (`wxpipe topics grow`). Kafka finds a key's partition from the number of partitions, so
// with more of them keys move, and later records of a key could overtake earlier ones.
//
//   events              keys keep their order. All ingest processes hold their events back
//   (ingest/delivery/hold_rule.hpp),
//                       `process` takes what is there, the partitions are made, and events go on
//   the topics of facts at once. The tables are the same in whatever order facts come (docs/guarantees.md law 4); other
//                       readers of such a topic may meet a key's later records first
//   the others          never, each for a reason
//
// docs/topics.md has it for people.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "common/config/settings.hpp"
#include "common/kafka/topic.hpp"

namespace wxpipe::operate {

struct Growth {
  std::string topic;  // its whole name
  int from = 0, to = 0;
  bool held = false;  // events are held back meanwhile
  std::string journal;
  int journal_from = 0;  // the journal of `process` needs as many partitions as events; `to` or more: has them
  bool operator==(const Growth&) const = default;
};

// topic: as in `wxpipe topics grow events`. Pure. Throws UsageError: it can't be grown, or not to so many.
Growth plan_growth(std::string_view topic, int to, const std::string& prefix, const kafka::ClusterView& view);

struct GrowthOutcome {
  bool grown = false;
  // Not grown: why, and what to do. Grown all the same: what a person should know. Empty: nothing.
  std::string why, remedy;
  std::chrono::milliseconds held{0};  // for so long events waited in the spools
};

// Does it. Gives up when `limit` is over or a stop is requested; then the topic is as it was and nothing is held any
// more. `told`: gets a line when the next step begins. Throws Unavailable and UsageError; nothing is held then either,
// or the ingest processes notice within HoldRule::kPatience that nobody asks them any more.
GrowthOutcome grow(const config::KafkaSettings& settings, const Growth& growth, std::chrono::milliseconds limit,
                   const std::stop_token& stop, const std::function<void(std::string_view)>& told);

}  // namespace wxpipe::operate
