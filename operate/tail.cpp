#include "operate/tail.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "common/postgres/sql_array.hpp"
#include "common/result.hpp"
#include "schemas/fact_json.hpp"
#include "schemas/topics.hpp"

namespace wxpipe::operate {
namespace {
using namespace std::chrono_literals;
using schemas::TopicName;

constexpr auto kTimeout = 3s;            // of one question to Kafka
constexpr auto kReadTimeout = 10s;       // for one step's records
constexpr int64_t kSample = 5;           // of what may come in a second, one in so many, when more comes
constexpr int64_t kStep = 5'000;         // at most so many offsets of a partition in one step: bounds memory
constexpr size_t kAskedFirst = 50;       // rows asked for in the first statement of a step
constexpr size_t kAsked = 5'000;         // … and in each one after it
constexpr size_t kManyWaiting = 50'000;  // then no more events are read, only dead letters: bounds memory
constexpr int kFetchBytes = 131'072;     // of a partition at once, compressed: bounds memory, too
constexpr std::chrono::milliseconds kFirstAsk = 150ms;  // after an event was read; it is about what a row takes
constexpr auto kSlack = 5s;                             // records of one time may be that far apart on their topics
}  // namespace

std::string_view to_string(Fate fate) {
  constexpr std::array<std::string_view, 4> kNames{"stored", "repeat", "dead_letter", "on_its_way"};
  return kNames.at(static_cast<size_t>(fate));
}

Tail::Tail(const config::Settings& settings, EventFilter filter, Timestamp from, TailLimits limits)
    : filter_(std::move(filter)),
      limits_(limits),
      events_(schemas::topic_name(settings.kafka.topic_prefix, TopicName::events)),
      dead_letters_(schemas::topic_name(settings.kafka.topic_prefix, TopicName::dead_letters)),
      reader_(settings.kafka, kFetchBytes) {
  const auto view = kafka::Admin(settings.kafka, kTimeout).view();
  std::vector<kafka::PartitionReader::Moment> moments;
  for (const auto& topic : {events_, dead_letters_}) {
    const auto found = view.topics.find(topic);
    if (found == view.topics.end())
      throw Unavailable(fmt::format("topic {} is missing; run `wxpipe topics apply`", topic));
    for (int i = 0; i < found->second.partitions; ++i) moments.push_back({{topic, i}, from});
  }
  for (const auto& [partition, at] : moments)
    (partition.topic == events_ ? partitions_of_events_ : partitions_of_letters_).push_back(partition);
  for (const auto* partitions : {&partitions_of_events_, &partitions_of_letters_})
    for (const auto& [partition, offset] : reader_.ends(*partitions, kTimeout)) next_[partition] = offset;
  for (const auto& [partition, offset] : reader_.at_times(moments, kTimeout))
    if (offset != kafka::kNoOffset) next_[partition] = offset;
}

Tail::Tail(const config::Settings& settings, EventFilter filter, const TailPlace& place, TailLimits limits)
    : Tail(settings, std::move(filter), place.at, limits) {
  // Other partitions than then: the time has to do.
  if (place.events.size() != partitions_of_events_.size()) return;
  std::vector<kafka::PartitionReader::Moment> begins;
  for (const auto& partition : partitions_of_events_) begins.push_back({partition, Timestamp{}});
  const auto oldest = reader_.at_times(begins, kTimeout);
  const auto ends = reader_.ends(partitions_of_events_, kTimeout);
  for (size_t i = 0; i < place.events.size(); ++i) {
    const auto end = ends.at(i).offset;
    const auto begin = oldest.at(i).offset == kafka::kNoOffset ? end : oldest[i].offset;
    next_[partitions_of_events_[i]] = std::clamp(place.events[i], std::min(begin, end), end);
  }
}

std::string to_string(const TailPlace& place) {
  return fmt::format("{}.{}", place.at.time_since_epoch().count(), fmt::join(place.events, "."));
}

std::optional<TailPlace> parse_tail_place(std::string_view text) {
  std::vector<int64_t> numbers;
  for (size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find('.', at), text.size());
    int64_t number = 0;
    const auto [stop, error] = std::from_chars(text.data() + at, text.data() + end, number);
    if (error != std::errc{} || stop != text.data() + end || number < 0) return std::nullopt;
    numbers.push_back(number);
    at = end + 1;
  }
  TailPlace place{Timestamp(std::chrono::microseconds(numbers.front())), {}};
  place.events.assign(numbers.begin() + 1, numbers.end());
  return place;
}

TailPlace Tail::place(Timestamp now) const {
  TailPlace place{now, {}};
  for (const auto& partition : partitions_of_events_) place.events.push_back(next_.at(partition));
  for (const auto& one : waiting_) {
    place.at = std::min(place.at, one.event.received_at);
    if (one.partition < 0) continue;
    auto& next = place.events.at(static_cast<size_t>(one.partition));
    next = std::min(next, one.offset);
  }
  place.at -= kSlack;
  return place;
}

