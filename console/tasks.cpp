#include "console/tasks.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/json/write.hpp"
#include "common/uuid.hpp"
#include "console/masking.hpp"
#include "console/problems.hpp"
#include "operate/audit_log.hpp"

namespace wxpipe::console {
namespace {
std::string json(report::Object fields) {
  std::string out;
  report::append_row(out, {}, {report::Value(std::move(fields))});
  return out;
}
}  // namespace

Tasks::~Tasks() { stop_all(); }

void Tasks::stop_all() {
  const std::lock_guard lock(mutex_);
  for (auto& task : tasks_) task.thread.request_stop();
}

std::string Tasks::begin(std::string what, std::string about, const Identity& by, Work work) {
  const std::lock_guard lock(mutex_);
  if (std::ranges::count(tasks_, "running", &Task::state) >= static_cast<std::ptrdiff_t>(kMostRunning))
    throw Problem(503, "busy", "two tasks are running already", "Wait for one of them, or stop it.");
  auto& task = tasks_.emplace_front();
  task.id = to_string(operate::new_command_id());
  task.what = std::move(what);
  task.about = std::move(about);
  task.by = by.name;
  task.began_at = clock_.now();
  task.thread =
      std::jthread([this, &task, work = std::move(work)](const std::stop_token& stop) { run(task, work, stop); });
  // A task that has ended is joined at once.
  for (auto last = tasks_.end(); tasks_.size() > kMostKept && last != tasks_.begin();)
    if ((--last)->state != "running") last = tasks_.erase(last);
  return json_of(task, by);
}

void Tasks::run(Task& task, const Work& work, const std::stop_token& stop) {
  std::optional<report::Report> report;
  std::string error;
  try {
    report = work(
        [&](const Progress& progress) {
          const std::lock_guard lock(mutex_);
          task.progress = progress;
        },
        stop);
  } catch (const std::exception& failure) {
    const auto problem = problem_of(failure);
    error = json({{"code", problem.code},
                  {"text", problem.what()},
                  {"remedy", problem.remedy.empty() ? report::Value() : report::Value(problem.remedy)}});
  }
  const std::lock_guard lock(mutex_);
  // Whoever is stopped may well complain about it.
  if (stop.stop_requested()) error.clear();
  task.state = !error.empty() ? "failed" : stop.stop_requested() ? "stopped" : "done";
  task.report = std::move(report);
  task.error = std::move(error);
  task.ended_at = clock_.now();
}

Tasks::Task& Tasks::find(const std::string& id) const {
  const auto found = std::ranges::find(tasks_, id, &Task::id);
  if (found == tasks_.end())
    throw Problem(404, "not_found", "there is no such task", "The console keeps the newest 50 until it is restarted.");
  return *found;
}

std::string Tasks::json_of(const Task& task, const Identity& who) {
  using report::Value;
  auto out = json({{"id", task.id},
                   {"what", task.what},
                   {"about", task.about},
                   {"by", task.by},
                   {"state", task.state},
                   {"began_at", task.began_at},
                   {"ended_at", task.ended_at},
                   {"progress", task.progress ? Value(report::Object{{"done", task.progress->done},
                                                                     {"of", task.progress->of},
                                                                     {"unit", task.progress->unit}})
                                              : Value()}});
  out.pop_back();  // the bracket
  out += ",\"report\":" + (task.report ? to_json(masked(*task.report, who)) : "null");
  out += ",\"error\":" + (task.error.empty() ? "null" : task.error);
  return out + "}";
}

std::string Tasks::show(const std::string& id, const Identity& who) const {
  const std::lock_guard lock(mutex_);
  return json_of(find(id), who);
}

std::string Tasks::list(const Identity& who) const {
  const std::lock_guard lock(mutex_);
  std::string out = "{\"tasks\":[";
  for (const auto& task : tasks_) out += (out.ends_with('[') ? "" : ",") + json_of(task, who);
  return out + "]}";
}

std::string Tasks::stop(const std::string& id, const Identity& who) {
  const std::lock_guard lock(mutex_);
  auto& task = find(id);
  task.thread.request_stop();
  return json_of(task, who);
}

}  // namespace wxpipe::console
