// One callback of a type that somebody asks for, as the account's platform would send it: what the simulated platforms
// say (topic.hpp), else the least that makes a callback of that type. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "simulate/said.hpp"
#include "simulate/speaker.hpp"

namespace wxpipe::simulate {

struct OneCallback {
  std::string type;                   // docs/event-types.md
  std::string subject{}, tenant{};    // empty: made up
  std::vector<WantedField> fields{};  // instead of what would stand there, or beside it
};

// seed: another one gives other ids. Throws UsageError if the account's kind has no such type, and names the nearest.
Said say_one(const Speaker& speaker, const OneCallback& order, uint64_t seed, Timestamp at);

// The types that say_one knows for the kind, sorted.
std::vector<std::string> types_of(ingest::AccountKind kind);

}  // namespace wxpipe::simulate
