#include "operate/operation_record.hpp"

#include <fmt/format.h>

#include "common/result.hpp"
#include "schemas/event_id.hpp"
#include "schemas/fact_json.hpp"
#include "schemas/facts/log_written.hpp"

namespace wxpipe::operate {

sinks::Copy record_of(const Operator& who, const Operation& operation, const std::string& changed, Timestamp at) {
  schemas::LogWritten log;
  log.log_id = log.origin.event_id = schemas::derived_id(operation.command_id, operation.name);
  log.origin.platform = "wxpipe";
  log.origin.event_type = log.action = "operation.done";
  log.origin.occurred_at = log.origin.received_at = at;
  log.level = "info";
  log.service = "wxpipe";
  log.module = "operation";
  log.message = schemas::printable(fmt::format("{}: {}", operation.name, changed));
  log.context = {{"command", to_string(operation.command_id)},
                 {"operator", schemas::printable(who.name)},
                 {"address", schemas::printable(who.address)},
                 {"operation", operation.name},
                 {"operation_type", operation.type},
                 {"resource_type", operation.resource_type},
                 {"affected", fmt::format("{}", operation.affected)},
                 {"changed", schemas::printable(changed)}};
  if (!operation.resource_id.empty()) log.context.emplace_back("resource_id", operation.resource_id);
  sinks::Copy record;
  record.topic = schemas::TopicName::logs;
  record.key = who.address;
  schemas::encode(log, record.value);
  record.timestamp = at;
  return record;
}

std::string send(const config::KafkaSettings& settings, const Operator& who, const Operation& operation,
                 const std::string& changed) try {
  sinks::Resender(settings, fmt::format("{}operation.{}", settings.topic_prefix, to_string(operation.command_id)))
      .send({record_of(who, operation, changed, system_clock().now())});
  return {};
} catch (const Unavailable& error) {
  return error.what();
} catch (const UsageError& error) {
  return error.what();
}

}  // namespace wxpipe::operate
