// The list of all sinks. A new table: its SQL in schemas/postgres, a folder here, and one line in sinks.cpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "common/config/settings.hpp"
#include "sinks/sink.hpp"

namespace wxpipe::sinks {

std::vector<std::string_view> all_families();
// Throws UsageError naming the families there are.
std::unique_ptr<Sink> make_sink(std::string_view family);
// What [sink] families asks for; all where it names none. Views into the settings. Throws UsageError on one that
// doesn't exist or stands there twice.
std::vector<std::string_view> chosen_families(const config::SinkSettings& settings);

// When a family's batch is full.
struct BatchLimits {
  size_t rows;
  std::chrono::milliseconds interval;  // since its first record
};
BatchLimits batch_limits(std::string_view family, const config::SinkSettings& settings);

// The consumer group of a family, which is also its key in wxpipe.sink_offsets.
std::string group_id(std::string_view topic_prefix, std::string_view family);

}  // namespace wxpipe::sinks
