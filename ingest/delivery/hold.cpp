#include "ingest/delivery/hold.hpp"

#include "common/result.hpp"
#include "common/runtime/stop_wait.hpp"
#include "common/telemetry/log.hpp"
#include "schemas/topics.hpp"

namespace wxpipe::ingest {
namespace {
using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto kEvery = 500ms;
constexpr auto kTimeout = 1s;  // of one question; much shorter than the lease
constexpr std::string_view kAsked = "wxpipe topics grow: the topic gets more partitions";
}  // namespace

Hold::Hold(const config::KafkaSettings& settings)
    : note_(settings, hold_group(settings.topic_prefix),
            {schemas::topic_name(settings.topic_prefix, schemas::TopicName::events), 0}) {}

void Hold::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
}

void Hold::work(const std::stop_token& stop) {
  for (; !stop.stop_requested(); runtime::wait(stop, kEvery)) look(kTimeout);
}

void Hold::look(std::chrono::milliseconds timeout) {
  const auto asked = steady_clock::now();
  try {
    take(note_.read(timeout), asked);
  } catch (const Unavailable& error) {
    show(error.what());  // nothing is known, so the lease runs out
  } catch (const std::exception& error) {
    // This doesn't pass by waiting, and a shop that never grows a topic must not live on its spool for it.
    if (refused_ != error.what()) telemetry::log_warn("hold_unreadable", {{"why", error.what()}});
    refused_ = error.what();
    take({}, asked);
  }
}

void Hold::take(std::string_view note, Time asked) {
  rule_.read(note, asked);
  const bool free = rule_.free_until() > steady_clock::now();
  if (free && on(steady_clock::now())) ended_.fetch_add(1, std::memory_order_release);
  free_until_.store(rule_.free_until().time_since_epoch().count(), std::memory_order_release);
  show(kAsked);
}

void Hold::show(std::string_view why) {
  const bool held = on(steady_clock::now());
  if (held == shown_held_) return;
  shown_held_ = held;
  if (held)
    telemetry::log_warn("events_held", {{"events_go_to", "the spool"}, {"why", why}});
  else
    telemetry::log_info("events_released");
}

}  // namespace wxpipe::ingest
