#include "benchmarks/support/events.hpp"
#include "schemas/fact_json.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "common/config/settings_file.hpp"
#include "ingest/document.hpp"
#include "ingest/normalize.hpp"

namespace wxpipe::benchmarks {
namespace {
void deliver(schemas::Event& event, uint64_t number) {
  event.receipt = fmt::format("bench/199c8a1b2c3/{}", number);
  event.trace_id = fmt::format("{:032x}", number + 1);
}

ingest::Account shop() {
  std::vector<std::string> errors;
  auto account = ingest::make_account(accounts()[0], errors);
  if (!errors.empty()) throw std::logic_error(errors.front());
  return account;
}
}  // namespace

std::vector<schemas::Event> events_of(const std::vector<Request>& requests) {
  const auto book = account_book();
  std::vector<schemas::Event> events;
  for (const auto& request : requests) {
    auto interpretation = book.interpret(request.callback());
    auto* accepted = std::get_if<ingest::Accepted>(&interpretation);
    if (accepted == nullptr)
      throw std::logic_error(fmt::format("the callback made for {} is not accepted", request.account));
    deliver(accepted->event, events.size());
    events.push_back(std::move(accepted->event));
  }
  return events;
}

TextEvents::TextEvents(size_t size, Timestamp created)
    : size_(size),
      created_(created),
      account_(shop()),
      sealer_(sealer()) {}

schemas::Event TextEvents::operator()(uint64_t number) const {
  const auto second = std::chrono::floor<std::chrono::seconds>(created_.time_since_epoch()).count();
  const auto body = text_message(number, size_, second);
  auto event = ingest::normalize(ingest::parse_document(body).value(),
                                 {account_, {}, {}, body, created_ + std::chrono::seconds(1), sealer_});
  deliver(event.value(), number);
  return std::move(event.value());
}

schemas::Event text_event(uint64_t number, size_t size) {
  return TextEvents(size, Timestamp(std::chrono::seconds(kCreated)))(number);
}

std::string envelope(const schemas::Event& event) {
  std::string out;
  encode(event, schemas::kEventSchema, out);
  return out;
}

EventRecords::EventRecords(const std::vector<schemas::Event>& events) {
  for (const auto& event : events) {
    const auto keep = [&](std::string text) -> std::string_view { return text_.emplace_back(std::move(text)); };
    records_.push_back({.partition = 0,
                        .offset = static_cast<int64_t>(records_.size()),
                        .key = keep(schemas::partition_key(event)),
                        .value = keep(envelope(event)),
                        .timestamp = event.received_at,
                        .traceparent = keep(fmt::format("00-{}-00f067aa0ba902b7-01", event.trace_id))});
  }
}

config::Settings processing_settings() {
  auto settings = config::load_settings(
      "", {{{"WXPIPE_SCORE__RULES_FILE", WXPIPE_SOURCE_DIR "/config/scoring.toml"}}, "bench"}, config::kForProcess);
  settings.accounts = accounts();
  return settings;
}

}  // namespace wxpipe::benchmarks
