#include "sinks/custody/custody_watch.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "common/result.hpp"
#include "common/runtime/stop_wait.hpp"
#include "common/telemetry/log.hpp"
#include "sinks/custody/audit.hpp"

namespace wxpipe::sinks {
namespace {
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kEvery = 5s;
constexpr std::chrono::milliseconds kSeldom = 60s;  // pause while nothing can be proven: spare the consumers
constexpr auto kAge = 3s;       // younger marks are probably still on their way, so they aren't checked
constexpr auto kPatience = 5s;  // the wait for consumers to pass the topics' ends
constexpr size_t kNamed = 5;    // in one log line; `wxpipe audit` names all
constexpr SearchLimits kRepairLimits{2'000'000, 60s};
constexpr size_t kMostTried = 200'000;              // that are remembered
constexpr std::chrono::seconds kFirstPause = 1min;  // before a search that ended at its limit is repeated
constexpr std::chrono::seconds kLongestPause = 1h;

// The lock of the process that checks; Postgres releases it when the connection ends.
constexpr const char* kTryLock = "select pg_try_advisory_lock(hashtext('wxpipe.custody'), 0)";
constexpr const char* kUnlock = "select pg_advisory_unlock(hashtext('wxpipe.custody'), 0)";

std::string first_of(const std::vector<std::string>& receipts) {
  return fmt::format("{}",
                     fmt::join(receipts.begin(),
                               receipts.begin() + static_cast<std::ptrdiff_t>(std::min(kNamed, receipts.size())), " "));
}
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
    } catch (const Fenced& error) {  // Kafka refuses us something for good, such as reading a topic
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
        std::vector<std::string> names;
        for (const auto& one : found.missing) names.push_back(one.receipt);
        telemetry::log_error("receipts_unaccounted", {{"receipts", names.size()},
                                                      {"first", first_of(names)},
                                                      {"do", "run `wxpipe audit --repair`: it names all of them"}});
        if (settings_.sink.repair) mend(found.missing, stop);
      }
    }
    connection.execute(kUnlock);
  }
  show(CustodyStore(connection).unaccounted());
  return in_vain;
}

// Once for each receipt: if it is missing again after it was sent and everything was taken, sending doesn't help it.
// Nothing is known of those that a search didn't reach, so they are searched again, more and more seldom.
void CustodyWatch::mend(const std::vector<MissingReceipt>& missing, const std::stop_token& stop) {
  if (not_reached_.empty()) next_pause_ = kFirstPause;
  if (std::chrono::steady_clock::now() >= try_again_) not_reached_.clear();
  std::vector<MissingReceipt> untried;
  for (const auto& one : missing)
    if (!tried_.contains(one.receipt) && !not_reached_.contains(one.receipt)) untried.push_back(one);
  told(repair(settings_, untried, RepairMode::send, kRepairLimits, others_, stop));
}

void CustodyWatch::told(const std::vector<Repair>& repairs) {
  std::vector<std::string> sent, impossible, not_reached;
  std::string why;
  for (const auto& one : repairs) {
    if (one.outcome == Mending::not_reached) {
      not_reached.push_back(one.lost.receipt);
      continue;
    }
    if (tried_.size() >= kMostTried) tried_.clear();
    tried_.insert(one.lost.receipt);
    if (one.outcome == Mending::sent) {
      sent.push_back(one.lost.receipt);
      continue;
    }
    impossible.push_back(one.lost.receipt);
    if (why.empty()) why = fmt::format("{}: {}", to_string(one.outcome), one.where);
  }
  const auto count = [&](const char* outcome, const std::vector<std::string>& receipts) {
    metrics_.repairs.Add({{"outcome", outcome}}).Increment(static_cast<double>(receipts.size()));
  };
  count("sent", sent);
  count("impossible", impossible);
  if (!sent.empty()) telemetry::log_warn("receipts_sent_again", {{"receipts", sent.size()}, {"first", first_of(sent)}});
  if (!impossible.empty())
    telemetry::log_error("receipts_beyond_repair", {{"receipts", impossible.size()},
                                                    {"first", first_of(impossible)},
                                                    {"why", why},
                                                    {"do", "run `wxpipe audit --repair`: it gives each one's reason"}});
  if (not_reached.empty()) return;
  not_reached_.insert(not_reached.begin(), not_reached.end());
  if (const auto now = std::chrono::steady_clock::now(); now >= try_again_) {
    try_again_ = now + next_pause_;
    next_pause_ = std::min(next_pause_ * 2, kLongestPause);
  }
  telemetry::log_warn("receipts_not_reached", {{"receipts", not_reached.size()},
                                               {"first", first_of(not_reached)},
                                               {"do", "run `wxpipe audit --repair`: it searches further"}});
}

void CustodyWatch::show(int64_t unaccounted) {
  metrics_.unaccounted.Set(static_cast<double>(unaccounted));
  if (unaccounted == 0 && shown_ > 0) telemetry::log_info("receipts_accounted", {{"receipts", shown_}});
  shown_ = unaccounted;
}

}  // namespace wxpipe::sinks
