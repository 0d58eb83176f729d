#include "processors/process_role.hpp"

#include <fmt/ranges.h>

#include <exception>
#include <mutex>
#include <optional>
#include <random>
#include <thread>

#include "common/backoff.hpp"
#include "common/kafka/admin.hpp"
#include "common/result.hpp"
#include "common/runtime/memory.hpp"
#include "common/runtime/stop_wait.hpp"
#include "common/telemetry/log.hpp"
#include "processors/steps.hpp"
#include "processors/transaction_loop.hpp"

namespace wxpipe::processors {
namespace {
using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds kCheckWhileWaiting = 200ms;
constexpr milliseconds kCheckWhileRunning = 2s;
constexpr milliseconds kAdminTimeout = 2s;
constexpr milliseconds kLongRun = 30s;  // a worker that went so long and fell may start again at once

// What is wrong with the topics that `process` reads and writes; empty: nothing.
std::string missing_topics(const kafka::ClusterView& view, const std::string& prefix) {
  std::vector<std::string> missing;
  for (const auto& topic : schemas::kTopics)
    if (const auto name = schemas::topic_name(prefix, topic.name); !view.topics.contains(name)) missing.push_back(name);
  if (!missing.empty()) return fmt::format("topics missing: {}; run `wxpipe topics apply`", fmt::join(missing, ", "));
  const auto partitions = [&](schemas::TopicName name) {
    return view.topics.at(schemas::topic_name(prefix, name)).partitions;
  };
  const int events = partitions(schemas::TopicName::events), journal = partitions(schemas::TopicName::seen_ids);
  if (journal < events)
    return fmt::format("{} has {} partitions and {} has {}; run `wxpipe topics apply`",
                       schemas::topic_name(prefix, schemas::TopicName::seen_ids), journal,
                       schemas::topic_name(prefix, schemas::TopicName::events), events);
  return {};
}

class ProcessRole : public runtime::Role {
 public:
  ProcessRole(runtime::RoleContext context, const Clock& clock)
      : context_(context),
        clock_(clock),
        steps_(make_steps(context.settings)),
        metrics_(context.metrics),
        workers_(static_cast<size_t>(std::max(1, context.settings.process.workers))) {
    context_.readiness.not_ready("process", "starting");
  }

  std::string_view name() const override { return "process"; }

  void run(std::stop_token stop) override {
    kafka::Admin admin(context_.settings.kafka, kAdminTimeout);
    std::stop_source workers_stop;
    const std::stop_callback stopping(stop, [&] { workers_stop.request_stop(); });
    {
      std::vector<std::jthread> threads;  // joined at the end of this block
      while (!workers_stop.stop_requested()) {
        const auto trouble = look(admin);
        if (trouble.empty() && threads.empty())
          for (size_t slot = 0; slot < workers_.size(); ++slot)
            threads.emplace_back([this, slot, &workers_stop] { work(slot, workers_stop); });
        show(trouble.empty() ? workers_trouble() : trouble);
        show_lag();
        runtime::wait(workers_stop.get_token(), ready_ ? kCheckWhileRunning : kCheckWhileWaiting);
      }
    }
    context_.readiness.not_ready("process", "stopped");
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  // What keeps the servers from being of use; empty: nothing.
  std::string look(kafka::Admin& admin) {
    try {
      return missing_topics(admin.view(), context_.settings.kafka.topic_prefix);
    } catch (const Unavailable& error) {
      return error.what();
    }
  }

  std::string workers_trouble() const {
    for (const auto& worker : workers_)
      if (auto trouble = worker.snapshot().trouble; !trouble.empty()) return trouble;
    return {};
  }

  // Readiness always; a log line when it changes.
  void show(const std::string& trouble) {
    if (trouble.empty()) {
      context_.readiness.ready("process");
      if (!ready_) telemetry::log_info("process_ready", {{"workers", workers_.size()}});
    } else {
      context_.readiness.not_ready("process", trouble);
      if (trouble != shown_) telemetry::log_warn("process_waiting", {{"why", trouble}});
    }
    ready_ = trouble.empty();
    shown_ = trouble;
  }

  void show_lag() {
    int64_t records = 0;
    Timestamp oldest = Timestamp::max();
    for (const auto& worker : workers_) {
      const auto snapshot = worker.snapshot();
      if (snapshot.lag_records == 0) continue;
      records += snapshot.lag_records;
      oldest = std::min(oldest, snapshot.last_taken);
    }
    const auto age = records == 0 || oldest == Timestamp{} ? 0us : clock_.now() - oldest;
    metrics_.lag(static_cast<double>(records), std::chrono::duration<double>(age).count());
  }

  // One worker's thread: a loop, and after a fatal error or a long absence of the broker the next one.
  void work(size_t slot, std::stop_source& stop) {
    std::minstd_rand random(std::random_device{}());
    std::uniform_real_distribution<double> fraction(0, 1);
    const Backoff backoff{100ms, 5s};
    auto& status = workers_[slot];
    for (unsigned attempt = 0; !stop.stop_requested();) {
      const auto started = std::chrono::steady_clock::now();
      try {
        TransactionLoop loop(context_.settings, static_cast<int>(slot), steps_, clock_, metrics_, status);
        loop.run(stop.get_token());
        return;
      } catch (const UsageError&) {
        fail(std::current_exception(), stop);
        return;
      } catch (const Fenced& error) {
        metrics_.fenced();
        status.set_trouble(error.what());
        telemetry::log_warn("worker_fenced",
                            {{"slot", slot}, {"why", error.what()}, {"look_at", "instance.name used twice?"}});
      } catch (const Unavailable& error) {
        status.set_trouble(error.what());
        telemetry::log_warn("worker_hindered", {{"slot", slot}, {"why", error.what()}});
      } catch (...) {  // a bug: the role ends with it rather than go on half working
        fail(std::current_exception(), stop);
        return;
      }
      if (std::chrono::steady_clock::now() - started > kLongRun) attempt = 0;
      runtime::wait(stop.get_token(), backoff.delay(attempt++, fraction(random)));
    }
  }

  void fail(std::exception_ptr failure, std::stop_source& stop) {
    const std::lock_guard lock(failure_mutex_);
    if (!failure_) failure_ = std::move(failure);
    stop.request_stop();
  }

  runtime::RoleContext context_;
  const Clock& clock_;
  const Steps steps_;
  ProcessMetrics metrics_;
  std::vector<WorkerStatus> workers_;
  std::mutex failure_mutex_;
  std::exception_ptr failure_;
  bool ready_ = false;
  std::string shown_ = "starting";
};
}  // namespace

std::unique_ptr<runtime::Role> make_process_role(runtime::RoleContext context, const Clock& clock) {
  runtime::give_memory_back();
  return std::make_unique<ProcessRole>(context, clock);
}

}  // namespace wxpipe::processors
