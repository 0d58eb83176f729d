// What lies in a spool's folder, of whichever instance. Only looks.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "ingest/delivery/spool_files.hpp"

namespace wxpipe::ingest {

// The instances that have a spool there. A ledger without its file is one that lost everything. Empty if the folder
// can't be read.
std::set<std::string> spools_in(const std::filesystem::path& folder);

// Damaged spools that were kept (docs/decisions/0016-damaged-spools.md). Throws std::filesystem::filesystem_error.
std::vector<std::string> damaged_spools_in(const std::filesystem::path& folder);

// Whether a process uses the spool, or whether it isn't ours to touch.
bool has_owner(const SpoolFiles& files);

}  // namespace wxpipe::ingest
