#include "processors/score/profile.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "processors/enrich/scene.hpp"
#include "processors/score/contacts_in_text.hpp"
#include "processors/text.hpp"
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

constexpr std::array<std::string_view, 5> kStatuses{"new", "contacted", "qualified", "converted", "lost"};
// What shows that staff have spoken with somebody, or that somebody has paid.
constexpr std::array<std::string_view, 3> kContacted{"call.made", "session.opened", "session.transferred"};
constexpr std::array<std::string_view, 6> kPaid{"card.paid",
                                                "giftcard.paid",
                                                "order.paid",
                                                "order.retail_paid",
                                                "order.virtual_coins_paid",
                                                "order.virtual_goods_paid"};

bool has(const auto& list, std::string_view word) { return std::ranges::find(list, word) != list.end(); }

class Profile {
 public:
  // The first value of a name counts.
  void tell(std::string_view name, std::string_view value) {
    if (name.empty() || value.empty() || !schemas::attribute(fields_, name).empty()) return;
    fields_.emplace_back(name, value);
  }
  schemas::Attributes take() && {
    std::erase_if(fields_, [](const auto& told) { return told.second == kNothing; });
    std::erase_if(fields_,
                  [](const auto& told) { return told.first == "contact_phone" && told.second.size() > kLongestPhone; });
    return std::move(fields_);
  }

 private:
  schemas::Attributes fields_;
};

void tell_form(Profile& profile, const schemas::Event& event) {
  const auto tell = [&](std::string_view name, const std::string& value) {
    if (!has(kElsewhere, name)) profile.tell(name, value);
  };
  // A name that is exactly ours comes first: the account's `fields` may have set it.
  for (const auto& [path, value] : event.attributes)
    if (schemas::contact_field(path) == path) tell(path, value);
  for (const auto& [path, value] : event.attributes) tell(schemas::contact_field(path), value);
  // An application says what became of a lead.
  if (event.type == "lead.updated")
    for (const auto name : {"data.status", "status"})
      if (const auto status = lower(schemas::attribute(event.attributes, name)); has(kStatuses, status))
        profile.tell("status_told", status);
}

int hex(char c) {
  const char small = lower(c);
  return small >= '0' && small <= '9' ? small - '0' : small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

std::string decoded(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%' && at + 2 < text.size() && hex(text[at + 1]) >= 0 && hex(text[at + 2]) >= 0) {
      out += static_cast<char>(hex(text[at + 1]) * 16 + hex(text[at + 2]));
      at += 2;
    } else {
      out += text[at] == '+' ? ' ' : text[at];
    }
  }
  return schemas::printable(out);
}

// utm_…=… in a link's query, or in a scene that somebody wrote in that way.
void tell_utm(Profile& profile, std::string_view text) {
  constexpr std::array<std::string_view, 5> kNames{"utm_source", "utm_medium", "utm_campaign", "utm_content",
                                                   "utm_term"};
  constexpr size_t kLongest = 200;
  if (text.find("utm_") == text.npos) return;
  text = text.substr(0, text.find('#'));
  if (const auto query = text.find('?'); query != text.npos) text.remove_prefix(query + 1);
  while (!text.empty()) {
    const auto pair = text.substr(0, text.find_first_of("&;,"));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    const auto equals = pair.find('=');
    if (equals == pair.npos || !has(kNames, pair.substr(0, equals))) continue;
    profile.tell(pair.substr(0, equals), head(decoded(pair.substr(equals + 1)), kLongest));
  }
}

void tell_source(Profile& profile, const schemas::Event& event) {
  const std::string_view type = event.type;
  if (type.starts_with("follower.") || type.starts_with("contact.") || type.starts_with("acquisition.") ||
      type == "session.entered") {
    tell_utm(profile, scene_of(event));
  } else if (type == "menu.link_opened") {
    tell_utm(profile, schemas::attribute(event.attributes, "EventKey"));
  } else if (event.platform == "channel") {
    for (const auto name : {"data.url", "url"}) tell_utm(profile, schemas::attribute(event.attributes, name));
  }
}

void tell_status(Profile& profile, const schemas::Event& event) {
  const std::string_view type = event.type;
  if (type.starts_with("outgoing.") || has(kContacted, type)) profile.tell("status_contacted", type);
  if (has(kPaid, type)) profile.tell("status_converted", type);
}

// Only what somebody wrote about themselves, not what staff wrote to them.
void tell_text(Profile& profile, const schemas::Event& event) {
  if ((event.category != "message" && event.platform != "channel") || event.sender != event.subject) return;
  const auto found = contacts_in(event.content);
  profile.tell("text_phone", found.phone);
  profile.tell("text_email", found.email);
  profile.tell("text_wechat", found.wechat);
}

}  // namespace

schemas::Attributes profile_of(const schemas::Event& event) {
  Profile profile;
  if (event.platform == "channel") tell_form(profile, event);
  tell_source(profile, event);
  tell_status(profile, event);
  tell_text(profile, event);
  return std::move(profile).take();
}

}  // namespace wxpipe::processors
