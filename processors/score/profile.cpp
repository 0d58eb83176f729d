#include "processors/score/profile.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "schemas/contact_names.hpp"

namespace wxpipe::processors {
namespace {

// A longer text is no phone number, and phone numbers are indexed.
constexpr size_t kLongestPhone = 64;

// Of contact_field's names those that say whom an event is about, or what was said: they are no part of a profile.
constexpr std::array<std::string_view, 7> kElsewhere{"lead_id", "visitor_id", "openid", "message",
                                                     "content", "remark",     "comment"};
// What an account's `fields` say of a field that the sender doesn't have. People type it into forms, too.
constexpr std::string_view kNothing = "-";

}  // namespace

schemas::Attributes profile_of(const schemas::Event& event) {
  if (event.platform != "channel") return {};
  schemas::Attributes profile;
  const auto tell = [&](std::string_view name, const std::string& value) {
    if (name.empty() || value.empty() || !schemas::attribute(profile, name).empty()) return;
    if (std::find(kElsewhere.begin(), kElsewhere.end(), name) != kElsewhere.end()) return;
    profile.emplace_back(name, value);
  };
  // A name that is exactly ours comes first: the account's `fields` may have set it.
  for (const auto& [path, value] : event.attributes)
    if (schemas::contact_field(path) == path) tell(path, value);
  for (const auto& [path, value] : event.attributes) tell(schemas::contact_field(path), value);
  std::erase_if(profile, [](const auto& told) { return told.second == kNothing; });
  std::erase_if(profile,
                [](const auto& told) { return told.first == "contact_phone" && told.second.size() > kLongestPhone; });
  return profile;
}

}  // namespace wxpipe::processors
