#include "ingest/custody/mark_builder.hpp"

#include <algorithm>

namespace wxpipe::ingest {
namespace {
bool is_empty(const std::optional<int64_t>& spool_events) { return !spool_events || *spool_events == 0; }
}  // namespace

void MarkBuilder::add(std::span<const Decision> decisions) {
  for (const auto& decision : decisions) {
    if (decision.sequence < next_open_) continue;
    const auto slot = static_cast<size_t>(decision.sequence - next_open_);
    if (slot >= ahead_.size()) ahead_.resize(slot + 1);
    ahead_[slot] = {true, decision};
  }
  absorb();
}

void MarkBuilder::void_open(int64_t up_to) {
  if (up_to >= next_open_ + static_cast<int64_t>(ahead_.size()))
    ahead_.resize(static_cast<size_t>(up_to - next_open_ + 1));
  for (auto& slot : ahead_) slot.decided = true;  // those undecided so far become void
  absorb();
}

void MarkBuilder::absorb() {
  while (!ahead_.empty() && ahead_.front().decided) {
    append(ahead_.front().decision);
    ahead_.pop_front();
    ++next_open_;
  }
}

void MarkBuilder::append(const Decision& decision) {
  if (pages_.empty() || pages_.back().receipts == schemas::kMostReceiptsInMark ||
      pages_.back().acknowledged.size() == schemas::kMostAcknowledgedInMark)
    pages_.emplace_back();
  auto& page = pages_.back();
  ++page.receipts;
  uint32_t outcome = 0;
  if (decision.path != DeliveryPath::nowhere) {
    outcome = outcome_in(page, {decision.account, std::chrono::floor<std::chrono::minutes>(decision.received_at),
                                decision.path == DeliveryPath::spool});
    ++page.acknowledged[outcome - 1].count;
    page.received_from = std::min(page.received_from, decision.received_at);
    page.received_to = std::max(page.received_to, decision.received_at);
  }
  if (!page.outcomes.empty() && page.outcomes.back().outcome == outcome)
    ++page.outcomes.back().length;
  else
    page.outcomes.push_back({outcome, 1});
}

uint32_t MarkBuilder::outcome_in(Page& page, const Kind& kind) {
  auto& outcome = page.outcome_of_kind[kind];
  if (outcome > 0) return outcome;
  const auto& [account, minute, spooled] = kind;
  const auto [known, fresh] =
      page.outcome_of.try_emplace({*account, minute, spooled}, static_cast<uint32_t>(page.acknowledged.size() + 1));
  if (fresh) page.acknowledged.push_back({*account, minute, spooled, 0});
  return outcome = known->second;
}

std::optional<schemas::CustodyMark> MarkBuilder::next(Timestamp now, std::optional<int64_t> spool_events, bool ending) {
  const bool spool_turned = is_empty(spool_events) != is_empty(spool_events_);
  const bool news = !pages_.empty() || number_ == 0 || spool_turned || ending;
  if (ended_ || !news) return std::nullopt;
  schemas::CustodyMark mark;
  mark.instance = instance_;
  mark.boot = boot_;
  mark.number = ++number_;
  mark.marked_at = now;
  mark.spool_events = spool_events_ = spool_events;
  mark.first = mark.next = next_marked_;
  if (!pages_.empty()) {
    auto page = std::move(pages_.front());
    pages_.pop_front();
    mark.next = next_marked_ += page.receipts;
    mark.outcomes = std::move(page.outcomes);
    mark.acknowledged = std::move(page.acknowledged);
    if (!mark.acknowledged.empty()) {
      mark.received_from = page.received_from;
      mark.received_to = page.received_to;
    }
  }
  mark.last = ended_ = ending && pages_.empty();
  return mark;
}

}  // namespace wxpipe::ingest
