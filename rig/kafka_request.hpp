// The kinds of Kafka requests that tests and chaos hold back or answer with errors, by Kafka's numbers.
#pragma once

#include <cstdint>

namespace wxpipe::rig {

enum class Request : int16_t {
  produce = 0,
  fetch = 1,
  list_offsets = 2,
  metadata = 3,
  offset_fetch = 9,
  find_coordinator = 10,
  join_group = 11,
  heartbeat = 12,
  init_producer_id = 22,
  add_partitions = 24,
  add_offsets = 25,
  end_transaction = 26,
  transaction_offsets = 28
};

}  // namespace wxpipe::rig
