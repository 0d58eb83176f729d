#include "sinks/sink_role.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

#include "common/backoff.hpp"
#include "common/kafka/admin.hpp"
#include "common/postgres/sqlstate.hpp"
#include "common/result.hpp"
#include "common/runtime/memory.hpp"
#include "common/runtime/stop_wait.hpp"
#include "common/telemetry/log.hpp"
#include "sinks/autopilot.hpp"
#include "sinks/custody/custody_watch.hpp"
#include "sinks/sink_worker.hpp"

namespace wxpipe::sinks {
namespace {
using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kCheckWhileWaiting = 200ms;
constexpr milliseconds kCheckWhileRunning = 2s;
constexpr milliseconds kAdminTimeout = 2s;
constexpr milliseconds kLongRun = 30s;  // a worker that went so long and fell may start again at once
constexpr milliseconds kGrace = 4s;     // for what Postgres is doing when a stop comes; connecting takes 5 s at most
constexpr milliseconds kAutopilotEvery = 1h;
constexpr milliseconds kAutopilotAgainAfter = 10s;

// Everything of one family that outlives its workers.
struct Family {
  Family(const schemas::FamilyInfo& family, const runtime::RoleContext& context)
      : info(family),
        name(family.name),
        part("sink." + name),
        metrics(context.metrics, family),
        database(context.settings.postgres.url, "wxpipe sink " + name, postgres::Purpose::sink) {}
  const schemas::FamilyInfo& info;
  const std::string name, part;
  SinkMetrics metrics;
  SinkStatus status;
  Database database;
  std::string shown = "starting";
};

class SinkRole : public runtime::Role {
 public:
  SinkRole(const runtime::RoleContext& context, const Clock& clock)
      : context_(context),
        clock_(clock),
        keeper_database_(context.settings.postgres.url, "wxpipe sink autopilot", postgres::Purpose::administration),
        custody_database_(context.settings.postgres.url, "wxpipe sink custody", postgres::Purpose::administration),
        custody_watch_(context.settings, custody_database_, context.metrics.unaccounted) {
    for (const auto* family : chosen_families(context.settings.sink)) {
      families_.emplace_back(*family, context);
      context_.readiness.not_ready(families_.back().part, "starting");
    }
  }

  std::string_view name() const override { return "sink"; }

