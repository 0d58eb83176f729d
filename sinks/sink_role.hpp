// The role `sink`: a thread for each family of tables, the autopilot (it makes partitions, and drops old ones where
// [retention] says so) and the watches beside them, readiness ("sink.<family>") and metrics.
#pragma once

#include <memory>

#include "common/clock.hpp"
#include "common/runtime/role.hpp"
#include "sinks/alerts/alert_watch.hpp"
#include "sinks/custody/repair.hpp"

namespace wxpipe::sinks {

// The clock and everything in the context must outlive the role. The role waits for broker, topics, Postgres and its
// schema, and says so in Readiness. Throws UsageError on a family that doesn't exist. others: where [sink] repair may
// find what the topics don't have. ask_readers: how far each reader is behind, for alerts.
std::unique_ptr<runtime::Role> make_sink_role(const runtime::RoleContext& context, const Clock& clock = system_clock(),
                                              OtherCopies others = {}, AskReaders ask_readers = {});

}  // namespace wxpipe::sinks
