// Callbacks that are authentic, and yet nobody can read them: each for a reason of the dead letters' closed list.
#pragma once

#include <vector>

#include "ingest/account.hpp"
#include "simulate/said.hpp"

namespace wxpipe::simulate {

// The reasons that can happen on an account.
std::vector<Reason> poisons(const ingest::Account& account);

// Makes it so. `malformed_xml` stands for the body's own notation; what needs another time or another key has it
// already, or gets it when the request is written.
void spoil(Said& said, Reason reason);

}  // namespace wxpipe::simulate
