// The data after ingest, made by ingest's own code from a day's bodies: events, their envelopes, and records as process
// finds them on events.v1.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "benchmarks/support/callbacks.hpp"
#include "common/config/settings.hpp"
#include "ingest/account.hpp"
#include "processors/process_batch.hpp"
#include "schemas/facts/event.hpp"

namespace wxpipe::benchmarks {

// The events of these requests, with receipt and trace id. Throws std::logic_error if one isn't accepted.
std::vector<schemas::Event> events_of(const std::vector<Request>& requests);

// 公众号 text messages of `size` decrypted bytes as events. Made by normalising only: a third of the full cost.
class TextEvents {
 public:
  TextEvents(size_t size, Timestamp created);
  schemas::Event operator()(uint64_t number) const;

 private:
  const size_t size_;
  const Timestamp created_;
  const ingest::Account account_;
  const crypto::Sealer sealer_;
};
schemas::Event text_event(uint64_t number, size_t size);

std::string envelope(const schemas::Event& event);

// Events as the records of one partition of events.v1, in order. Owns their text.
class EventRecords {
 public:
  explicit EventRecords(const std::vector<schemas::Event>& events);
  EventRecords(const EventRecords&) = delete;
  EventRecords& operator=(const EventRecords&) = delete;
  const std::vector<processors::InputRecord>& all() const { return records_; }

 private:
  std::deque<std::string> text_;
  std::vector<processors::InputRecord> records_;
};

// The settings for the steps: accounts() and the scoring rules shipped with wxpipe.
config::Settings processing_settings();

}  // namespace wxpipe::benchmarks
