// Reads all topics of an in-memory broker into a Memory, and answers questions about it on the admin port: /micro/all,
// /micro/good, /micro/bad, /micro/reset. It stands where the sinks stand otherwise.
#pragma once

#include <memory>

#include "common/runtime/role.hpp"

namespace wxpipe::micro {

std::unique_ptr<runtime::Role> make_micro_role(runtime::RoleContext context);

}  // namespace wxpipe::micro
