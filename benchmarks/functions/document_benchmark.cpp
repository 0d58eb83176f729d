// Parses XML and JSON bodies into the flat list of fields.
#include <benchmark/benchmark.h>

#include "benchmarks/support/bodies.hpp"
#include "ingest/document.hpp"

namespace {
using namespace wxpipe;

void xml(benchmark::State& state) {
  const auto body = benchmarks::text_message(1, static_cast<size_t>(state.range(0)), benchmarks::kCreated);
  for (auto _ : state) benchmark::DoNotOptimize(ingest::parse_document(body));
}
BENCHMARK(xml)->Arg(512)->Arg(1024)->Arg(2048);

void json(benchmark::State& state) {
  std::string body;
  for (const auto& [account, text] : benchmarks::day_of_bodies(40))
    if (account == "forms") body = text;
  for (auto _ : state) benchmark::DoNotOptimize(ingest::parse_document(body));
}
BENCHMARK(json);
}  // namespace
