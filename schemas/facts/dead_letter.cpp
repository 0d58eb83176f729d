#include "schemas/facts/dead_letter.hpp"

#include <fmt/format.h>

#include "schemas/event_id.hpp"

namespace wxpipe::schemas {

Uuid ingest_dead_letter_id(std::string_view account, std::string_view tenant, std::string_view body) {
  const std::array<std::string_view, 4> parts{"ingest", account, tenant, body};
  return content_id(std::nullopt, parts);
}

Uuid record_dead_letter_id(std::string_view stage, std::string_view topic, int partition, int64_t offset,
                           std::string_view value) {
  const auto place = fmt::format("{}/{}", partition, offset);
  const std::array<std::string_view, 4> parts{stage, topic, place, value};
  return content_id(std::nullopt, parts);
}

}  // namespace wxpipe::schemas
