// The spools of this machine as a place where a repair finds events (docs/decisions/0017-repair.md).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/config/settings.hpp"
#include "ingest/delivery/outbound.hpp"
#include "sinks/custody/repair.hpp"

namespace wxpipe::operate {

sinks::Copy copy_of(ingest::Outbound&& record, std::string where);

// unread: gets a line for each file that can't be read or has wrong rows. Nothing, if there is no spool here.
sinks::OtherCopies copies_in_spools(const config::Settings& settings,
                                    std::function<void(const std::vector<std::string>& lines)> unread);

}  // namespace wxpipe::operate
