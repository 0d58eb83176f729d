// Beside the roles of a process: looks now and then how safe what the topics hold is (common/kafka/durability.hpp). The
// result stands in /readyz, and in the log when it changes. It never makes a process unready.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/runtime/role.hpp"

namespace wxpipe::runtime {

std::unique_ptr<Role> make_durability_role(const RoleContext& context, std::vector<std::string> topics);

}  // namespace wxpipe::runtime
