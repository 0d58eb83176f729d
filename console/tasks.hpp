// Work in the background that somebody began: a replay, an audit, a retry. A few at a time, each on a thread of its
// own; the newest are kept with their reports, in memory. What they changed is in audit_logs. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "common/clock.hpp"
#include "common/report/report.hpp"
#include "console/access.hpp"

namespace wxpipe::console {

struct Progress {
  int64_t done = 0, of = 0;  // of: 0 if it isn't known
  std::string unit;
};

class Tasks {
 public:
  static constexpr size_t kMostKept = 50, kMostRunning = 2;
  using Tell = std::function<void(const Progress&)>;
  using Work = std::function<report::Report(const Tell& tell, const std::stop_token& stop)>;

  explicit Tasks(const Clock& clock) : clock_(clock) {}
  // Asks all to stop and waits for them.
  ~Tasks();

  // JSON of the new task. Throws Problem: too many are running. by: who gets its report, masked as for them.
  std::string begin(std::string what, std::string about, const Identity& by, Work work);
  // One task as `who` may see it. Throws Problem: there is none.
  std::string show(const std::string& id, const Identity& who) const;
  std::string list(const Identity& who) const;
  std::string stop(const std::string& id, const Identity& who);
  void stop_all();

 private:
  struct Task {
    std::string id, what, about, by, state = "running";
    Timestamp began_at{};
    std::optional<Timestamp> ended_at{};
    std::optional<Progress> progress{};
    std::optional<report::Report> report{};
    std::string error{};  // JSON of its error
    std::jthread thread{};
  };
  void run(Task& task, const Work& work, const std::stop_token& stop);
  Task& find(const std::string& id) const;
  static std::string json_of(const Task& task, const Identity& who);

  const Clock& clock_;
  mutable std::mutex mutex_;
  mutable std::list<Task> tasks_;  // the newest first
};

}  // namespace wxpipe::console
