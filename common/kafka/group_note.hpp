// A short text that every process of a pipeline can read and that outlives all of them: the metadata of an offset that
// a consumer group without members has committed. Kafka keeps it as safe as committed offsets, and it needs no topic.
// One thread owns it.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "common/kafka/client_config.hpp"
#include "common/kafka/partition.hpp"

namespace wxpipe::kafka {

class GroupNote {
 public:
  // `at`: a partition that exists; the offset committed for it is 0. No network wait.
  GroupNote(const config::KafkaSettings& settings, const std::string& group, Partition at);
  // Doesn't wait for a broker that may be away.
  ~GroupNote();
  GroupNote(const GroupNote&) = delete;
  GroupNote& operator=(const GroupNote&) = delete;

  // Empty: there is no note. Throws Unavailable; UsageError when this user may not read the group.
  std::string read(std::chrono::milliseconds timeout);
  // Takes the place of the note before. Throws Unavailable, and UsageError.
  void write(std::string_view text, std::chrono::milliseconds timeout);
  // Deletes the group and with it the note. Throws like write.
  void remove(std::chrono::milliseconds timeout);

 private:
  void check(std::string_view call, rd_kafka_resp_err_t code) const;

  const std::string group_;
  const Partition at_;
  Client client_;
};

}  // namespace wxpipe::kafka
