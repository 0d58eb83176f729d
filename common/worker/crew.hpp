// The threads of a role: its workers in teams, and what runs beside them. A worker that fails is followed by a new one,
// after a back-off. Says on /readyz and in the log how each team is, and in the metrics how far behind.
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

// Workers that do the same: they are ready together, and their lag is one number.
struct Team {
  struct Events {  // names of log lines
    std::string_view ready, waiting, fenced, hindered;
  };
  std::string name;        // the part of /readyz, the group in metrics
  telemetry::Field label;  // in log lines
  Events events;
  size_t workers = 1;
  // Makes a worker and runs it. Fenced and Unavailable: a new one follows. Anything else ends the role.
  std::function<void(size_t slot, Status& status, const std::stop_token& stop)> work;
  std::function<void()> fenced = [] {};  // counts it
};

class Crew {
 public:
  // Borrowed and outliving it: what `context` refers to, the clock.
  Crew(const runtime::RoleContext& context, const Clock& clock, const std::vector<Team>& teams);
  ~Crew() { stop_.request_stop(); }
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  // Something on a thread of its own until the stop. What it throws ends the role.
  void start(std::function<void(const std::stop_token&)> body);

  struct Around {
    std::vector<std::string> topics;  // without them nobody works
    // What else is wrong with the cluster; empty: nothing.
    std::function<std::string(const kafka::ClusterView&)> trouble = [](const auto&) { return std::string(); };
    std::function<void()> begun = [] {};    // the workers are: the cluster is as it should be
    std::function<void()> cut_off = [] {};  // they are slow to end: makes what they wait for fail
  };
  // Until stopped; once. Throws what ended the role.
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
