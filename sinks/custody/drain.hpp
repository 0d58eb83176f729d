// Waits until everything that is in the topics now has been taken. A receipt that isn't found after that won't come any
// more. The topics' ends and the offsets of `process` come from Kafka, the sinks' offsets from Postgres. One thread
// owns it.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "common/config/settings.hpp"
#include "common/kafka/admin.hpp"
#include "common/kafka/group_offsets.hpp"
#include "common/kafka/partition_reader.hpp"
#include "common/postgres/connection.hpp"
#include "schemas/topics.hpp"

namespace wxpipe::sinks {

class Drain {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  explicit Drain(const config::Settings& settings);

  // Each call waits until its readers have passed the topics' present ends, at most until the deadline. Returns the
  // readers that haven't; empty: all have. Throws Unavailable when Kafka or Postgres is away.
  std::string marks(postgres::Connection& connection, Deadline deadline, const std::stop_token& stop = {});
  // Events through process, then messages and dead letters through their sinks.
  std::string events(postgres::Connection& connection, Deadline deadline, const std::stop_token& stop = {});
  // A family through its sink.
  std::string facts(postgres::Connection& connection, const schemas::FamilyInfo& family, Deadline deadline,
                    const std::stop_token& stop = {});

 private:
  using Positions = std::map<int, int64_t>;  // by partition: the next record to take
  std::vector<kafka::PartitionOffset> ends(schemas::TopicName topic);
  std::string wait(const std::string& reader, std::vector<kafka::PartitionOffset> ends,
                   const std::function<Positions(const std::vector<kafka::PartitionOffset>&)>& positions,
                   Deadline deadline, const std::stop_token& stop);

  const std::string prefix_;
  kafka::Admin admin_;
  kafka::PartitionReader log_;
  kafka::GroupOffsets process_;
};

}  // namespace wxpipe::sinks
