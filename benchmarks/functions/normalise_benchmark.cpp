// Everything that ingest does with a callback before Kafka: interpret verifies, decrypts, parses, normalises and seals.
#include <benchmark/benchmark.h>

#include "benchmarks/support/callbacks.hpp"
#include "ingest/account.hpp"
#include "ingest/document.hpp"
#include "ingest/normalize.hpp"

namespace {
using namespace wxpipe;

void normalise_message(benchmark::State& state) {
  std::vector<std::string> errors;
  const auto account = ingest::make_account(benchmarks::accounts()[0], errors);
  const auto sealer = benchmarks::sealer();
  const auto body = benchmarks::text_message(1, static_cast<size_t>(state.range(0)), benchmarks::kCreated);
  const auto document = ingest::parse_document(body);
  const ingest::NormalizeContext context{
      account, {}, {}, body, Timestamp(std::chrono::seconds(benchmarks::kCreated + 1)), sealer};
  for (auto _ : state) benchmark::DoNotOptimize(ingest::normalize(*document, context));
}
BENCHMARK(normalise_message)->Arg(512)->Arg(1024)->Arg(2048);

void interpret_message(benchmark::State& state) {
  const auto book = benchmarks::account_book();
  const auto request = benchmarks::signed_request(
      {"shop", benchmarks::text_message(1, static_cast<size_t>(state.range(0)), benchmarks::kCreated)}, 1);
  const auto callback = request.callback();
  for (auto _ : state) benchmark::DoNotOptimize(book.interpret(callback));
}
BENCHMARK(interpret_message)->Arg(512)->Arg(1024)->Arg(2048);

void interpret_a_days_mix(benchmark::State& state) {
  const auto book = benchmarks::account_book();
  const auto requests = benchmarks::day_of_requests(200);
  size_t next = 0;
  for (auto _ : state) benchmark::DoNotOptimize(book.interpret(requests[next++ % requests.size()].callback()));
}
BENCHMARK(interpret_a_days_mix);
}  // namespace
