// How many processes are needed, as a report: `wxpipe scale advise` prints it, and the console shows it. One thread.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "common/config/settings.hpp"
#include "common/report/report.hpp"
#include "operate/lag.hpp"

namespace wxpipe::operate {

struct ScaleAdvice {
  report::Report report;
  std::map<std::string, size_t> processes;  // by role, as advised
};

// From two looks; asks Kafka how many workers there are. Throws Unavailable: Kafka is away, or a database was for one
// of the looks.
ScaleAdvice scale_advice(const config::Settings& settings, const LagLook& before, const LagLook& now,
                         std::chrono::milliseconds target);

}  // namespace wxpipe::operate
