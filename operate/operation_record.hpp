// A row of audit_logs for what a command did in Kafka. Kafka shares no transaction with Postgres, and the command needs
// no Postgres: so it is sent on logs.v1, and the sink makes the row (sinks/logs/logs.sql).
#pragma once

#include <string>

#include "operate/audit_log.hpp"
#include "sinks/custody/resender.hpp"

namespace wxpipe::operate {

// changed: what it did, in words. Pure.
sinks::Copy record_of(const Operator& who, const Operation& operation, const std::string& changed, Timestamp at);

// Sends it. Empty: it is there; else why not.
std::string send(const config::KafkaSettings& settings, const Operator& who, const Operation& operation,
                 const std::string& changed);

}  // namespace wxpipe::operate