  void run(std::stop_token stop) override {
    kafka::Admin admin(context_.settings.kafka, kAdminTimeout);
    std::stop_source threads_stop;
    const std::stop_callback stopping(stop, [&] { threads_stop.request_stop(); });
    {
      std::vector<std::jthread> threads;  // joined at the end of this block
      start(threads, [this, &threads_stop] { keep(threads_stop.get_token()); });
      bool started = false;
      while (!threads_stop.stop_requested()) {
        const auto trouble = look(admin);
        if (trouble.empty() && !started) {
          started = true;
          for (auto& family : families_) start(threads, [this, &family, &threads_stop] { work(family, threads_stop); });
          // Who stores marks also watches over them.
          if (std::any_of(families_.begin(), families_.end(), [](const auto& family) {
                return &family.info == &schemas::family_of<schemas::CustodyMark>();
              }))
            start(threads, [this, &threads_stop] { watch(threads_stop); });
        }
        bool ready = true;
        for (auto& family : families_) {
          ready = show(family, trouble) && ready;
          show_lag(family);
        }
        runtime::wait(threads_stop.get_token(), ready ? kCheckWhileRunning : kCheckWhileWaiting);
      }
      finish();
    }
    for (const auto& family : families_) context_.readiness.not_ready(family.part, "stopped");
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  template <class Body>
  void start(std::vector<std::jthread>& threads, Body body) {
    {
      const std::lock_guard lock(mutex_);
      ++running_;
    }
    threads.emplace_back([this, body] {
      body();
      const std::lock_guard lock(mutex_);
      --running_;
      ended_.notify_all();
    });
  }

  // What is being written may end; what doesn't end is cut off, and the offsets tell where to go on.
  void finish() {
    std::unique_lock lock(mutex_);
    if (ended_.wait_for(lock, kGrace, [&] { return running_ == 0; })) return;
    lock.unlock();
    for (auto& family : families_) family.database.interrupt();
    keeper_database_.interrupt();
    custody_database_.interrupt();
  }

  // What keeps the broker from being of use; empty: nothing.
  std::string look(kafka::Admin& admin) const {
    try {
      const auto view = admin.view();
      for (const auto& family : families_) {
        const auto topic = schemas::topic_name(context_.settings.kafka.topic_prefix, family.info.topic.name);
        if (!view.topics.contains(topic)) return fmt::format("topic {} is missing; run `wxpipe topics apply`", topic);
      }
      return {};
    } catch (const Unavailable& error) {
      return error.what();
    }
  }

  // Readiness always; a log line when it changes. Answers whether it is ready.
  bool show(Family& family, const std::string& broker_trouble) {
    const auto trouble = broker_trouble.empty() ? family.status.snapshot().trouble : broker_trouble;
    if (trouble.empty()) {
      context_.readiness.ready(family.part);
      if (!family.shown.empty()) telemetry::log_info("sink_ready", {{"sink", family.name}});
    } else {
      context_.readiness.not_ready(family.part, trouble);
      if (trouble != family.shown) telemetry::log_warn("sink_waiting", {{"sink", family.name}, {"why", trouble}});
    }
    family.shown = trouble;
    return trouble.empty();
  }

  void show_lag(Family& family) const {
    const auto snapshot = family.status.snapshot();
    const bool behind = snapshot.lag_records > 0 && snapshot.last_taken != Timestamp{};
    const auto age = behind ? clock_.now() - snapshot.last_taken : 0us;
    family.metrics.lag(static_cast<double>(snapshot.lag_records), std::chrono::duration<double>(age).count());
  }

  // One family's thread: a worker, and after a fatal error the next one.
  void work(Family& family, std::stop_source& stop) {
    std::minstd_rand random(std::random_device{}());
    std::uniform_real_distribution<double> fraction(0, 1);
    const Backoff backoff{100ms, 5s};
    for (unsigned attempt = 0; !stop.stop_requested();) {
      const auto started = steady_clock::now();
      try {
        SinkWorker worker(context_.settings, family.info, clock_, family.database, family.metrics, family.status);
        worker.run(stop.get_token());
        return;
      } catch (const UsageError&) {
        fail(std::current_exception(), stop);
        return;
      } catch (const Fenced& error) {
        family.metrics.retried("fenced");
        family.status.set_trouble(error.what());
        telemetry::log_warn("sink_fenced", {{"sink", family.name}, {"why", error.what()}});
      } catch (const Unavailable& error) {
        family.status.set_trouble(error.what());
        telemetry::log_warn("sink_hindered", {{"sink", family.name}, {"why", error.what()}});
      } catch (...) {  // a bug: the role ends with it rather than go on half working
        fail(std::current_exception(), stop);
        return;
      }
      if (steady_clock::now() - started > kLongRun) attempt = 0;
      runtime::wait(stop.get_token(), backoff.delay(attempt++, fraction(random)));
    }
  }

  // The autopilot's thread.
  void keep(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      auto next = kAutopilotEvery;
      const auto later = [&](std::string_view why) {
        telemetry::log_warn("autopilot_hindered", {{"why", why}});
        next = kAutopilotAgainAfter;
      };
      try {
        keep_tables(keeper_database_.connection(), clock_.now(), context_.settings.sink);
      } catch (const Unavailable& error) {
        later(error.what());
      } catch (const UsageError& error) {
        later(error.what());
      } catch (const postgres::SqlError& error) {
        later(error.what());
      }
      keeper_database_.disconnect();
      runtime::wait(stop, next);
    }
  }

  // The thread of the custody watch.
  void watch(std::stop_source& stop) {
    try {
      custody_watch_.run(stop.get_token());
    } catch (...) {
      fail(std::current_exception(), stop);
    }
  }

  void fail(std::exception_ptr failure, std::stop_source& stop) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::move(failure);
    stop.request_stop();
  }

  runtime::RoleContext context_;
  const Clock& clock_;
  std::deque<Family> families_;
  Database keeper_database_, custody_database_;
  CustodyWatch custody_watch_;
  std::mutex mutex_;
  std::condition_variable ended_;
  int running_ = 0;
  std::exception_ptr failure_;
};
}  // namespace

std::unique_ptr<runtime::Role> make_sink_role(const runtime::RoleContext& context, const Clock& clock) {
  runtime::give_memory_back();
  return std::make_unique<SinkRole>(context, clock);
}

}  // namespace wxpipe::sinks
