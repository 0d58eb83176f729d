// Callbacks that are authentic but can't be read: one for each reason in the dead letters' closed list.
#pragma once

#include <vector>

#include "ingest/account.hpp"
#include "simulate/said.hpp"

namespace wxpipe::simulate {

// The reasons that are possible on an account.
std::vector<Reason> poisons(const ingest::Account& account);

// Spoils the callback in this way. `malformed_xml` means malformed in the body's own notation. Reasons that need
// another time or another key change nothing here: the time is already set, the key is used when the request is
// written.
void spoil(Said& said, Reason reason);

}  // namespace wxpipe::simulate
