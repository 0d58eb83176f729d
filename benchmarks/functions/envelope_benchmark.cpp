// The envelope on events.v1 and messages.v1: written by ingest, read and written by process, read by the sink.
#include <benchmark/benchmark.h>

#include "benchmarks/support/events.hpp"
#include "schemas/fact_json.hpp"

namespace {
using namespace wxpipe;

void write_envelope(benchmark::State& state) {
  const auto event = benchmarks::text_event(1, static_cast<size_t>(state.range(0)));
  std::string out;
  for (auto _ : state) {
    out.clear();
    encode(event, schemas::kEventSchema, out);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(write_envelope)->Arg(512)->Arg(1024)->Arg(2048);

void read_envelope(benchmark::State& state) {
  const auto json = benchmarks::envelope(benchmarks::text_event(1, static_cast<size_t>(state.range(0))));
  for (auto _ : state) benchmark::DoNotOptimize(schemas::decode<schemas::Event>(json));
}
BENCHMARK(read_envelope)->Arg(512)->Arg(1024)->Arg(2048);
}  // namespace
