// wxpipe's own alerts: when one is opened, when it is over. Pure. What is silent is judged by the time up to which
// everything has been taken: while readers are behind, nothing is called silent for it. An alert of silence is a
// function of the time of the last sign of life alone, so it can be opened any number of times.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/config/settings.hpp"

namespace wxpipe::sinks {

struct ReaderBehind {
  std::string reader;               // "process", "sink.messages"
  std::chrono::microseconds age{};  // of the oldest record that it hasn't taken; 0: it has taken all
};

// An instance or an account, and its last sign of life.
struct Heard {
  std::string account;
  Timestamp last_at;
  bool is_usual = false;            // it is heard often enough that its silence says something
  std::chrono::seconds interval{};  // between two heartbeats; 0: nobody said
};

struct Observed {
  Timestamp now;
  std::optional<std::vector<ReaderBehind>> readers;  // none: Kafka didn't say
  int64_t unaccounted = 0;
  std::optional<int64_t> dead_letters = 0;  // of the last ten minutes; none: a database didn't say
  std::vector<Heard> instances, accounts;
};

// Of one source a rule has at most one alert that isn't over.
struct AlertKey {
  std::string rule, source_type, source_id;
  auto operator<=>(const AlertKey&) const = default;
};
struct OpenAlert {
  std::string id;
  AlertKey key;
  Timestamp opened_at;
};

struct NewAlert {
  AlertKey key{};
  Timestamp opened_at{};
  std::string account{}, level{}, title{}, message{}, metric_name{};
  int64_t value = 0, threshold = 0;
  bool operator==(const NewAlert&) const = default;
};
struct ResolvedAlert {
  std::string id;
  AlertKey key;
  Timestamp resolved_at;
  bool operator==(const ResolvedAlert&) const = default;
};
struct AlertChanges {
  std::vector<ResolvedAlert> resolved;  // to be written first
  std::vector<NewAlert> opened;
  bool operator==(const AlertChanges&) const = default;
};

AlertChanges decide_alerts(const config::AlertSettings& settings, const Observed& observed,
                           const std::vector<OpenAlert>& open);

}  // namespace wxpipe::sinks
