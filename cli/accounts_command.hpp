// wxpipe accounts ls|add|rotate|retire: the accounts in Postgres.
#pragma once

#include "cli/program.hpp"

namespace wxpipe::cli {

void add_accounts_command(Program& program);

}  // namespace wxpipe::cli