Tail::Waiting* Tail::waiting(std::string_view receipt) {
  const auto found = by_receipt_.find(receipt);
  return found == by_receipt_.end() ? nullptr : &waiting_.at(found->second - dropped_);
}

void Tail::give_up(Waiting& one, const std::string& why) {
  one.known = true;
  one.event.fate = Fate::dead_letter;
  one.event.detail = why;
}

void Tail::begin_second(std::chrono::steady_clock::time_point now) {
  const bool first = second_ == std::chrono::steady_clock::time_point{};
  const auto seconds = first ? 1.0 : std::chrono::duration<double>(now - second_).count();
  // came_ was read since then, and came within the window before: compared with what that one may have brought.
  every_ = came_ > most_ ? std::max<int64_t>(1, came_ * kSample / std::max<int64_t>(1, most_)) : 1;
  most_ = static_cast<int64_t>(static_cast<double>(limits_.most_a_second) * std::max(1.0, seconds));
  came_ = 0;
  second_ = now;
}

// Counts one more event.
bool Tail::within_limit() {
  ++came_;
  if (limits_.most_a_second == 0 || (came_ <= most_ * every_ && came_ % every_ == 0)) return true;
  ++left_out_;
  return false;
}

void Tail::take(const kafka::Record& record, std::chrono::steady_clock::time_point now) {
  if (record.topic() == events_)
    take_event(record, now);
  else
    take_letter(record, now);
}

void Tail::take_event(const kafka::Record& record, std::chrono::steady_clock::time_point now) {
  const auto value = record.value();
  const bool all = filter_.takes_all();
  if (all && !within_limit()) return;  // not even read: a flood must cost little
  auto event = schemas::decode<schemas::Event>(value);
  if (!event) return;
  if (!all && (!filter_.takes(*event, value) || !within_limit())) return;
  by_receipt_[event->receipt] = dropped_ + waiting_.size();
  Followed followed{.received_at = event->received_at,
                    .receipt = std::move(event->receipt),
                    .event_id = wxpipe::to_string(event->id),
                    .account = std::move(event->account),
                    .type = std::move(event->type),
                    .subject = std::move(event->subject),
                    .content = std::move(event->content),
                    .detail = {}};
  waiting_.push_back({.event = std::move(followed),
                      .occurred_at = event->occurred_at,
                      .since = now,
                      .ask_at = now + std::min(kFirstAsk, limits_.patience),
                      .partition = record.partition(),
                      .offset = record.offset()});
  auto& added = waiting_.back();
  if (const auto early = early_letters_.find(added.event.receipt); early != early_letters_.end())
    give_up(added, early->second);
}

void Tail::take_letter(const kafka::Record& record, std::chrono::steady_clock::time_point now) {
  const auto value = record.value();
  auto letter = schemas::decode<schemas::DeadLetter>(value);
  if (!letter) return;
  // Another sink's letter says nothing about the event's own row.
  if (letter->stage.starts_with("sink.") && letter->stage != "sink.messages" && letter->stage != "sink.dead_letters")
    return;
  auto* found = waiting(letter->receipt);
  const auto detail = fmt::format("{}: {}", letter->stage, wxpipe::to_string(letter->reason));
  if (found) return give_up(*found, detail);
  if (letter->stage != "ingest") {
    if (unread_events_ > 0) early_letters_[std::move(letter->receipt)] = detail;
    return;
  }
  // It never became an event. Only conditions that a dead letter can answer apply to it.
  schemas::Event known;
  known.account = letter->account;
  known.receipt = letter->receipt;
  known.trace_id = letter->trace_id;
  if (!filter_.takes(known, value)) return;
  Followed followed{.fate = Fate::dead_letter,
                    .received_at = letter->failed_at,
                    .receipt = std::move(letter->receipt),
                    .event_id = wxpipe::to_string(letter->id),
                    .account = std::move(letter->account),
                    .type = {},
                    .subject = {},
                    .content = {},
                    .detail = detail};
  waiting_.push_back(
      {.event = std::move(followed), .occurred_at = letter->occurred_at, .since = now, .ask_at = now, .known = true});
}

// Each is asked for soon after it was read, then ever more seldom, and once more when patience with it ends: so nothing
// leaves as on_its_way before it was asked for. The oldest come first, a few of them: while these have no fate, younger
// ones hardly have one.
void Tail::ask_for_rows(postgres::Connection& connection, std::chrono::steady_clock::time_point now) {
  std::vector<Waiting*> some;
  size_t most = kAskedFirst;
  for (auto one = waiting_.begin(); one != waiting_.end(); ++one) {
    const bool once_more = now - one->since >= limits_.patience && one->asked_at < looked_at_;
    if (!one->known && (now >= one->ask_at || once_more)) some.push_back(&*one);
    const bool last = one + 1 == waiting_.end();
    if (some.empty() || (some.size() < most && !last)) continue;
    const auto found = ask_for_rows_of(some, connection);
    for (auto* asked : some) {
      const auto next = now + std::max<std::chrono::steady_clock::duration>(kFirstAsk, (now - asked->since) / 2);
      const auto end = asked->since + limits_.patience;
      asked->ask_at = now < end ? std::min(next, end) : next;
      asked->asked_at = now;
    }
    if (found * 2 < some.size() && now - some.back()->since < limits_.patience) break;
    most = kAsked;
    some.clear();
  }
}

