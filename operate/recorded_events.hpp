// The callbacks that events.v1 still has, in the order of their arrival, then those that come. It reads outside of any
// group and changes nothing. One thread owns it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/config/settings.hpp"
#include "common/kafka/partition_reader.hpp"
#include "common/uuid.hpp"
#include "operate/event_filter.hpp"

namespace wxpipe::operate {

class RecordedEvents {
 public:
  // Begins with what was received after `from`. Throws Unavailable.
  RecordedEvents(const config::Settings& settings, EventFilter filter, Timestamp from);

  // The next ones, each event once: what was delivered again lately is left out. Empty, and behind() is 0: there are no
  // more for now. Throws Unavailable.
  std::vector<schemas::Event> step();
  int64_t behind() const { return behind_; }  // offsets not read yet
  uint64_t repeats() const { return repeats_; }

 private:
  bool is_repeat(const Uuid& id);

  const EventFilter filter_;
  const std::string topic_;
  kafka::PartitionReader reader_;
  std::vector<kafka::Partition> partitions_;
  std::map<kafka::Partition, int64_t> next_;
  std::set<Uuid> seen_, seen_before_;  // the newest ids, and those before them
  int64_t behind_ = 0;
  uint64_t repeats_ = 0;
};

}  // namespace wxpipe::operate
