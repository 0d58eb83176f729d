// The dedupe window's journal: what `process` took from one partition of events in one batch, written to the same
// partition of seen_ids in the same transaction. Reading it back on assignment makes the window exact across restarts,
// crashes and rebalances (docs/guarantees.md law 7). The record's timestamp is the time of writing; it never goes back
// within a partition.
//
// The record's value, numbers little-endian, varint = LEB128:
//   u8      version, 1
//   i64     first: offset of the batch's first record      i64  next: offset after its last one
//   i64     since: milliseconds since 1970; the pages written since then are enough to rebuild the window after this
//   page varint  number of entries, one for each event that was new, in the order of their offsets:
//     16 bytes  event id          u64  hash of the identity, 0: none
//     varint    milliseconds of window time since the entry before (the first: since 1970)
//     varint    offsets since the entry before (the first: since `first`)
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"
#include "common/uuid.hpp"

namespace wxpipe::processors {

// The window's time: received_at, but it never goes back within a partition.
using WindowTime = std::chrono::sys_time<std::chrono::milliseconds>;

struct SeenId {
  Uuid id;
  uint64_t identity = 0;  // identity_hash; 0: none
  WindowTime at;
  int64_t offset = 0;
  bool operator==(const SeenId&) const = default;
};

struct JournalPage {
  int64_t first = 0, next = 0;
  WindowTime since;
  std::vector<SeenId> entries;
  bool operator==(const JournalPage&) const = default;
};

std::string encode(const JournalPage& page);
Result<JournalPage> decode_journal_page(std::string_view value);

}  // namespace wxpipe::processors
