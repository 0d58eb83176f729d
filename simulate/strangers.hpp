// Those who are not the platform, or don't mean us: what each pretends must be refused and leave nothing but a count.
#pragma once

#include <vector>

#include "ingest/account.hpp"
#include "ingest/callback.hpp"

namespace wxpipe::simulate {

// The refusals that can be provoked on an account. How is the request's affair (wire.cpp).
std::vector<ingest::Refusal> pretences(const ingest::Account& account);

}  // namespace wxpipe::simulate
