// The lines of this process's log on logs.v1, beside standard error: so operators find what all processes said in
// system_logs. A line is only put into a bounded queue; a thread sends it. Where the queue is full, because Kafka is
// away or slow, lines are dropped and counted. Standard error has every line.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "common/runtime/role.hpp"
#include "common/runtime/run_roles.hpp"
#include "operate/log_line.hpp"

namespace wxpipe::operate {

// What waits to be sent. Any thread puts lines in, one takes them out.
class LogQueue final : public telemetry::LogTarget {
 public:
  LogQueue(Speaker speaker, size_t most, prometheus::Counter& dropped);

  void take(const telemetry::Line& line) noexcept override;
  // The oldest line. Waits up to `wait` for one; nothing: none came, or stop was requested.
  std::optional<schemas::LogWritten> next(std::chrono::milliseconds wait, const std::stop_token& stop);

 private:
  const Speaker speaker_;
  const size_t most_;
  prometheus::Counter& dropped_;
  std::mutex mutex_;
  std::condition_variable_any filled_;
  std::deque<schemas::LogWritten> lines_;
  uint64_t sequence_ = 0;
};

// A role beside the others. From when it is made until it is destroyed, it takes the process's lines; its destructor
// sends what waits, for at most a second. `command`: what the process was started as.
std::unique_ptr<runtime::Role> make_log_role(const runtime::RoleContext& context, const std::string& command);

// The roles, behind that one if the settings want it.
std::vector<runtime::MakeRole> with_lines_to_kafka(std::vector<runtime::MakeRole> roles,
                                                   const config::Settings& settings, const std::string& command);

}  // namespace wxpipe::operate
