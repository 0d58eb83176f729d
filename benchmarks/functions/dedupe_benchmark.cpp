// The dedupe window: one lookup and one entry for each event, with an empty and with a full window.
#include <benchmark/benchmark.h>

#include <random>

#include "processors/dedupe/recent_ids.hpp"

namespace {
using namespace wxpipe;
using namespace wxpipe::processors;

constexpr size_t kBatch = 500;

// Ids and identities are hashes.
class Ids {
 public:
  Uuid id() {
    Uuid made;
    for (size_t i = 0; i < 16; i += 8) {
      const uint64_t word = random_();
      std::memcpy(made.bytes.data() + i, &word, 8);
    }
    return made;
  }
  uint64_t identity() { return random_() | 1; }

 private:
  std::mt19937_64 random_{1};
};

// range(0): how many ids are in the window already, spread over all its slices.
void dedupe(benchmark::State& state) {
  RecentIds window(std::chrono::seconds(600));
  Ids ids;
  const Timestamp start{std::chrono::seconds(1'760'000'000)};
  const auto present = static_cast<size_t>(state.range(0));
  for (size_t i = 0; i < present; ++i) {
    const auto at = start + std::chrono::microseconds(600'000'000 * i / present);
    window.stage(ids.id(), ids.identity(), at, static_cast<int64_t>(i));
    if (i % kBatch == kBatch - 1) window.publish(std::chrono::floor<std::chrono::milliseconds>(at));
  }
  const auto now = start + std::chrono::seconds(600);
  window.publish(std::chrono::floor<std::chrono::milliseconds>(now));
  // Looks up and stages a batch, then drops it, so that the window stays the same.
  std::vector<std::pair<Uuid, uint64_t>> batch(kBatch);
  for (auto _ : state) {
    state.PauseTiming();
    for (auto& [id, identity] : batch) id = ids.id(), identity = ids.identity();
    state.ResumeTiming();
    for (const auto& [id, identity] : batch) benchmark::DoNotOptimize(window.stage(id, identity, now, 0));
    window.drop_staged();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kBatch));
}
BENCHMARK(dedupe)->Arg(1'000)->Arg(100'000)->Arg(1'200'000)->Arg(7'200'000);
}  // namespace
