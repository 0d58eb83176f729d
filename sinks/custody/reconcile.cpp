#include "sinks/custody/reconcile.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wxpipe::sinks {

bool Wanted::includes(const schemas::CustodyMark::Acknowledged& acknowledged) const {
  return (account.empty() || acknowledged.account == account) && (!from || acknowledged.minute >= *from) &&
         (!to || acknowledged.minute < *to);
}

Tally& Tally::operator+=(const Tally& other) {
  acknowledged += other.acknowledged;
  stored += other.stored;
  duplicates += other.duplicates;
  dead_letters += other.dead_letters;
  in_flight += other.in_flight;
  unaccounted += other.unaccounted;
  return *this;
}

MarkedReceipts::MarkedReceipts(std::vector<schemas::CustodyMark> marks, const Wanted& wanted)
    : marks_(std::move(marks)),
      wanted_(wanted) {
  size_t at = 0;
  for (const auto& mark : marks_) {
    if (mark.first == mark.next) continue;
    stretches_[fmt::format("{}/{}", mark.instance, mark.boot)].push_back({mark.first, mark.next, at});
    at += static_cast<size_t>(mark.next - mark.first);
    for (const auto& [outcome, length] : mark.outcomes)
      if (outcome == 0) voided_ += length;
  }
  states_.resize(at);
  for (auto& [process, stretches] : stretches_)
    std::sort(stretches.begin(), stretches.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
}

void MarkedReceipts::found(std::string_view receipt, Found where) {
  const auto parts = schemas::parse_receipt(receipt);
  if (!parts) return;
  const auto process = stretches_.find(parts->process);
  if (process == stretches_.end()) return;
  const auto& stretches = process->second;
  auto stretch = std::upper_bound(stretches.begin(), stretches.end(), parts->sequence,
                                  [](int64_t sequence, const auto& one) { return sequence < one.first; });
  if (stretch == stretches.begin() || parts->sequence >= (--stretch)->next) return;
  auto& state = states_[stretch->at + static_cast<size_t>(parts->sequence - stretch->first)];
  if (state == State::missing)
    state = where == Found::stored ? State::stored : where == Found::duplicate ? State::duplicate : State::dead_letter;
}

void MarkedReceipts::leave_out(const RetiredReceipts& retired) {
  for (const auto& [process, stretches] : stretches_)
    for (const auto& range : retired.of(process)) {
      auto stretch = std::partition_point(stretches.begin(), stretches.end(),
                                          [&](const Stretch& one) { return one.next <= range.first; });
      for (; stretch != stretches.end() && stretch->first < range.next; ++stretch) {
        const auto from = std::max(range.first, stretch->first), to = std::min(range.next, stretch->next);
        std::fill_n(states_.begin() + static_cast<std::ptrdiff_t>(stretch->at) + (from - stretch->first), to - from,
                    State::left_out);
      }
    }
}

// visit(mark's index, acknowledged, sequence, state)
template <class Visit>
void MarkedReceipts::each_wanted(Visit&& visit) const {
  size_t at = 0;
  for (size_t i = 0; i < marks_.size(); ++i) {
    auto sequence = marks_[i].first;
    for (const auto& [outcome, length] : marks_[i].outcomes) {
      const auto* acknowledged = outcome == 0 ? nullptr : &marks_[i].acknowledged[outcome - 1];
      if (acknowledged != nullptr && wanted_.includes(*acknowledged))
        for (uint32_t n = 0; n < length; ++n) visit(i, *acknowledged, sequence + n, states_[at + n]);
      sequence += length;
      at += length;
    }
  }
}

std::vector<MissingReceipt> MarkedReceipts::missing() const {
  std::vector<MissingReceipt> list;
  each_wanted([&](size_t i, const auto& acknowledged, int64_t sequence, State state) {
    if (state != State::missing) return;
    list.push_back({fmt::format("{}/{}/{}", marks_[i].instance, marks_[i].boot, sequence), acknowledged.account,
                    acknowledged.minute, acknowledged.spooled, i});
  });
  return list;
}

void MarkedReceipts::count(Tallies& tallies) const {
  const schemas::CustodyMark::Acknowledged* counted = nullptr;
  Tally* tally = nullptr;
  each_wanted([&](size_t, const auto& acknowledged, int64_t, State state) {
    if (state == State::left_out) return;
    if (counted != &acknowledged) {
      counted = &acknowledged;
      tally = &tallies[{acknowledged.account, acknowledged.minute}];
    }
    ++tally->acknowledged;
    if (state == State::stored) ++tally->stored;
    if (state == State::duplicate) ++tally->duplicates;
    if (state == State::dead_letter) ++tally->dead_letters;
  });
}

int64_t MarkedReceipts::left_out() const {
  int64_t number = 0;
  each_wanted([&](size_t, const auto&, int64_t, State state) { number += state == State::left_out ? 1 : 0; });
  return number;
}

void Tail::found(int64_t sequence) {
  if (sequence > marked_up_to_) found_.push_back(sequence);
}

std::vector<int64_t> Tail::open() const {
  auto found = found_;
  std::sort(found.begin(), found.end());
  std::vector<int64_t> open;
  auto next = marked_up_to_ + 1;
  for (const auto sequence : found) {
    for (; next < sequence; ++next) open.push_back(next);
    next = std::max(next, sequence + 1);
  }
  return open;
}

}  // namespace wxpipe::sinks
