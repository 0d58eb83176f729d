#include "processors/pass_on.hpp"

#include "schemas/record_side.hpp"

namespace wxpipe::processors {
namespace {
constexpr std::string_view kAttributes = ",\"attributes\":";
}

bool pass_on(std::string_view text, const schemas::Event& event, size_t attributes_before, std::string& out) {
  if (!schemas::begins_as<schemas::Event>(text) || !text.ends_with('}')) return false;
  // A message doesn't say that a repair sent it again.
  text.remove_suffix(text.ends_with(schemas::kRepairMark) ? schemas::kRepairMark.size() : 1);
  text.remove_prefix(text.find(schemas::kEventSchema) + schemas::kEventSchema.size());

  const auto attributes = event.attributes.empty() ? std::string_view() : event.attributes.json();
  auto insert_at = text.size();
  std::string_view name, added;
  if (attributes.size() != attributes_before && attributes_before == 0) {
    // Behind all the others; another one of this name would be one too many.
    if (text.find(kAttributes) != text.npos) return false;
    name = kAttributes;
    added = attributes;
  } else if (attributes.size() != attributes_before) {
    // The first one of this name: in front of it are only texts, in which quotes are escaped.
    const auto before = attributes.substr(0, attributes_before - 1);  // without its last brace
    const auto found = text.find(kAttributes);
    if (found == text.npos || !text.substr(found + kAttributes.size()).starts_with(before)) return false;
    insert_at = found + kAttributes.size() + before.size();
    added = attributes.substr(before.size());
    added.remove_suffix(1);  // the text has the last brace
  }
  out.append("{\"schema\":\"").append(schemas::kMessageSchema).append(text.substr(0, insert_at));
  out.append(name).append(added).append(text.substr(insert_at)).append(1, '}');
  return true;
}

}  // namespace wxpipe::processors
