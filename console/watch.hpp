// Two looks at the roles and readers, for rates: looked again every few seconds while somebody asks, never otherwise.
// Any thread.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <vector>

#include "common/config/settings.hpp"
#include "operate/top_report.hpp"

namespace wxpipe::console {

// Where the roles answer: [console] admin, else [admin] listen.
std::vector<config::Endpoint> admin_addresses(const config::Settings& settings);

class Watch {
 public:
  static constexpr std::chrono::seconds kFresh{4}, kStale{60};

  // settings must outlive it.
  explicit Watch(const config::Settings& settings);

  struct Looks {
    operate::Look before, now;
  };
  // Two looks, the newer one a few seconds old at most. The first ones take a second. While somebody else looks, the
  // last ones have to do: a server that is away must not hold up whoever asks for something else.
  Looks looks();

 private:
  operate::Look look();
  std::optional<Looks> known(std::chrono::seconds at_most);

  const config::Settings settings_;  // with a quiet librdkafka: what it would log is in the answer
  std::mutex looking_;               // one at a time; guards servers_
  operate::Servers servers_;
  std::mutex mutex_;  // guards what follows
  std::optional<Looks> looks_;
  std::chrono::steady_clock::time_point looked_{};
};

}  // namespace wxpipe::console
