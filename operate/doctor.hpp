// Is everything as it should be? Looks at the configuration, at this machine, at Kafka, at Postgres and at the roles,
// and names what is wrong with its remedy. It changes nothing, joins no group, and each look has a time limit: what a
// server that is away keeps it from seeing is one finding, and everything else is looked at all the same.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.hpp"
#include "common/config/settings_file.hpp"
#include "common/report/report.hpp"

namespace wxpipe::operate {

struct Examination {
  config::Loaded loaded;  // with its errors: the rest is looked at with what could be read
  config::Needs needs;    // accounts: this machine runs ingest, so its spool, disk and certificate are looked at
  std::vector<config::Endpoint> admin;     // where roles answer /readyz
  bool must_answer = false;                // a person named these addresses: nobody answering there is an error
  std::chrono::milliseconds limit{5'000};  // of each look
};

struct Checked {
  std::string name;  // "clock", "topics" …
  std::vector<report::Finding> findings;
  std::chrono::microseconds took{0};
  enum class End { looked, skipped, server_away, out_of_time } end = End::looked;
};

// Takes at most twice the limit. After out_of_time, the thread of that look still runs: end the process with
// std::quick_exit, so that nothing is destroyed below it.
std::vector<Checked> examine(const std::shared_ptr<const Examination>& examination);

// ---- Judgements, pure ----

// ahead: how far this machine's clock is ahead of the server's; uncertain by half of what the question took.
report::Finding judge_clock(std::chrono::microseconds ahead, std::chrono::microseconds took);
report::Finding judge_certificate(const std::string& file, Timestamp from, Timestamp to, Timestamp now);
// free: bytes left on the disk; used: by the spool already; most: [spool] max_bytes.
report::Finding judge_disk(const std::string& folder, uint64_t free, uint64_t used, uint64_t most);
// The answer of a role's /readyz.
std::vector<report::Finding> judge_readiness(const std::string& address, std::string_view json);

}  // namespace wxpipe::operate
