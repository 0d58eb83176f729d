// Traffic as it is, for the benchmarks: what simulate's platforms say on a day (simulate/generator.hpp, a_day) to the
// accounts of callbacks.hpp. As requests for ingest, or as the events that ingest makes of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/crypto/sealer.hpp"
#include "schemas/facts/event.hpp"
#include "simulate/generator.hpp"

namespace wxpipe::benchmarks {

class Day {
 public:
  // Equal seeds and beginnings: the same people and the same callbacks.
  Day(uint64_t seed, Timestamp begin);

  simulate::Said next(Timestamp at) { return generator_.next(at); }
  // The HTTP request for it.
  std::string request(const simulate::Said& said) const;
  // What ingest makes of it, with a receipt of its own; nothing where that is a dead letter.
  std::optional<schemas::Event> event(const simulate::Said& said) const;

 private:
  simulate::Generator generator_;
  const crypto::Sealer sealer_;
};

}  // namespace wxpipe::benchmarks
