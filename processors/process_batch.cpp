#include "processors/process_batch.hpp"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "processors/logs/log.hpp"
#include "processors/pass_on.hpp"
#include "schemas/fact_list.hpp"

namespace wxpipe::processors {
namespace {
using schemas::TopicName;

// Keys, headers and batch framing beside a value.
constexpr size_t kLargestValue = static_cast<size_t>(schemas::kMaxMessageBytes) - 16'384;
// The largest value that fits in a dead letter: base64 adds a third, and there are other fields.
constexpr size_t kLargestLetterBody = (kLargestValue - 65'536) / 4 * 3;

// W3C: version, trace id, parent id, sampled. Without a parent id in the input, it is made of the event's id.
void append_traceparent(std::string& out, const InputRecord& record, const schemas::Event& event) {
  if (!record.traceparent.empty()) {
    out += record.traceparent;
  } else if (event.trace_id.size() == 32) {
    out.append("00-").append(event.trace_id).append(1, '-');
    for (size_t i = 8; i < 16; ++i) fmt::format_to(std::back_inserter(out), "{:02x}", event.id.bytes[i]);
    out += "-01";
  }
}

// Key and header of an event's records.
struct Address {
  Address(const InputRecord& record, const schemas::Event& event) : key(partition_key(event)) {
    append_traceparent(traceparent, record, event);
  }
  std::string key, traceparent;
};

class Batch {
 public:
  Batch(const Steps& steps, Windows& windows, const BatchContext& context)
      : steps_(steps),
        windows_(windows),
        context_(context) {}

  void take(const InputRecord& record) {
    auto event = decode(record);
    if (!event) return dead_letter(record, event.error(), nullptr);

    const auto identity = identity_hash(event->account, event->tenant, event->identity);
    const auto sighting = windows_.at(record.partition).stage(event->id, identity, event->received_at, record.offset);
    const bool repair = event->repair || record.old_repair;
    if (sighting == Sighting::duplicate && !repair) return duplicate(record, *event);
    const auto attributes_before = event->attributes.empty() ? 0 : event->attributes.json().size();
    Facts facts;
    for (const auto& step : steps_) step.apply(*event, facts);
    if (sighting == Sighting::collision) {
      ++effects_.counts.collisions;
      facts.add(identity_collision(*event));
    }
    value_.clear();
    if (!pass_on(*record.value, *event, attributes_before, value_))
      if (const auto written = write_anew(*record.value, *event); !written)
        return dead_letter(record, written.error(), &*event);
    emit(record, *event, facts);
  }

  Effects finish(const std::map<int, std::pair<int64_t, int64_t>>& ranges) && {
    for (const auto& [partition, range] : ranges) {
      auto& window = windows_.at(partition);
      auto page = window.page(range.first, range.second, context_.now);
      effects_.progress.push_back({partition, std::move(page), window.page_time(context_.now)});
    }
    return std::move(effects_);
  }

 private:
  static Result<schemas::Event> decode(const InputRecord& record) {
    if (!record.value) return Rejection{Reason::unreadable_record, "a record without a value"};
    auto event = schemas::decode<schemas::Event>(*record.value, kPassedOnUnread);
    if (event && !event->attributes.is_readable())
      return Rejection{Reason::unreadable_record, "field 'attributes' can't be read"};
    return event;
  }

  // The repeat's receipt goes to the same partition as the message, after it. So every receipt has an end for custody.
  void duplicate(const InputRecord& record, const schemas::Event& event) {
    ++effects_.counts.duplicates;
    if (event.receipt.empty()) return;
    add(Address(record, event), event, schemas::duplicate_of(event));
  }

  // Of an event that another program wrote, in another form than ours.
  Result<void> write_anew(std::string_view value, const schemas::Event& enriched) {
    auto event = schemas::decode<schemas::Event>(value);
    if (!event) return event.error();
    event->attributes = enriched.attributes;
    event->repair = false;
    encode(*event, schemas::kMessageSchema, value_);
    return {};
  }

  // value_: the message.
  void emit(const InputRecord& record, const schemas::Event& event, const Facts& facts) {
    const Address address(record, event);
    if (value_.size() > kLargestValue)
      return dead_letter(
          record, {Reason::too_large, fmt::format("{} bytes as a message, {} fit", value_.size(), kLargestValue)},
          &event);
    ++effects_.counts.processed;
    effects_.records.emplace_back(TopicName::messages, address.key, address.traceparent, value_, event.received_at);
    facts.for_each_kind([&]<class Fact>(const std::vector<Fact>& kind) {
      if constexpr (schemas::Listed<Fact>)
        if (kind.size() > 1) return add_list(address, event, kind);
      for (const auto& fact : kind) add(address, event, fact);
    });
  }

  // One record for all: what a record costs, in librdkafka, in the broker and in the sink, is more than what is in it.
  template <class Fact>
  void add_list(const Address& address, const schemas::Event& event, const std::vector<Fact>& facts) {
    value_.clear();
    schemas::encode_list<Fact>(facts, value_);
    effects_.records.emplace_back(schemas::kTopicOf<Fact>, address.key, address.traceparent, value_, event.received_at);
  }

  template <class Fact>
  void add(const Address& address, const schemas::Event& event, const Fact& fact) {
    value_.clear();
    encode(fact, value_);
    effects_.records.emplace_back(schemas::kTopicOf<Fact>, address.key, address.traceparent, value_, event.received_at);
  }

  void dead_letter(const InputRecord& record, const Rejection& why, const schemas::Event* event) {
    (why.reason == Reason::too_large ? effects_.counts.too_large : effects_.counts.unreadable)++;
    schemas::KnownOfRecord known;
    if (event) known = {event->id, event->occurred_at, event->account, event->receipt, event->trace_id};
    auto letter = schemas::dead_letter_of({context_.events_topic, record.partition, record.offset, record.key,
                                           record.value, record.timestamp, record.traceparent, record.old_ids},
                                          "process", why, {}, known, context_.now);
    if (const auto bytes = letter.body.size(); bytes > kLargestLetterBody) {
      letter.body.resize(kLargestLetterBody);
      letter.context = {{"body_bytes", fmt::format("{}", bytes)}, {"body_cut", "true"}};
    }

    value_.clear();
    encode(letter, value_);
    effects_.records.emplace_back(TopicName::dead_letters, letter.account, record.traceparent, value_,
                                  record.timestamp);
  }

  const Steps& steps_;
  Windows& windows_;
  const BatchContext& context_;
  Effects effects_;
  std::string value_;  // of the record that is being built
};
}  // namespace

Effects process_batch(std::span<const InputRecord> records, const Steps& steps, Windows& windows,
                      const BatchContext& context) {
  Batch batch(steps, windows, context);
  std::map<int, std::pair<int64_t, int64_t>> ranges;  // partition -> [first, next)
  for (const auto& record : records) {
    const auto [range, fresh] = ranges.try_emplace(record.partition, record.offset, record.offset);
    range->second.second = record.offset + 1;
    batch.take(record);
  }
  return std::move(batch).finish(ranges);
}

void publish(const Effects& effects, Windows& windows) {
  for (const auto& progress : effects.progress) windows.at(progress.partition).publish(progress.page_time);
}

void drop_staged(Windows& windows) {
  for (auto& [partition, window] : windows) window.drop_staged();
}

}  // namespace wxpipe::processors
