// The role `process`: its workers, its readiness ("process") and its metrics.
#pragma once

#include <memory>

#include "common/clock.hpp"
#include "common/runtime/role.hpp"

namespace wxpipe::processors {

// The clock and everything in the context must outlive the role. The role waits for the broker and the topics, and says
// so in Readiness.
std::unique_ptr<runtime::Role> make_process_role(runtime::RoleContext context, const Clock& clock = system_clock());

}  // namespace wxpipe::processors
