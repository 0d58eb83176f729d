// Requests that aren't from the platform, or aren't for us. Each must be refused, and only be counted.
#pragma once

#include <vector>

#include "ingest/account.hpp"
#include "ingest/callback.hpp"

namespace wxpipe::simulate {

// The refusals that can be caused on an account. wire.cpp writes the requests.
std::vector<ingest::Refusal> pretences(const ingest::Account& account);

}  // namespace wxpipe::simulate
