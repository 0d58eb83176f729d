#include "processors/identity/identity.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "common/json/write.hpp"
#include "processors/identity/phone.hpp"
#include "processors/text.hpp"
#include "schemas/contact_names.hpp"
#include "schemas/event_id.hpp"

namespace wxpipe::processors {
namespace {
using schemas::attribute, schemas::Event, schemas::IdentityTold;

// Values are part of a key. No id, phone or name of a person is longer.
constexpr size_t kLongestValue = 256;
constexpr size_t kLongestTags = 1024;

class Told {
 public:
  explicit Told(const Event& event) : event_(event) {}

  // links: it is one person's alone.
  void add(std::string_view kind, std::string_view value, std::string_view source, bool links) {
    if (value.empty()) return;
    if (value.size() > kLongestValue && kind != "tags") {
      if (links) return;  // cut, it would be somebody else's
      value = head(value, kLongestValue);
    }
    for (auto& fact : all_)
      if (fact.kind == kind && fact.value == value) {
        fact.links = fact.links || links;
        return;
      }
    if (all_.empty()) {
      origin_ = schemas::origin_of(event_);
      id_ = schemas::identity_id(event_.account, event_.tenant, event_.subject);
    }
    all_.push_back({origin_, id_, std::string(kind), std::string(value), std::string(source), links});
  }
  std::vector<IdentityTold> take() && { return std::move(all_); }

 private:
  const Event& event_;
  schemas::Origin origin_;
  Uuid id_;
  std::vector<IdentityTold> all_;
};

// A phone links if the person gave it, and if it can be only one person's: a mobile number.
void add_phone(Told& told, std::string_view written, std::string_view source, bool theirs) {
  const auto key = phone_key(written);
  told.add("phone", key.empty() ? written : std::string_view(key), source, theirs && !key.empty());
}

// The path's last name, in lower case and without _ and -.
bool is_called(std::string_view path, std::string_view name) {
  size_t at = 0;
  for (const char c : path.substr(path.rfind('.') + 1)) {
    if (c == '_' || c == '-') continue;
    if (at == name.size() || lower(c) != name[at++]) return false;
  }
  return at == name.size();
}

void add_union_ids(Told& told, const Event& event) {
  for (const auto& [path, value] : event.attributes)
    if (is_called(path, "unionid")) told.add("unionid", value, "field", true);
}

// Whose customers an application of WeWork tells of.
std::string_view corporation_of(const Event& event) { return event.tenant.empty() ? event.recipient : event.tenant; }

std::string tags_of(const Event& event) {
  std::vector<std::string_view> tags;
  bool told = false;
  for (const auto& [path, value] : event.attributes) {
    if (path != "data.tags") continue;
    told = true;
    if (!value.empty()) tags.push_back(value);
  }
  if (!told) return {};
  std::ranges::sort(tags);
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
  std::string list = "[";
  for (const auto tag : tags) {
    std::string item;
    json::append_string(item, tag);
    if (list.size() + item.size() + 3 > kLongestTags) break;
    if (list.size() > 1) list += ", ";
    list += item;
  }
  return list + "]";
}

struct ProfileField {
  std::string_view field, kind, source;
};
// What a form told, and what somebody wrote. A phone comes through add_phone.
constexpr std::array kDescriptions{
    ProfileField{"contact_name", "name", "form"},     ProfileField{"contact_email", "email", "form"},
    ProfileField{"contact_wechat", "wechat", "form"}, ProfileField{"company_name", "company", "form"},
    ProfileField{"text_email", "email", "text"},      ProfileField{"text_wechat", "wechat", "text"}};

void add_profile(Told& told, const schemas::Attributes& profile) {
  add_phone(told, attribute(profile, "contact_phone"), "form", true);
  add_phone(told, attribute(profile, "text_phone"), "text", false);
  for (const auto& [field, kind, source] : kDescriptions) {
    const auto value = attribute(profile, field);
    told.add(kind, kind == "email" ? lower(value) : std::string(value), source, false);
  }
}

void add_contact_card(Told& told, const Event& event) {
  told.add("wxid", event.subject, "subject", false);
  told.add("nickname", attribute(event.attributes, "data.nickname"), "contact", false);
  told.add("remark", attribute(event.attributes, "data.remark"), "contact", false);
  add_phone(told, attribute(event.attributes, "data.phone"), "contact", false);
  told.add("email", lower(attribute(event.attributes, "data.email")), "contact", false);
  told.add("tags", tags_of(event), "contact", false);
}
}  // namespace

std::vector<IdentityTold> identities_told(const Event& event, const schemas::Attributes& profile) {
  Told told(event);
  // A group chat is nobody.
  if (event.subject.empty() || event.subject == event.conversation) return {};
  const std::string_view type = event.type;
  if (event.platform == "wechat" && (type.starts_with("follower.") || type.starts_with("card."))) {
    told.add("openid", event.subject, "subject", true);
    add_union_ids(told, event);
  } else if (event.platform == "wework" && (type.starts_with("contact.") || type.starts_with("acquisition."))) {
    const auto corporation = corporation_of(event);
    if (!corporation.empty() && attribute(event.attributes, "ExternalUserID") == event.subject)
      told.add("external_userid", std::string(corporation) + "/" + event.subject, "subject", true);
    add_union_ids(told, event);
  } else if (event.platform == "instance" && type.starts_with("contact.")) {
    add_contact_card(told, event);
    add_union_ids(told, event);
  } else if (event.platform == "channel") {
    for (const auto& [path, value] : event.attributes)
      if (schemas::contact_field(path) == "openid") told.add("openid", value, "form", true);
    add_union_ids(told, event);
  }
  if (!profile.empty()) add_profile(told, profile);
  return std::move(told).take();
}

}  // namespace wxpipe::processors
