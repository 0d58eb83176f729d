#include "processors/score/profile.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace wxpipe::processors {
namespace {
struct Name {
  std::string_view sender, ours;  // the last part of the sender's path, in lower case without - and _
};
// The first column: the name in forms.
constexpr std::array kNames{
    Name{"contactname", "contact_name"},
    Name{"name", "contact_name"},
    Name{"contactphone", "contact_phone"},
    Name{"phone", "contact_phone"},
    Name{"mobile", "contact_phone"},
    Name{"tel", "contact_phone"},
    Name{"contactwechat", "contact_wechat"},
    Name{"wechat", "contact_wechat"},
    Name{"contactemail", "contact_email"},
    Name{"email", "contact_email"},
    Name{"companyname", "company_name"},
    Name{"company", "company_name"},
    Name{"companyindustry", "company_industry"},
    Name{"industry", "company_industry"},
    Name{"companysize", "company_size"},
    Name{"province", "province"},
    Name{"city", "city"},
    Name{"district", "district"},
    Name{"utmsource", "utm_source"},
    Name{"utmmedium", "utm_medium"},
    Name{"utmcampaign", "utm_campaign"},
    Name{"utmcontent", "utm_content"},
    Name{"utmterm", "utm_term"},
};

// A longer text is no phone number, and phone numbers are indexed.
constexpr size_t kLongestPhone = 64;

std::string plain(std::string_view path) {
  std::string name;
  for (const char c : path.substr(path.rfind('.') + 1)) {
    if (c == '_' || c == '-') continue;
    name += 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return name;
}
}  // namespace

schemas::Attributes profile_of(const schemas::Event& event) {
  if (event.platform != "channel") return {};
  schemas::Attributes profile;
  for (const auto& [path, value] : event.attributes) {
    const auto name = plain(path);
    const auto* known =
        std::find_if(kNames.begin(), kNames.end(), [&](const Name& each) { return each.sender == name; });
    if (known == kNames.end() || value.empty() || !schemas::attribute(profile, known->ours).empty()) continue;
    profile.emplace_back(known->ours, value);
  }
  std::erase_if(profile,
                [](const auto& told) { return told.first == "contact_phone" && told.second.size() > kLongestPhone; });
  return profile;
}

}  // namespace wxpipe::processors
