// Runs roles until the process is told to stop (SIGTERM, SIGINT) or one of them ends: one thread each, an admin server
// beside them.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "common/runtime/role.hpp"

namespace wxpipe::runtime {

using MakeRole = std::function<std::unique_ptr<Role>(RoleContext)>;

// SIGTERM and SIGINT are left to run_roles by the calling thread and those it starts. For whoever starts threads before
// it.
void block_stop_signals();

// On the main thread, before any other thread exists (it blocks the signals for all of them). Returns when all roles
// have stopped; throws what the first failing role threw.
void run_roles(const config::Settings& settings, const std::vector<MakeRole>& roles);

}  // namespace wxpipe::runtime
