// Looks for the events of lost receipts, and sends them down the normal path again (docs/decisions/0017-repair.md).
// Nothing there can be doubled by it: every write repeats harmlessly (docs/guarantees.md law 4). It reads by partition
// and offset, so no consumer group is touched. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "common/config/settings.hpp"
#include "common/postgres/connection.hpp"
#include "schemas/topics.hpp"
#include "sinks/custody/reconcile.hpp"
#include "sinks/custody/resender.hpp"

namespace wxpipe::sinks {

enum class Mending {
  found,            // can be sent again
  sent,             // was sent again
  never_found,      // the topics reach back far enough, and have no such record
  topic_too_young,  // a topic's oldest record is younger: what was there was deleted, by retention or by hand
  not_reached       // the search ended at its limit
};
std::string_view to_string(Mending mending);

struct Repair {
  MissingReceipt lost;
  Mending outcome = Mending::never_found;
  std::string where;  // the copy; or what the outcome is judged by
};

struct SearchLimits {
  int64_t records = 10'000'000;  // to read, on all topics together
  std::chrono::milliseconds time = std::chrono::minutes(5);
};

// A further place with copies, asked for those that the topics don't have.
using TakeCopy = std::function<void(Copy&&)>;
using OtherCopies = std::function<void(const std::unordered_set<std::string>& receipts, const TakeCopy& take)>;

enum class RepairMode { look, send };

// One result for each lost receipt, in their order; a receipt that is there twice has one result. In `look` mode,
// nothing is sent. Throws Unavailable when Kafka is away, when another repair took over, or when stopped; what was sent
// until then stays sent.
std::vector<Repair> repair(const config::Settings& settings, const std::vector<MissingReceipt>& lost, RepairMode mode,
                           const SearchLimits& limits, const OtherCopies& others = {},
                           const std::stop_token& stop = {});

// Of these records, the custody marks that the database doesn't have: a broker that lost the end of its topics lost
// marks, too, and without them nobody misses their receipts. In `send` mode they are sent again. Returns how many.
// Throws as repair does, and SqlError.
size_t repair_marks(const config::Settings& settings, postgres::Connection& connection, std::vector<Copy> marks,
                    RepairMode mode);

}  // namespace wxpipe::sinks
