#include "console/watch.hpp"

#include <thread>

#include "common/config/units.hpp"
#include "console/databases.hpp"

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
               [this](const sinks::FamilyDatabase& database) { return open_for_questions(settings_, database); }) {}

operate::Look Watch::look() { return {operate::scrape(admin_addresses(settings_), kPatience), servers_.look()}; }

std::optional<Watch::Looks> Watch::known(std::chrono::seconds at_most) {
  const std::lock_guard lock(mutex_);
  return looks_ && steady_clock::now() - looked_ <= at_most ? looks_ : std::nullopt;
}

Watch::Looks Watch::looks() {
  if (auto fresh = known(kFresh)) return *fresh;
  std::unique_lock lock(looking_, std::try_to_lock);
  if (!lock.owns_lock()) {
    if (auto last = known(kStale)) return *last;
    lock.lock();
    if (auto fresh = known(kFresh)) return *fresh;
  }
  const auto last = known(kStale);
  auto before = last ? last->now : look();
  if (!last) std::this_thread::sleep_for(kBetween);
  Looks looks{std::move(before), look()};
  const std::lock_guard guard(mutex_);
  looks_ = looks;
  looked_ = steady_clock::now();
  return looks;
}

}  // namespace wxpipe::console
