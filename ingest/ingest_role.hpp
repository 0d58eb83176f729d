// The role that receives callbacks. Builds accounts, spool and drainer from the configuration, and one io thread per
// core with server, receiver and producer.
#pragma once

#include <functional>
#include <memory>

#include "common/clock.hpp"
#include "common/runtime/role.hpp"

namespace wxpipe::ingest {

// Decodes every account. Throws UsageError for configuration errors. Calls on_listening with the port when it takes
// callbacks (listen port 0: the system chooses one).
std::unique_ptr<runtime::Role> make_ingest_role(runtime::RoleContext context, const Clock& clock = system_clock(),
                                                std::function<void(uint16_t)> on_listening = {});

}  // namespace wxpipe::ingest
