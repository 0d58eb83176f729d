// Names that a person writes to choose rows by. One that doesn't exist finds nothing, and nothing reads like "all is
// well": so it is refused, with the nearest one that exists. One thread.
#pragma once

#include <string>
#include <vector>

#include "common/config/settings.hpp"
#include "sinks/family_databases.hpp"

namespace wxpipe::operate {

// Throws UsageError: no account is called so, neither in the configuration nor in the tables, which keep the names of
// accounts of before. Empty: none is meant.
void require_account(const std::string& name, const config::Settings& settings, sinks::FamilyConnections& databases);

// Throws UsageError: no table that is compared (side_schema.hpp) has such a column.
void require_columns(const std::vector<std::string>& names, postgres::Connection& connection);

}  // namespace wxpipe::operate
