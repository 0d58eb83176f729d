// Each processing step alone, over a day's mix of events; and all of them together with reading and writing.
#include <benchmark/benchmark.h>

#include "benchmarks/support/events.hpp"
#include "processors/steps.hpp"

namespace {
using namespace wxpipe;
using namespace wxpipe::processors;

void step(benchmark::State& state, size_t which) {
  const auto steps = make_steps(benchmarks::processing_settings());
  auto events = benchmarks::events_of(benchmarks::day_of_requests(200));
  // Each step gets events that have passed the steps before it.
  for (auto& event : events)
    for (size_t i = 0; i < which; ++i) {
      Facts facts;
      steps[i].apply(event, facts);
    }
  size_t next = 0;
  for (auto _ : state) {
    Facts facts;
    steps[which].apply(events[next++ % events.size()], facts);
    benchmark::DoNotOptimize(facts);
  }
}

// range(0): only text messages, or a day's mix.
void batch(benchmark::State& state) {
  const auto steps = make_steps(benchmarks::processing_settings());
  std::vector<schemas::Event> events;
  if (state.range(0) == 0)
    events = benchmarks::events_of(benchmarks::day_of_requests(500));
  else
    for (uint64_t i = 0; i < 500; ++i) events.push_back(benchmarks::text_event(i, static_cast<size_t>(state.range(0))));
  const benchmarks::EventRecords records(events);
  const BatchContext context{"events", events.front().received_at};
  Windows windows;
  windows.emplace(0, RecentIds(std::chrono::seconds(600)));
  for (auto _ : state) {
    const auto effects = process_batch(records.all(), steps, windows, context);
    benchmark::DoNotOptimize(effects.records.data());
    drop_staged(windows);
  }
  state.SetItemsProcessed(state.iterations() * 500);
}
BENCHMARK(batch)->ArgName("message_bytes_or_0_for_a_mix")->Arg(0)->Arg(1024);

const bool registered = [] {
  const auto steps = make_steps(benchmarks::processing_settings());
  for (size_t i = 0; i < steps.size(); ++i)
    benchmark::RegisterBenchmark(("step/" + std::string(steps[i].name)).c_str(), step, i);
  return true;
}();
}  // namespace
