// From facts to what Postgres gets: a record's value to a row, and rows to the arrays of one statement.
#include <benchmark/benchmark.h>

#include "benchmarks/support/events.hpp"
#include "common/postgres/sql_array.hpp"
#include "schemas/fact_json.hpp"
#include "sinks/families.hpp"

namespace {
using namespace wxpipe;

void read_message_row(benchmark::State& state) {
  std::string value;
  encode(benchmarks::text_event(1, static_cast<size_t>(state.range(0))), schemas::kMessageSchema, value);
  const auto sink = sinks::make_sink(schemas::family_of<schemas::Event>());
  for (auto _ : state) {
    benchmark::DoNotOptimize(sink->add(value));
    if (sink->size() == 1000) sink->clear();
  }
}
BENCHMARK(read_message_row)->Arg(512)->Arg(1024)->Arg(2048);

void text_array(benchmark::State& state) {
  const auto body = benchmarks::text_message(1, static_cast<size_t>(state.range(0)), benchmarks::kCreated);
  postgres::SqlArray array(postgres::ElementType::text);
  for (auto _ : state) {
    array.add_text(body);
    if (array.size() == 1000) {
      benchmark::DoNotOptimize(array.bytes().data());
      array.clear();
    }
  }
}
BENCHMARK(text_array)->Arg(16)->Arg(1024);

void uuid_array(benchmark::State& state) {
  Uuid id;
  postgres::SqlArray array(postgres::ElementType::uuid);
  for (auto _ : state) {
    array.add_uuid(id);
    if (array.size() == 1000) array.clear();
  }
}
BENCHMARK(uuid_array);
}  // namespace
