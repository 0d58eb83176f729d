// Runs roles until the process is told to stop (SIGTERM, SIGINT) or one of them ends: one thread for each, and an admin
// server.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "common/runtime/role.hpp"

namespace wxpipe::runtime {

using MakeRole = std::function<std::unique_ptr<Role>(RoleContext)>;

// Blocks SIGTERM and SIGINT in the calling thread and the threads it starts, so that run_roles gets them. Call it if
// you start threads before run_roles.
void block_stop_signals();

// On the main thread, before any other thread exists (it blocks the signals for all of them). Returns when all roles
// have stopped; throws what the first failing role threw.
void run_roles(const config::Settings& settings, const std::vector<MakeRole>& roles);

}  // namespace wxpipe::runtime
