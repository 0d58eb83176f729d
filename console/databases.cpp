#include "console/databases.hpp"

#include <fmt/format.h>

#include "common/postgres/migrations.hpp"

namespace wxpipe::console {
namespace {
constexpr std::chrono::seconds kQuestion{5};
}

std::unique_ptr<postgres::Connection> Databases::connect(For what, std::chrono::seconds statement_limit) const {
  const auto& own = settings_.console.postgres_url;
  const bool reads = what == For::questions;
  auto connection = std::make_unique<postgres::Connection>(reads && !own.empty() ? own : settings_.postgres.url,
                                                           "wxpipe console", postgres::Purpose::administration);
  connection->execute(fmt::format("set statement_timeout = '{}s'{}", statement_limit.count(),
                                  reads ? "; set default_transaction_read_only = on" : ""));
  postgres::require_schema(*connection);
  return connection;
}

std::unique_ptr<postgres::Connection> Databases::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!kept_.empty()) {
      auto connection = std::move(kept_.back());
      kept_.pop_back();
      return connection;
    }
  }
  return connect(For::questions, kQuestion);
}

void Databases::give_back(std::unique_ptr<postgres::Connection> connection) {
  const std::lock_guard lock(mutex_);
  if (kept_.size() < kMostKept) kept_.push_back(std::move(connection));
}

}  // namespace wxpipe::console
