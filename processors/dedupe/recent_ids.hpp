// The event ids seen lately in one partition: exact, over a window of time. Ids are staged while their batch is in
// flight, and published when it commits. If they were published earlier, redelivered events would look like duplicates
// after an abort. A batch may be processed while earlier ones are in flight: it sees their ids, and is dropped with
// them if they fail.
//
// The window uses received_at, made monotone within the partition. So a spooled event that arrives hours late is
// remembered as long as any other. Ids are kept in slices of an eighth of the window, aligned to the clock. So what is
// remembered depends only on the entries, not on batches or on when the process started.
//
// A limit by records keeps a flood from using all memory: no id is remembered for more than `most_records` records of
// its partition, again in eighths, aligned to the offset. A repeat that comes later is found by the sink's unique key.
// Memory: about 34 bytes for each id.
//
// Plain value, one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstring>
#include <deque>
#include <string_view>
#include <vector>

#include "common/clock.hpp"
#include "common/uuid.hpp"
#include "processors/dedupe/flat_set.hpp"
#include "processors/dedupe/journal.hpp"

namespace wxpipe::processors {

// The same in all builds and on all machines, because it is stored. 0 only for an empty identity.
uint64_t identity_hash(std::string_view account, std::string_view tenant, std::string_view identity);

enum class Sighting {
  fresh,
  duplicate,
  collision  // fresh, though another event within the window has the same identity
};

class RecentIds {
 public:
  static constexpr int64_t kAllRecords = int64_t{1} << 62;

  explicit RecentIds(std::chrono::seconds window, int64_t most_records = kAllRecords);

  // Looks up an id among published and staged ones; stages it if it is new. Offsets must ascend.
  Sighting stage(const Uuid& id, uint64_t identity, Timestamp received_at, int64_t offset);
  // Ends the batch. Returns its staged ids as the journal's page for records [first, next), written at `now`.
  JournalPage page(int64_t first, int64_t next, Timestamp now);
  // The page's time: `now`, but never earlier than the page before.
  WindowTime page_time(Timestamp now) const;
  // Call it when the oldest batch is committed; its page was written at page_time.
  void publish(WindowTime page_time);
  // Call it when no batch in flight will be committed: their records will come again.
  void drop_staged();

  // Adds a page of the journal, without entries at or after `start`: those records will come again. Call it in the
  // journal's order.
  void restore(const JournalPage& page, WindowTime page_time, int64_t start);

  size_t size() const;

 private:
  struct SpreadId {
    uint64_t operator()(const Uuid& id) const {
      uint64_t tail;  // of the hash part: its last bytes are the upper ones
      std::memcpy(&tail, id.bytes.data() + 8, sizeof tail);
      return tail;
    }
  };
  struct SpreadHash {
    uint64_t operator()(uint64_t hash) const { return hash; }
  };
  using Ids = FlatSet<Uuid, SpreadId>;
  using Identities = FlatSet<uint64_t, SpreadHash>;
  // An entry's place: which eighth of the window, and which eighth of most_records. An entry that is too old in one of
  // them is forgotten.
  struct Place {
    int64_t time = 0, offset = 0;
    bool operator==(const Place&) const = default;
    bool reaches(const Place& oldest) const { return time >= oldest.time && offset >= oldest.offset; }
  };
  struct Slice {
    Place place;
    WindowTime since;  // page_time of the first page with an entry in it
    Ids ids;
    Identities identities;
  };

  struct Staged {
    std::vector<SeenId> entries;
    Ids ids;
    Identities identities;
    bool ended = false;
    WindowTime page_time;  // once it has ended
  };

  Place place_of(WindowTime at, int64_t offset) const;
  Place oldest_remembered(WindowTime at, int64_t offset) const;
  void add(const SeenId& entry, WindowTime page_time);
  Staged& open_batch();
  void let_go_of_oldest_batch();
  template <class Wanted>
  bool lies_within(const Staged& batch, const Place& oldest, Wanted&& wanted) const;

  std::chrono::milliseconds window_, width_;
  int64_t most_records_, records_width_;
  std::deque<Slice> slices_;  // ascending places
  WindowTime now_;            // of the last published entry
  WindowTime last_page_;

  std::deque<Staged> staged_;  // batches in flight, the oldest first
  Staged spare_;               // an empty one, with room for a batch
  WindowTime staged_now_;      // of the last staged entry
};

}  // namespace wxpipe::processors
