#include "common/worker/crew.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "common/result.hpp"
#include "common/runtime/backoff.hpp"
#include "common/runtime/stop_wait.hpp"

namespace wxpipe::worker {
namespace {
using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kCheckWhileWaiting = 200ms;
constexpr milliseconds kCheckWhileRunning = 2s;
constexpr milliseconds kAdminTimeout = 2s;
constexpr milliseconds kLongRun = 30s;  // a worker that failed after running so long is replaced at once
constexpr milliseconds kGrace = 4s;     // time for a running write when a stop is requested
}  // namespace

Crew::Crew(const runtime::RoleContext& context, const Clock& clock, const std::vector<Team>& teams)
    : context_(context),
      clock_(clock) {
  for (const auto& team : teams) {
    context_.readiness.not_ready(team.name, "starting");
    const prometheus::Labels group{{"group", team.name}};
    teams_.push_back({.team = team,
                      .lag_records = context_.metrics.consumer_lag_records.Add(group),
                      .lag_seconds = context_.metrics.consumer_lag_seconds.Add(group),
                      .workers = std::deque<Status>(team.workers)});
  }
}

void Crew::run(const std::stop_token& stop, const Around& around) {
  kafka::Admin admin(context_.settings.kafka, kAdminTimeout);
  const std::stop_callback stopping(stop, [this] { stop_.request_stop(); });
  for (bool begun = false; !stop_.stop_requested();) {
    const auto trouble = look(admin, around);
    if (trouble.empty() && !std::exchange(begun, true)) {
      for (auto& manned : teams_)
        for (size_t slot = 0; slot < manned.workers.size(); ++slot)
          start([this, &manned, slot](const std::stop_token&) { work(manned, slot); });
      around.begun();
    }
    bool ready = true;
    for (auto& manned : teams_) {
      ready = show(manned, trouble) && ready;
      show_lag(manned);
    }
    runtime::wait(stop_.get_token(), ready ? kCheckWhileRunning : kCheckWhileWaiting);
  }
  {
    std::unique_lock lock(mutex_);
    const bool ended = ended_.wait_for(lock, kGrace, [&] { return running_ == 0; });
    lock.unlock();
    if (!ended) around.cut_off();
  }
  threads_.clear();
  for (const auto& manned : teams_) context_.readiness.not_ready(manned.team.name, "stopped");
  if (failure_) std::rethrow_exception(failure_);
}

void Crew::start(std::function<void(const std::stop_token&)> body) {
  {
    const std::lock_guard lock(mutex_);
    ++running_;
  }
  threads_.emplace_back([this, body = std::move(body)] {
    try {
      body(stop_.get_token());
    } catch (...) {  // a fatal error or a bug: end the role instead of running half of it
      fail(std::current_exception());
    }
    const std::lock_guard lock(mutex_);
    --running_;
    ended_.notify_all();
  });
}

// Why the cluster can't be used now; empty: it can.
std::string Crew::look(kafka::Admin& admin, const Around& around) const {
  try {
    const auto view = admin.view();
    std::vector<std::string> missing;
    for (const auto& topic : around.topics)
      if (!view.topics.contains(topic)) missing.push_back(topic);
    if (missing.empty()) return around.trouble(view);
    return fmt::format("topics missing: {}; run `wxpipe topics apply`", fmt::join(missing, ", "));
  } catch (const Unavailable& error) {
    return error.what();
  }
}

// Updates readiness; logs a line when it changes. Returns whether the team is ready.
bool Crew::show(Manned& manned, const std::string& cluster_trouble) {
  const auto& team = manned.team;
  auto trouble = cluster_trouble;
  for (const auto& worker : manned.workers)
    if (trouble.empty()) trouble = worker.snapshot().trouble;
  if (trouble.empty()) {
    context_.readiness.ready(team.name);
    if (!manned.shown.empty()) telemetry::log_info(team.events.ready, {team.label, {"workers", team.workers}});
  } else {
    context_.readiness.not_ready(team.name, trouble);
    if (trouble != manned.shown) telemetry::log_warn(team.events.waiting, {team.label, {"why", trouble}});
  }
  manned.shown = trouble;
  return trouble.empty();
}

// Records: how many aren't committed yet. Seconds: of the workers that have records left, the one furthest behind
// counts; the value is the time since its last committed record was received. 0: no records are left, or none was
// committed yet.
void Crew::show_lag(const Manned& manned) const {
  int64_t records = 0;
  Timestamp oldest = Timestamp::max();
  for (const auto& worker : manned.workers) {
    const auto snapshot = worker.snapshot();
    if (snapshot.lag_records == 0) continue;
    records += snapshot.lag_records;
    oldest = std::min(oldest, snapshot.last_taken);
  }
  const auto age = records == 0 || oldest == Timestamp{} ? 0us : clock_.now() - oldest;
  manned.lag_records.Set(static_cast<double>(records));
  manned.lag_seconds.Set(std::chrono::duration<double>(age).count());
}

// One worker's thread. It makes a new worker after a fatal error, or when a server stays away for long.
void Crew::work(Manned& manned, size_t slot) {
  const auto& team = manned.team;
  auto& status = manned.workers[slot];
  for (runtime::Backoff backoff{100ms, 5s}; !stop_.stop_requested();) {
    const auto started = steady_clock::now();
    try {
      return team.work(slot, status, stop_.get_token());
    } catch (const Fenced& error) {
      team.fenced();
      status.set_trouble(error.what());
      telemetry::log_warn(
          team.events.fenced,
          {team.label, {"slot", slot}, {"why", error.what()}, {"look_at", "instance.name used twice?"}});
    } catch (const Unavailable& error) {
      status.set_trouble(error.what());
      telemetry::log_warn(team.events.hindered, {team.label, {"slot", slot}, {"why", error.what()}});
    }
    if (steady_clock::now() - started > kLongRun) backoff.reset();
    runtime::wait(stop_.get_token(), backoff.next());
  }
}

void Crew::fail(std::exception_ptr failure) {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = std::move(failure);
  stop_.request_stop();
}

}  // namespace wxpipe::worker
