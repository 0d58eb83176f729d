#include "sinks/alerts/alert_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace wxpipe::sinks {
namespace {
using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::seconds;

int64_t in_seconds(microseconds time) { return duration_cast<seconds>(time).count(); }

class Decision {
 public:
  Decision(const config::AlertSettings& settings, const Observed& observed, const std::vector<OpenAlert>& open)
      : settings_(settings),
        observed_(observed) {
    for (const auto& alert : open) open_.emplace(alert.key, alert);
  }

  AlertChanges run() && {
    judge_readers();
    judge({"unaccounted", "pipeline", "custody"}, observed_.unaccounted, settings_.unaccounted,
          {.level = "CRITICAL",
           .title = "Callbacks are unaccounted for",
           .message = "Acknowledged callbacks are found nowhere: `wxpipe audit` names them",
           .metric_name = "unaccounted"});
    if (observed_.dead_letters)
      judge({"dead_letters", "pipeline", "dead_letters"}, *observed_.dead_letters, settings_.dead_letters,
            {.level = "WARNING",
             .title = "Many dead letters",
             .message = "Records of the last ten minutes that can't be stored: `wxpipe dlq ls` shows them",
             .metric_name = "dead_letters"});
    else if (settings_.dead_letters > 0)
      leave_open("dead_letters");
    for (const auto& one : observed_.instances)
      judge_silence(
          {"instance_silent", "instance", one.account}, one,
          settings_.instance_silent == seconds(0) ? seconds(0) : std::max(settings_.instance_silent, 3 * one.interval),
          "An instance sends no heartbeat");
    for (const auto& one : observed_.accounts)
      judge_silence({"account_silent", "account", one.account}, one, settings_.account_silent,
                    "Nothing comes for an account");
    // What isn't watched any more: the rule is off, the source is gone.
    for (const auto& [key, alert] : open_) resolve(alert, observed_.now);
    return std::move(changes_);
  }

 private:
  void judge_readers() {
    if (!observed_.readers) {
      if (settings_.lag > seconds(0)) leave_open("lag");
      return;
    }
    for (const auto& one : *observed_.readers)
      judge({"lag", "reader", one.reader}, in_seconds(one.age), settings_.lag.count(),
            {.level = "ERROR",
             .title = "A reader is behind",
             .message = fmt::format("The oldest record that {} hasn't taken is {} s old: `wxpipe lag` shows more",
                                    one.reader, in_seconds(one.age)),
             .metric_name = "lag_seconds"});
  }

  // Opened from the threshold on, over below half of it: so a value close to it doesn't make one alert after the other.
  void judge(const AlertKey& key, int64_t value, int64_t threshold, NewAlert alert) {
    const auto open = open_.find(key);
    if (open == open_.end()) {
      if (threshold == 0 || value < threshold) return;
      alert.key = key;
      alert.opened_at = observed_.now;
      alert.value = value;
      alert.threshold = threshold;
      changes_.opened.push_back(std::move(alert));
      return;
    }
    if (threshold == 0 || value < (threshold + 1) / 2) return;
    open_.erase(open);  // it isn't over
  }

  // It begins when the silence has lasted for so long, by the last sign of life.
  void judge_silence(const AlertKey& key, const Heard& one, seconds threshold, const char* title) {
    if (threshold == seconds(0)) return;
    const auto since = one.last_at + threshold;
    if (const auto found = open_.find(key); found != open_.end()) {
      const auto alert = found->second;
      open_.erase(found);
      if (alert.opened_at == since) return;  // it isn't over
      resolve(alert, one.last_at > alert.opened_at ? one.last_at : observed_.now);
    }
    const auto known = known_until();
    if (!one.is_usual || !known || since > *known) return;
    changes_.opened.push_back(
        {.key = key,
         .opened_at = since,
         .account = one.account,
         .level = "WARNING",
         .title = title,
         .message = fmt::format("{} was last heard of at {}", one.account, to_iso8601(one.last_at)),
         .metric_name = "silent_seconds",
         .value = in_seconds(observed_.now - one.last_at),
         .threshold = threshold.count()});
  }

  // Everything that was received until then has been taken by all readers.
  std::optional<Timestamp> known_until() const {
    if (!observed_.readers) return std::nullopt;
    microseconds most{0};
    for (const auto& one : *observed_.readers) most = std::max(most, one.age);
    return observed_.now - most;
  }

  // Nothing is known of what this rule watches.
  void leave_open(std::string_view rule) {
    std::erase_if(open_, [&](const auto& each) { return each.first.rule == rule; });
  }

  void resolve(const OpenAlert& alert, Timestamp at) { changes_.resolved.push_back({alert.id, alert.key, at}); }

  const config::AlertSettings& settings_;
  const Observed& observed_;
  std::map<AlertKey, OpenAlert> open_;  // those about which nothing has been decided
  AlertChanges changes_;
};
}  // namespace

AlertChanges decide_alerts(const config::AlertSettings& settings, const Observed& observed,
                           const std::vector<OpenAlert>& open) {
  return Decision(settings, observed, open).run();
}

}  // namespace wxpipe::sinks
