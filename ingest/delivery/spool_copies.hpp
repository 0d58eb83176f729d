// Finds events in the spool files of a folder by their receipts, or custody marks, and changes nothing there. Files of
// other instances count too, and a file may be in use. For repairs (docs/decisions/0017-repair.md).
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

#include "ingest/delivery/outbound.hpp"

namespace wxpipe::ingest {

using VisitCopy = std::function<void(const std::filesystem::path& file, Outbound&& record)>;

// Calls visit for each event with one of these receipts, unless its row doesn't agree with its checksum. Returns one
// line for each file that can't be read, or has such rows.
std::vector<std::string> find_in_spools(const std::filesystem::path& folder,
                                        const std::unordered_set<std::string>& receipts, const VisitCopy& visit);

// The same for all custody marks in spools for these topics: pipelines with other topics may share the folder.
std::vector<std::string> find_marks_in_spools(const std::filesystem::path& folder, const std::string& topic_prefix,
                                              const VisitCopy& visit);

}  // namespace wxpipe::ingest
