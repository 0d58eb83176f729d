// Runs the pure path of a callback, so that callgrind can count its instructions (check.py). Each path runs once to
// warm up, then once inside a function that callgrind is told to count.
//   count_instructions PATH      prints how many callbacks it took
#include <fmt/format.h>

#include <deque>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>

#include "benchmarks/support/events.hpp"
#include "processors/steps.hpp"
#include "schemas/fact_json.hpp"
#include "sinks/families.hpp"

namespace {
using namespace wxpipe;
constexpr size_t kCallbacks = 2'000, kBatch = 500;

// A day's mix in two halves: warming up uses one, so the counted half is new.
std::vector<benchmarks::Request> half(int which) {
  auto all = benchmarks::day_of_requests(2 * kCallbacks);
  return {std::make_move_iterator(all.begin() + which * static_cast<long>(kCallbacks)),
          std::make_move_iterator(all.begin() + (which + 1) * static_cast<long>(kCallbacks))};
}

using Run = std::function<void()>;

// verify → envelope: from a signed request to the record for Kafka.
struct VerifyToEnvelope {
  explicit VerifyToEnvelope(int which) : requests(half(which)) {}
  void operator()() {
    for (const auto& request : requests) {
      auto interpretation = book.interpret(request.callback());
      const auto& event = std::get<ingest::Accepted>(interpretation).event;
      value.clear();
      encode(event, schemas::kEventSchema, value);
      key = schemas::partition_key(event);
    }
  }
  static inline const ingest::AccountBook book = benchmarks::account_book();
  std::vector<benchmarks::Request> requests;
  std::string value, key;
};

// envelope → facts: from records of events.v1 to everything that process writes.
struct EnvelopeToFacts {
  explicit EnvelopeToFacts(int which) {
    const auto events = benchmarks::events_of(half(which));
    received = events.front().received_at;
    for (auto from = events.begin(); from != events.end(); from += static_cast<long>(kBatch))
      batches.emplace_back(std::vector(from, from + static_cast<long>(kBatch)));
  }
  void operator()() {
    for (const auto& batch : batches) {
      const auto effects = process_batch(batch.all(), steps, windows, {"events", received});
      if (effects.counts.processed != kBatch) throw std::logic_error("events that ingest made are not processed");
      publish(effects, windows);
    }
  }
  static inline const processors::Steps steps = processors::make_steps(benchmarks::processing_settings());
  static inline processors::Windows windows = [] {
    processors::Windows made;
    made.emplace(0, processors::RecentIds(std::chrono::seconds(600)));
    return made;
  }();
  Timestamp received;
  std::deque<benchmarks::EventRecords> batches;
};

// facts → arrays: from records of messages.v1 to the rows of the COPY that stores them.
struct FactsToArrays {
  explicit FactsToArrays(int which) {
    for (const auto& event : benchmarks::events_of(half(which))) {
      values.emplace_back();
      encode(event, schemas::kMessageSchema, values.back());
    }
  }
  void operator()() {
    for (size_t i = 0; i < values.size(); ++i) {
      if (!sink->add(values[i])) throw std::logic_error("a message's own codec can't read it");
      if ((i + 1) % kBatch == 0) {
        sink->prepare();
        sink->clear();
      }
    }
  }
  static inline const auto sink = sinks::make_sink(schemas::family_of<schemas::Event>());
  std::vector<std::string> values;
};

template <class Path>
Run prepared() {
  Path warm_up(0);
  warm_up();
  return [path = std::make_shared<Path>(1)] { (*path)(); };
}

// callgrind counts inside this function.
extern "C" __attribute__((noinline)) void counted_path(const Run& run) {
  run();
  asm volatile("");  // prevents a tail call: the function must stay on the stack while it runs
}
}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string, Run (*)()> paths{{"verify_to_envelope", prepared<VerifyToEnvelope>},
                                               {"envelope_to_facts", prepared<EnvelopeToFacts>},
                                               {"facts_to_arrays", prepared<FactsToArrays>}};
  const auto path = argc == 2 ? paths.find(argv[1]) : paths.end();
  if (path == paths.end()) {
    fmt::print(stderr, "usage: count_instructions verify_to_envelope|envelope_to_facts|facts_to_arrays\n");
    return 2;
  }
  counted_path(path->second());
  fmt::print("{}\n", kCallbacks);
}
