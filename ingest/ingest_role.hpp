// The role that takes callbacks in: configuration to accounts, spool and drainer, and one io thread per core with its
// server, receiver and producer. Reads top to bottom in ingest_role.cpp.
#pragma once

#include <functional>
#include <memory>

#include "common/clock.hpp"
#include "common/runtime/role.hpp"

namespace wxpipe::ingest {

// Decodes every account; throws UsageError naming what is wrong with the configuration. on_listening gets the port once
// callbacks are taken (with listen port 0 the system chooses).
std::unique_ptr<runtime::Role> make_ingest_role(runtime::RoleContext context, const Clock& clock = system_clock(),
                                                std::function<void(uint16_t)> on_listening = {});

}  // namespace wxpipe::ingest
