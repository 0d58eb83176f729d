#include "operate/tail.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "common/json/read.hpp"
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
constexpr int64_t kStep = 5'000;         // at most so many offsets of a partition in one step: bounds memory
constexpr size_t kAsked = 5'000;         // rows asked for in one statement
constexpr size_t kManyWaiting = 50'000;  // then no more events are read, only what became of them: bounds memory
constexpr int kFetchBytes = 131'072;     // of a partition at once, compressed: bounds memory, too
constexpr std::chrono::milliseconds kAskAnyway = 1s;
constexpr auto kSlack = 5s;  // records of one time may be that far apart on their topics
}  // namespace

std::string_view to_string(Fate fate) {
  constexpr std::array<std::string_view, 4> kNames{"stored", "repeat", "dead_letter", "on_its_way"};
  return kNames.at(static_cast<size_t>(fate));
}

Tail::Tail(const config::Settings& settings, EventFilter filter, Timestamp from, std::chrono::milliseconds patience)
    : filter_(std::move(filter)),
      patience_(patience),
      events_(schemas::topic_name(settings.kafka.topic_prefix, TopicName::events)),
      messages_(schemas::topic_name(settings.kafka.topic_prefix, TopicName::messages)),
      dead_letters_(schemas::topic_name(settings.kafka.topic_prefix, TopicName::dead_letters)),
      reader_(settings.kafka, kFetchBytes) {
  const auto view = kafka::Admin(settings.kafka, kTimeout).view();
  std::vector<kafka::PartitionReader::Moment> moments;
  for (const auto& topic : {events_, messages_, dead_letters_}) {
    const auto found = view.topics.find(topic);
    if (found == view.topics.end())
      throw Unavailable(fmt::format("topic {} is missing; run `wxpipe topics apply`", topic));
    for (int i = 0; i < found->second.partitions; ++i) moments.push_back({{topic, i}, from});
  }
  for (const auto& [partition, at] : moments)
    (partition.topic == events_ ? partitions_of_events_ : made_).push_back(partition);
  for (const auto& [partition, offset] : reader_.ends(partitions_of_events_, kTimeout)) next_[partition] = offset;
  for (const auto& [partition, offset] : reader_.ends(made_, kTimeout)) next_[partition] = offset;
  for (const auto& [partition, offset] : reader_.at_times(moments, kTimeout))
    if (offset != kafka::kNoOffset) next_[partition] = offset;
}

Tail::Tail(const config::Settings& settings, EventFilter filter, const TailPlace& place,
           std::chrono::milliseconds patience)
    : Tail(settings, std::move(filter), place.at, patience) {
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

void Tail::take(const kafka::Record& record, std::chrono::steady_clock::time_point now) {
  const auto value = record.value();
  if (record.topic() == events_) {
    auto event = schemas::decode<schemas::Event>(value);
    if (!event || !filter_.takes(*event, value)) return;
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
                        .partition = record.partition(),
                        .offset = record.offset()});
    auto& added = waiting_.back();
    if (const auto early = early_letters_.find(added.event.receipt); early != early_letters_.end())
      give_up(added, early->second);
  } else if (record.topic() == messages_) {
    if (schemas::begins_as<schemas::DuplicateMet>(value)) {
      const auto repeat = schemas::decode<schemas::DuplicateMet>(value);
      if (!repeat) return;
      if (auto* found = waiting(repeat->receipt)) {
        found->known = true;
        found->event.fate = Fate::repeat;
        found->event.detail = "process had met it before";
      }
    } else {
      // Its receipt alone is wanted, and there may be thousands a second.
      std::string_view receipt;
      auto message = json::thread_reader().iterate(value);
      if (message["receipt"].get(receipt) != simdjson::SUCCESS) return;
      if (auto* found = waiting(receipt)) found->processed = true;
    }
  } else if (auto letter = schemas::decode<schemas::DeadLetter>(value)) {
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
    waiting_.push_back({.event = std::move(followed), .occurred_at = letter->occurred_at, .since = now, .known = true});
  }
}

void Tail::ask_for_rows(postgres::Connection& connection, std::chrono::steady_clock::time_point now) {
  // A message that was read with the crowd before it may have been missed; the row is there all the same. Nothing
  // leaves as on_its_way before it was asked for.
  const auto ask_anyway = std::min(kAskAnyway, patience_);
  std::vector<Waiting*> some;
  for (auto& one : waiting_) {
    if (one.known || (!one.processed && now - one.since < ask_anyway)) continue;
    some.push_back(&one);
    if (some.size() < kAsked) continue;
    ask_for_rows_of(some, connection);
    some.clear();
  }
  if (!some.empty()) ask_for_rows_of(some, connection);
}

// By the whole key, so the cost doesn't depend on the table's size.
void Tail::ask_for_rows_of(const std::vector<Waiting*>& some, postgres::Connection& connection) {
  std::string ids, times;
  std::map<std::string, std::vector<Waiting*>> asked;
  for (auto* one : some) {
    auto& same = asked[one->event.event_id];
    if (same.empty()) {
      ids += fmt::format("{}{}", ids.empty() ? "" : ",", one->event.event_id);
      times += fmt::format("{}{}", times.empty() ? "" : ",", to_iso8601(one->occurred_at));
    }
    same.push_back(one);
  }
  const auto rows = connection.execute(
      "select a.id::text, m.place, coalesce(m.receipt, '') from unnest($1::text::uuid[], $2::text::timestamptz[]) a(id, at) "
      "cross join lateral (select tableoid::regclass::text as place, receipt from messages where event_id = a.id and "
      "occurred_at = a.at) m",
      postgres::Parameters().text("{" + ids + "}").text("{" + times + "}"));
  for (size_t i = 0; i < rows.size(); ++i)
    for (auto* one : asked[rows.text(i, 0)]) {
      one->known = true;
      const bool own = one->event.receipt == rows.text(i, 2);
      one->event.fate = own ? Fate::stored : Fate::repeat;
      one->event.detail =
          own ? rows.text(i, 1) : fmt::format("the row in {} is of {}", rows.text(i, 1), rows.text(i, 2));
    }
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
  // The ends of what is made from events come first, and are read last: then what belongs to an event is never met
  // before it. Only when too many wait is it met earlier, because it alone can make them fewer.
  const auto made_ends = reader_.stable_ends(made_, kTimeout);
  const bool many = waiting_.size() > kManyWaiting;
  unread_events_ = read_up_to(reader_.stable_ends(partitions_of_events_, kTimeout), many ? 0 : kStep, now);
  if (unread_events_ == 0) early_letters_.clear();
  const bool made_too = many || unread_events_ == 0;
  const auto unread_made = read_up_to(made_ends, made_too ? kStep : 0, now);
  behind_ = unread_events_ + unread_made;
  ask_for_rows(connection, now);

  // In the order of arrival: what is behind an event that still waits, waits too. Patience ends only when nothing is
  // unread that could tell a fate.
  const bool all_looked_for = made_too && unread_made == 0;
  std::vector<Followed> done;
  while (!waiting_.empty()) {
    auto& first = waiting_.front();
    if (!first.known && (!all_looked_for || now - first.since < patience_)) break;
    by_receipt_.erase(first.event.receipt);
    done.push_back(std::move(first.event));
    waiting_.pop_front();
    ++dropped_;
  }
  std::ranges::stable_sort(done, {}, &Followed::received_at);  // partitions are read one after the other
  return done;
}

}  // namespace wxpipe::operate
