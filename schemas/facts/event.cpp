#include "schemas/facts/event.hpp"

#include "schemas/facts/duplicate_met.hpp"
#include "schemas/facts/origin.hpp"

namespace wxpipe::schemas {

std::string_view attribute(const Attributes& attributes, std::string_view name) {
  for (const auto& [found, value] : attributes)
    if (found == name) return value;
  return {};
}

std::string partition_key(const Event& event) {
  std::string key;
  key.reserve(event.account.size() + event.tenant.size() + event.subject.size() + 2);
  key.append(event.account).append(1, '|').append(event.tenant).append(1, '|').append(event.subject);
  return key;
}

Origin origin_of(const Event& event) {
  return {event.id,          event.platform,    event.account,  event.tenant,    event.subject, event.type,
          event.occurred_at, event.received_at, event.timeless, event.stated_at, event.receipt, event.trace_id};
}

DuplicateMet duplicate_of(const Event& event) {
  return {event.id, event.receipt, event.account, event.received_at, event.occurred_at, event.timeless, event.trace_id};
}

}  // namespace wxpipe::schemas
