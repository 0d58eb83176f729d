// The threads of a role: teams of workers, and other threads beside them. A worker that fails is replaced after a
// back-off. /readyz and the log say whether each team is ready, the metrics say how far behind it is.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "common/clock.hpp"
#include "common/kafka/admin.hpp"
#include "common/runtime/role.hpp"
#include "common/telemetry/log.hpp"
#include "common/worker/status.hpp"

namespace wxpipe::worker {

// Workers that do the same work. A team is ready as a whole, and has one number for its lag.
struct Team {
  struct Events {  // names of log lines
    std::string_view ready, waiting, fenced, hindered;
  };
  std::string name;        // the part of /readyz, the group in metrics
  telemetry::Field label;  // in log lines
  Events events;
  size_t workers = 1;
  // Makes a worker and runs it. After Fenced and Unavailable it is called again. Any other exception ends the role.
  std::function<void(size_t slot, Status& status, const std::stop_token& stop)> work;
  std::function<void()> fenced = [] {};  // counts it
};

class Crew {
 public:
  // The clock and everything in `context` must outlive the crew.
  Crew(const runtime::RoleContext& context, const Clock& clock, const std::vector<Team>& teams);
  ~Crew() { stop_.request_stop(); }
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  // Runs a function on its own thread until the stop. An exception from it ends the role.
  void start(std::function<void(const std::stop_token&)> body);

  struct Around {
    std::vector<std::string> topics;  // no worker starts before they exist
    // Another reason why the cluster can't be used; empty: none.
    std::function<std::string(const kafka::ClusterView&)> trouble = [](const auto&) { return std::string(); };
    std::function<void()> begun = [] {};    // called when the cluster is fine and the workers have started
    std::function<void()> cut_off = [] {};  // called when workers end too slowly: make their waits fail
  };
  // Runs until stopped; call it once. Throws the exception that ended the role.
  void run(const std::stop_token& stop, const Around& around);

 private:
  struct Manned {
    Team team;
    prometheus::Gauge &lag_records, &lag_seconds;
    std::deque<Status> workers;
    std::string shown = "starting";
  };
  std::string look(kafka::Admin& admin, const Around& around) const;
  bool show(Manned& manned, const std::string& trouble);
  void show_lag(const Manned& manned) const;
  void work(Manned& manned, size_t slot);
  void fail(std::exception_ptr failure);

  runtime::RoleContext context_;
  const Clock& clock_;
  std::deque<Manned> teams_;
  std::mutex mutex_;
  std::condition_variable ended_;
  int running_ = 0;
  std::exception_ptr failure_;
  std::stop_source stop_;
  std::vector<std::jthread> threads_;  // joined first
};

}  // namespace wxpipe::worker
