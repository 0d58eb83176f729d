// `wxpipe console`: the API and the pages for browsers, on an address of their own. It reads Postgres and the topics
// outside of any group, so it never slows the pipeline; what it changes, it changes as the commands do.
#pragma once

#include <functional>
#include <memory>

#include "common/clock.hpp"
#include "common/runtime/role.hpp"

namespace wxpipe::console {

// listening: is told the port.
std::unique_ptr<runtime::Role> make_console_role(const runtime::RoleContext& context,
                                                 const Clock& clock = system_clock(),
                                                 const std::function<void(uint16_t port)>& listening = {});

}  // namespace wxpipe::console
