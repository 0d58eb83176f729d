#include "sinks/custody/retired_receipts.hpp"

#include <algorithm>

#include "schemas/facts/custody_mark.hpp"

namespace wxpipe::sinks {

void RetiredReceipts::add(std::string_view process, SequenceRange range) {
  if (range.first >= range.next) return;
  auto found = ranges_.find(process);
  if (found == ranges_.end()) found = ranges_.emplace(process, std::vector<SequenceRange>{}).first;
  auto& ranges = found->second;
  // The first one that ends behind or at the new one's beginning; from there on, they may touch it.
  const auto begin = std::lower_bound(ranges.begin(), ranges.end(), range.first,
                                      [](const SequenceRange& one, int64_t sequence) { return one.next < sequence; });
  auto end = begin;
  for (; end != ranges.end() && end->first <= range.next; ++end) {
    range.first = std::min(range.first, end->first);
    range.next = std::max(range.next, end->next);
  }
  ranges.insert(ranges.erase(begin, end), range);
}

bool RetiredReceipts::contains(std::string_view receipt) const {
  const auto parts = schemas::parse_receipt(receipt);
  if (!parts) return false;
  const auto& ranges = of(parts->process);
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), parts->sequence,
                                      [](int64_t sequence, const SequenceRange& one) { return sequence < one.first; });
  return after != ranges.begin() && parts->sequence < std::prev(after)->next;
}

const std::vector<SequenceRange>& RetiredReceipts::of(std::string_view process) const {
  static const std::vector<SequenceRange> none;
  const auto found = ranges_.find(process);
  return found == ranges_.end() ? none : found->second;
}

}  // namespace wxpipe::sinks
