#include "console/watch.hpp"

#include <thread>

#include "common/config/units.hpp"

namespace wxpipe::console {
namespace {
using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto kPatience = 2s;  // with each role
constexpr auto kBetween = 1s;   // the first two looks

config::Settings quiet(config::Settings settings) {
  settings.kafka.properties.insert_or_assign("log_level", "0");
  return settings;
}
}  // namespace

std::vector<config::Endpoint> admin_addresses(const config::Settings& settings) {
  std::vector<config::Endpoint> addresses;
  for (const auto& text : settings.console.admin)
    if (const auto endpoint = config::parse_endpoint(text)) addresses.push_back(*endpoint);
  if (addresses.empty() && settings.admin.listen.port != 0) addresses.push_back(settings.admin.listen);
  for (auto& address : addresses) {
    if (address.host == "0.0.0.0") address.host = "127.0.0.1";
    if (address.host == "::") address.host = "::1";
  }
  return addresses;
}

Watch::Watch(const config::Settings& settings)
    : settings_(quiet(settings)),
      servers_(settings_,
               settings_.console.postgres_url.empty() ? settings_.postgres.url : settings_.console.postgres_url,
               "wxpipe console") {}

operate::Look Watch::look() { return {operate::scrape(admin_addresses(settings_), kPatience), servers_.look()}; }

Watch::Looks Watch::looks() {
  const std::lock_guard lock(mutex_);
  if (!now_ || steady_clock::now() - looked_ > kStale) {
    now_ = look();
    std::this_thread::sleep_for(kBetween);
    looked_ = {};
  }
  if (steady_clock::now() - looked_ > kFresh) {
    before_ = std::move(now_);
    now_ = look();
    looked_ = steady_clock::now();
  }
  return {*before_, *now_};
}

}  // namespace wxpipe::console
