// An event's id from its decrypted bytes, the id of a derived event, and the readable form.
#include <benchmark/benchmark.h>

#include "benchmarks/support/bodies.hpp"
#include "schemas/event_id.hpp"

namespace {
using namespace wxpipe;
constexpr Timestamp kOccurred{std::chrono::seconds(benchmarks::kCreated)};

void event_id(benchmark::State& state) {
  const auto body = benchmarks::text_message(1, static_cast<size_t>(state.range(0)), benchmarks::kCreated);
  for (auto _ : state) benchmark::DoNotOptimize(schemas::event_id("shop", {}, {}, body, kOccurred));
}
BENCHMARK(event_id)->Arg(512)->Arg(1024)->Arg(2048);

void derived_id(benchmark::State& state) {
  const auto id = schemas::event_id("shop", {}, {}, "body", kOccurred);
  for (auto _ : state) benchmark::DoNotOptimize(schemas::derived_id(id, "rule:message"));
}
BENCHMARK(derived_id);

void uuid_text(benchmark::State& state) {
  const auto id = schemas::event_id("shop", {}, {}, "body", kOccurred);
  std::string text;
  for (auto _ : state) {
    text.clear();
    append_uuid(text, id);
    benchmark::DoNotOptimize(text.data());
  }
}
BENCHMARK(uuid_text);
}  // namespace
