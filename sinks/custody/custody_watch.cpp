#include "sinks/custody/custody_watch.hpp"

#include <algorithm>

#include "common/result.hpp"
#include "common/runtime/stop_wait.hpp"
#include "common/telemetry/log.hpp"
#include "sinks/custody/audit.hpp"

namespace wxpipe::sinks {
namespace {
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kEvery = 5s;
constexpr std::chrono::milliseconds kSeldom =
    60s;                        // the pause while nothing can be proven: don't disturb the consumers
constexpr auto kAge = 3s;       // younger marks are probably still on their way, so they aren't checked
constexpr auto kPatience = 5s;  // the wait for consumers to pass the topics' ends
constexpr size_t kNamed = 5;    // in one log line; `wxpipe audit` names all

// The lock of the process that checks; Postgres releases it when the connection ends.
constexpr const char* kTryLock = "select pg_try_advisory_lock(hashtext('wxpipe.custody'), 0)";
constexpr const char* kUnlock = "select pg_advisory_unlock(hashtext('wxpipe.custody'), 0)";
}  // namespace

void CustodyWatch::run(const std::stop_token& stop) {
  for (auto pause = kEvery; !stop.stop_requested();) {
    std::string hindrance;
    try {
      pause = look(stop) ? std::min(pause * 2, kSeldom) : kEvery;
    } catch (const Unavailable& error) {
      hindrance = error.what();
    } catch (const UsageError& error) {  // wrong schema version: somebody may be about to migrate
      hindrance = error.what();
    } catch (const postgres::SqlError& error) {
      hindrance = error.what();
    }
    if (!hindrance.empty()) {
      database_.disconnect();
      if (hindrance != hindrance_ && !stop.stop_requested())
        telemetry::log_warn("custody_watch_hindered", {{"why", hindrance}});
    }
    hindrance_ = hindrance;
    runtime::wait(stop, pause);
  }
}

bool CustodyWatch::look(const std::stop_token& stop) {
  bool in_vain = false;
  auto& connection = database_.connection();
  if (!drain_) drain_ = std::make_unique<Drain>(settings_);
  if (connection.execute(kTryLock).text(0, 0) == "t") {
    // If all checked marks are proven, there may be more to check.
    for (bool more = true; more && !stop.stop_requested();) {
      const auto found = look_at_unsettled(connection, *drain_, kAge, kPatience, stop);
      more = found.marks > 0 && found.settled == found.marks;
      in_vain = found.marks > 0 && found.settled == 0 && found.missing.empty();
      if (!found.missing.empty()) {
        std::string names;
        for (size_t i = 0; i < std::min(kNamed, found.missing.size()); ++i)
          names += (i > 0 ? " " : "") + found.missing[i].receipt;
        telemetry::log_error(
            "receipts_unaccounted",
            {{"receipts", found.missing.size()}, {"first", names}, {"do", "run `wxpipe audit`: it names all of them"}});
      }
    }
    connection.execute(kUnlock);
  }
  show(CustodyStore(connection).unaccounted());
  return in_vain;
}

void CustodyWatch::show(int64_t unaccounted) {
  unaccounted_.Set(static_cast<double>(unaccounted));
  if (unaccounted == 0 && shown_ > 0) telemetry::log_info("receipts_accounted", {{"receipts", shown_}});
  shown_ = unaccounted;
}

}  // namespace wxpipe::sinks
