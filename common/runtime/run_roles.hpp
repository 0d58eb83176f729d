// Runs roles until the process is told to stop (SIGTERM, SIGINT) or one of them ends: one thread for each, one that
// takes a changed configuration, and an admin server.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "common/runtime/reload.hpp"
#include "common/runtime/role.hpp"

namespace wxpipe::runtime {

using MakeRole = std::function<std::unique_ptr<Role>(RoleContext)>;

// Blocks SIGTERM, SIGINT and SIGHUP in the calling thread and the threads it starts, so that run_roles gets them. Call
// it if you start threads before run_roles.
void block_signals();

// On the main thread, before any other thread exists (it blocks the signals for all of them). Returns when all roles
// have stopped; throws what the first failing role threw. `source`: where a changed configuration comes from
// (reload.hpp), and `read`: what it gave at first. The two settings may differ: those that roles are made with may have
// been adapted.
void run_roles(const config::Settings& settings, const std::vector<MakeRole>& roles, ConfigurationSource& source,
               const config::Settings& read);

}  // namespace wxpipe::runtime