// By whole keys, and in an order that leaves the planner no choice: so the cost doesn't depend on the tables' sizes.
// The row tells most: its receipt is that of the first delivery. A repeat without a time of its own, or of a dead
// letter, is known by its receipt alone.
size_t Tail::ask_for_rows_of(const std::vector<Waiting*>& some, postgres::Connection& connection) {
  postgres::SqlArray ids(postgres::ElementType::text), times(postgres::ElementType::text),
      receipts(postgres::ElementType::text);
  for (const auto* one : some) {
    ids.add_text(one->event.event_id);
    times.add_text(to_iso8601(one->occurred_at));
    receipts.add_text(one->event.receipt);
  }
  const auto rows = connection.execute(
      "select a.number, m.place, coalesce(m.receipt, ''), d.stage from unnest($1::text[], $2::text[], $3::text[]) with "
      "ordinality a(id, at, receipt, number) left join lateral (select tableoid::regclass::text as place, receipt from "
      "messages where event_id = a.id::uuid and occurred_at = a.at::timestamptz offset 0) m on true left join lateral "
      "(select stage from wxpipe.duplicate_receipts where receipt = a.receipt offset 0) d on true where m.place is not "
      "null or d.stage is not null",
      postgres::Parameters().bytes(ids.bytes()).bytes(times.bytes()).bytes(receipts.bytes()));
  for (size_t i = 0; i < rows.size(); ++i) {
    auto& one = *some.at(static_cast<size_t>(rows.integer(i, 0)) - 1);
    one.known = true;
    const bool has_row = !rows.is_null(i, 1);
    const bool own = has_row && one.event.receipt == rows.text(i, 2);
    one.event.fate = own ? Fate::stored : Fate::repeat;
    one.event.detail = own       ? rows.text(i, 1)
                       : has_row ? fmt::format("the row in {} is of {}", rows.text(i, 1), rows.text(i, 2))
                                 : fmt::format("{} had met it before", rows.text(i, 3));
  }
  return rows.size();
}

int64_t Tail::read_up_to(const std::vector<kafka::PartitionOffset>& ends, int64_t most,
                         std::chrono::steady_clock::time_point now) {
  int64_t behind = 0;
  std::vector<kafka::Stretch> stretches;
  for (const auto& [partition, end] : ends) {
    const auto next = next_[partition];
    const auto to = std::min(end, next + most);
    behind += std::max<int64_t>(0, end - to);
    if (next < to) stretches.push_back({partition, next, to});
  }
  reader_.read(
      stretches, [&](const kafka::Record& record) { take(record, now); }, kReadTimeout);
  for (const auto& stretch : stretches) next_[stretch.partition] = stretch.to;
  return behind;
}

std::vector<Followed> Tail::step(postgres::Connection& connection, std::chrono::steady_clock::time_point now) {
  if (now - second_ >= 1s) begin_second(now);
  // The ends of the dead letters come first, and are read last: then what belongs to an event is never met before it.
  // Only when too many wait is it met earlier, because it can make them fewer.
  const auto ends_of_letters = reader_.stable_ends(partitions_of_letters_, kTimeout);
  const bool many = waiting_.size() > kManyWaiting;
  unread_events_ = read_up_to(reader_.stable_ends(partitions_of_events_, kTimeout), many ? 0 : kStep, now);
  if (unread_events_ == 0) early_letters_.clear();
  const bool letters_too = many || unread_events_ == 0;
  const auto unread_letters = read_up_to(ends_of_letters, letters_too ? kStep : 0, now);
  behind_ = unread_events_ + unread_letters;
  const bool all_looked_for = letters_too && unread_letters == 0;
  if (all_looked_for && !all_looked_for_) looked_at_ = now;
  all_looked_for_ = all_looked_for;
  ask_for_rows(connection, now);

  // In the order of arrival: what is behind an event that still waits, waits too. Patience ends only when nothing is
  // unread that could tell a fate, and after one more question since then.
  std::vector<Followed> done;
  while (!waiting_.empty()) {
    auto& first = waiting_.front();
    const bool given_up =
        all_looked_for && first.asked_at - first.since >= limits_.patience && first.asked_at >= looked_at_;
    if (!first.known && !given_up) break;
    by_receipt_.erase(first.event.receipt);
    done.push_back(std::move(first.event));
    waiting_.pop_front();
    ++dropped_;
  }
  std::ranges::stable_sort(done, {}, &Followed::received_at);  // partitions are read one after the other
  return done;
}

}  // namespace wxpipe::operate
