#include "benchmarks/support/day.hpp"

#include <fmt/format.h>

#include "benchmarks/support/callbacks.hpp"
#include "ingest/document.hpp"
#include "ingest/normalize.hpp"
#include "simulate/wire.hpp"

namespace wxpipe::benchmarks {
namespace {
simulate::GeneratorOptions options(uint64_t seed, Timestamp begin) {
  auto day = simulate::a_day();
  day.seed = seed;
  day.begin = begin;
  return day;
}
}  // namespace

Day::Day(uint64_t seed, Timestamp begin) : generator_(accounts(), options(seed, begin)), sealer_(sealer()) {}

std::string Day::request(const simulate::Said& said) const {
  static const simulate::Address kHere{"127.0.0.1", ""};
  return simulate::write_request(said, generator_.speaker(said.speaker), kHere, 0, said.at).bytes;
}

std::optional<schemas::Event> Day::event(const simulate::Said& said) const {
  if (said.poison) return std::nullopt;
  const auto document = ingest::parse_document(said.body);
  if (!document) return std::nullopt;
  auto event = ingest::normalize(*document, {generator_.speaker(said.speaker).account, said.tenant, said.webhook_id,
                                             said.body, said.at + std::chrono::seconds(1), sealer_});
  if (!event) return std::nullopt;
  event->receipt = fmt::format("bench/199c8a1b2c3/{}", said.serial + 1);
  event->trace_id = fmt::format("{:032x}", said.serial + 1);
  return std::move(*event);
}

}  // namespace wxpipe::benchmarks
