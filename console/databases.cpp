#include "console/databases.hpp"

#include <fmt/format.h>

namespace wxpipe::console {
namespace {
constexpr std::chrono::seconds kQuestion{5};
}

std::unique_ptr<postgres::Connection> open_for_questions(const config::Settings& settings,
                                                         sinks::FamilyDatabase database) {
  if (!settings.console.postgres_url.empty() && database.has(schemas::family_of<schemas::Event>())) {
    database.url = settings.console.postgres_url;
    database.setting = "console.postgres_url";
  }
  return sinks::open(database, "wxpipe console");
}

std::unique_ptr<sinks::FamilyConnections> Databases::connect(For what, std::chrono::seconds statement_limit) const {
  const bool reads = what != For::changes;
  auto session = fmt::format("set statement_timeout = '{}s'", statement_limit.count());
  if (reads) session += "; set default_transaction_read_only = on";
  if (what == For::questions) session += fmt::format("; {}", sinks::kReadByIndex);
  auto databases = std::make_unique<sinks::FamilyConnections>(
      settings_, [&settings = settings_, reads, session = std::move(session)](const sinks::FamilyDatabase& database) {
        auto connection = reads ? open_for_questions(settings, database) : sinks::open(database, "wxpipe console");
        connection->execute(session);
        return connection;
      });
  databases->of<schemas::Event>();  // so that a database that is away is noticed here
  return databases;
}

std::unique_ptr<sinks::FamilyConnections> Databases::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!kept_.empty()) {
      auto databases = std::move(kept_.back());
      kept_.pop_back();
      return databases;
    }
  }
  return connect(For::questions, kQuestion);
}

void Databases::give_back(std::unique_ptr<sinks::FamilyConnections> databases) {
  const std::lock_guard lock(mutex_);
  if (kept_.size() < kMostKept) kept_.push_back(std::move(databases));
}

}  // namespace wxpipe::console
