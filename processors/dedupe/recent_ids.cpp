#include "processors/dedupe/recent_ids.hpp"

#include <algorithm>
#include <utility>

namespace wxpipe::processors {
namespace {
constexpr int64_t kSlices = 8;

WindowTime to_window_time(Timestamp at) { return std::chrono::floor<std::chrono::milliseconds>(at); }

int64_t floor_division(int64_t dividend, int64_t divisor) {
  return dividend / divisor - (dividend % divisor < 0 ? 1 : 0);
}
}  // namespace

uint64_t identity_hash(std::string_view account, std::string_view tenant, std::string_view identity) {
  if (identity.empty()) return 0;
  uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a, then MurmurHash3's finaliser: FNV's upper bits are weak
  for (const auto part : {account, tenant, identity}) {
    for (const char c : part) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    hash = (hash ^ 0x1f) * 0x100000001b3ULL;  // between the parts
  }
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccdULL;
  hash ^= hash >> 33;
  hash *= 0xc4ceb9fe1a85ec53ULL;
  hash ^= hash >> 33;
  return hash == 0 ? 1 : hash;
}

RecentIds::RecentIds(std::chrono::seconds window, int64_t most_records)
    : window_(window),
      width_(std::max(std::chrono::milliseconds(1), window_ / kSlices)),
      most_records_(most_records),
      records_width_(std::max<int64_t>(1, most_records / kSlices)) {}

size_t RecentIds::size() const {
  size_t sum = 0;
  for (const auto& slice : slices_) sum += slice.ids.size();
  return sum;
}

RecentIds::Place RecentIds::place_of(WindowTime at, int64_t offset) const {
  return {floor_division(at.time_since_epoch().count(), width_.count()), floor_division(offset, records_width_)};
}

RecentIds::Place RecentIds::oldest_remembered(WindowTime at, int64_t offset) const {
  return place_of(at - window_, offset - most_records_);
}

// Whether an entry of this batch is still remembered. Mostly it is. But a batch can span more than the window (a spool
// drained after hours); then it must forget its own old entries, as several batches would.
template <class Wanted>
bool RecentIds::lies_within(const Staged& batch, const Place& oldest, Wanted&& wanted) const {
  const auto remembered = [&](const SeenId& entry) { return place_of(entry.at, entry.offset).reaches(oldest); };
  const auto& entries = batch.entries;
  if (remembered(entries.front())) return true;
  for (auto entry = entries.rbegin(); entry != entries.rend() && remembered(*entry); ++entry)
    if (wanted(*entry)) return true;
  return false;
}

RecentIds::Staged& RecentIds::open_batch() {
  if (staged_.empty() || staged_.back().ended) staged_.push_back(std::exchange(spare_, {}));
  return staged_.back();
}

Sighting RecentIds::stage(const Uuid& id, uint64_t identity, Timestamp received_at, int64_t offset) {
  const auto at = std::max(staged_now_, to_window_time(received_at));
  const auto oldest = oldest_remembered(at, offset);
  // Newest first: a platform's retries come within seconds.
  for (auto batch = staged_.rbegin(); batch != staged_.rend(); ++batch)
    if (batch->ids.contains(id) && lies_within(*batch, oldest, [&](const SeenId& entry) { return entry.id == id; }))
      return Sighting::duplicate;
  for (auto slice = slices_.rbegin(); slice != slices_.rend() && slice->place.reaches(oldest); ++slice)
    if (slice->ids.contains(id)) return Sighting::duplicate;
  bool known_identity = false;
  if (identity != 0) {
    const auto same = [&](const SeenId& entry) { return entry.identity == identity; };
    for (auto batch = staged_.rbegin(); !known_identity && batch != staged_.rend(); ++batch)
      known_identity = batch->identities.contains(identity) && lies_within(*batch, oldest, same);
    for (auto slice = slices_.rbegin(); !known_identity && slice != slices_.rend() && slice->place.reaches(oldest);
         ++slice)
      known_identity = slice->identities.contains(identity);
  }
  auto& batch = open_batch();
  if (identity != 0) batch.identities.insert(identity);
  batch.ids.insert(id);
  batch.entries.push_back({id, identity, at, offset});
  staged_now_ = at;
  return known_identity ? Sighting::collision : Sighting::fresh;
}

WindowTime RecentIds::page_time(Timestamp now) const { return std::max(last_page_, to_window_time(now)); }

JournalPage RecentIds::page(int64_t first, int64_t next, Timestamp now) {
  auto& batch = open_batch();
  batch.ended = true;
  batch.page_time = last_page_ = page_time(now);
  JournalPage page{first, next, staged_.front().page_time, batch.entries};
  const auto oldest = oldest_remembered(staged_now_, next);
  for (const auto& slice : slices_)
    if (slice.place.reaches(oldest)) {
      page.since = std::min(page.since, slice.since);
      break;
    }
  return page;
}

void RecentIds::publish(WindowTime page_time) {
  last_page_ = std::max(last_page_, page_time);
  if (staged_.empty()) return;
  for (const auto& entry : staged_.front().entries) add(entry, page_time);
  let_go_of_oldest_batch();
}

void RecentIds::drop_staged() {
  while (!staged_.empty()) let_go_of_oldest_batch();
}

void RecentIds::let_go_of_oldest_batch() {
  spare_ = std::move(staged_.front());
  spare_.entries.clear();
  spare_.ids.clear();
  spare_.identities.clear();
  spare_.ended = false;
  staged_.pop_front();
  if (staged_.empty()) staged_now_ = now_;
}

void RecentIds::restore(const JournalPage& page, WindowTime page_time, int64_t start) {
  for (const auto& entry : page.entries)
    if (entry.offset < start) add(entry, page_time);
  last_page_ = std::max(last_page_, page_time);
  staged_now_ = now_;
}

void RecentIds::add(const SeenId& entry, WindowTime page_time) {
  now_ = std::max(now_, entry.at);
  const auto place = place_of(now_, entry.offset);
  if (slices_.empty() || slices_.back().place != place) {
    const auto before = slices_.empty() ? 0 : slices_.back().ids.size();
    const auto expected = std::min(before + before / 16, static_cast<size_t>(records_width_));
    auto& slice = slices_.emplace_back();
    slice.place = place;
    slice.since = page_time;
    slice.ids.reserve(expected);
    slice.identities.reserve(expected);
  }
  slices_.back().ids.insert(entry.id);
  if (entry.identity != 0) slices_.back().identities.insert(entry.identity);
  const auto oldest = oldest_remembered(now_, entry.offset);
  while (!slices_.front().place.reaches(oldest)) slices_.pop_front();
}

}  // namespace wxpipe::processors
