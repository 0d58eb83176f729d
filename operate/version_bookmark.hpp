// Beside the roles of a process that writes to Postgres: remembers under `started-VERSION` when this version first ran,
// so that somebody who doubts an upgrade can replay from there (wxpipe replay --from bookmark:started-1.2.0).
#pragma once

#include <memory>

#include "common/runtime/role.hpp"

namespace wxpipe::operate {

std::unique_ptr<runtime::Role> make_version_bookmark_role(const runtime::RoleContext& context);

}  // namespace wxpipe::operate
