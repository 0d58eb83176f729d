// How far each reader is behind: `process` on events, each sink on its family's topic. Counts records, never the
// markers that transactions leave in a log. It joins no group and commits nothing. `process` keeps its offsets in
// Kafka, sinks keep theirs in Postgres (docs/decisions/0008-offsets-in-postgres.md).
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/config/settings.hpp"
#include "common/kafka/admin.hpp"
#include "common/kafka/group_offsets.hpp"
#include "common/kafka/partition_reader.hpp"
#include "common/postgres/connection.hpp"
#include "sinks/alerts/alert_watch.hpp"
#include "sinks/family_databases.hpp"

namespace wxpipe::operate {

// One reader on one partition, at one moment.
struct PartitionLag {
  std::string reader;  // "process", "sink.messages"
  kafka::Partition partition;
  int64_t next = 0;                   // the offset it takes next
  int64_t end = 0;                    // the log's end for readers of committed records
  int64_t undecided = 0;              // offsets after `end`, in transactions that are still open
  int64_t records = 0;                // waiting
  bool estimated = false;             // many are waiting: the share of markers was taken from the first ones
  std::optional<Timestamp> oldest{};  // received_at of the first record that is waiting
};

struct LagLook {
  Timestamp at{};
  std::vector<PartitionLag> partitions{};  // by reader, then by partition
  std::vector<std::string> away{};         // databases that gave no answer, with the reason: their sinks are left out
};

// One thread owns it.
class LagMeter {
 public:
  explicit LagMeter(const config::Settings& settings);

  // Throws Unavailable: Kafka or every database is away, or a topic is missing.
  LagLook look(sinks::FamilyConnections& databases);

 private:
  struct Reader {
    std::string name, topic;
    std::map<int, int64_t> next;  // by partition
  };
  Reader sink_of(const schemas::FamilyInfo& family, postgres::Connection& connection) const;

  const std::string prefix_;
  kafka::Admin admin_;
  kafka::PartitionReader log_;
  kafka::GroupOffsets process_;
};

// A reader as a whole, from two looks.
struct ReaderLag {
  std::string reader;
  size_t partitions = 0;
  int64_t records = 0;
  bool estimated = false;
  std::chrono::microseconds age{0};              // of the oldest record that is waiting
  double in_per_second = 0, out_per_second = 0;  // offsets, so markers are in both
  // Until nothing is waiting, at these rates. None: it isn't catching up.
  std::optional<std::chrono::microseconds> catch_up{};
  bool stands_still = false;  // records are waiting, and none was taken between the looks
  int64_t undecided = 0;      // in transactions that were open in both looks
};
std::vector<ReaderLag> readers(const LagLook& before, const LagLook& now);

// The same for the rules of alerts: the age of the oldest record that each reader hasn't taken.
sinks::AskReaders readers_for_alerts(const config::Settings& settings);

}  // namespace wxpipe::operate
