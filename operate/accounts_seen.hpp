// The accounts that something came for, as the tables know them. Indexes of people and events begin with the account:
// who looks for a person of any account looks once for each account. One thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/postgres/connection.hpp"

namespace wxpipe::operate {

// A query with the column "account": the accounts that a table has. It reads one row of an index for each account (and
// part of the table), however many rows there are.
std::string accounts_in(std::string_view table);

// What was acknowledged, and what is stored: a replay of events alone leaves the first empty.
std::vector<std::string> accounts_seen(postgres::Connection& connection);

}  // namespace wxpipe::operate
