// What an ingest process refused lately, asked for over its admin port, and what to do about each; and when a platform
// last verified each account's address. The process keeps both in memory (ingest/refusals.hpp).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.hpp"
#include "common/config/settings.hpp"

namespace wxpipe::operate {

struct Refused {
  Timestamp at, first_at;
  uint64_t times = 0;  // so many alike between the two
  std::string account, reason, wrong, method, address;
  uint64_t body_bytes = 0;
};

// A platform's verification of an account's address was answered: the newest.
struct VerifiedAddress {
  Timestamp at;
  std::string account, address;
};

struct RefusedLately {
  std::vector<Refused> list;  // the newest first
  std::vector<VerifiedAddress> verified;
};

// account: empty for all. Throws Unavailable if nobody answers there, and UsageError if what answers is no ingest
// process.
RefusedLately refused_callbacks(const config::Endpoint& admin, std::string_view account, size_t limit);

// What docs/operations.md says about a refusal's reason, and about the part that was wrong if one is named.
std::string remedy_of(const Refused& refused);

}  // namespace wxpipe::operate
