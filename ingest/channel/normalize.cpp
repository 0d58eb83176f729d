#include "ingest/channel/normalize.hpp"

#include <algorithm>
#include <array>

#include "ingest/words.hpp"

namespace wxpipe::ingest::channel {
namespace {

constexpr std::array kEvents{
    EventRule{"call", "", "call.made", "", "", ""},
    EventRule{"chat_message", "", "message.text", "", "", ""},
    EventRule{"chat_start", "", "chat.started", "", "", ""},
    EventRule{"download", "", "file.downloaded", "", "", ""},
    EventRule{"email_open", "", "email.opened", "", "", ""},
    EventRule{"event_attend", "", "occasion.attended", "", "", ""},
    EventRule{"form_submit", "", "lead.submitted", "", "", ""},
    EventRule{"link_click", "", "link.clicked", "", "", ""},
    EventRule{"page_view", "", "page.viewed", "", "", ""},
};
static_assert(is_sorted(kEvents));

// The best id of a person comes first. Names in lower case, without _ and -.
constexpr std::array<std::string_view, 11> kPersons{"leadid", "contactphone",  "phone",  "mobile",
                                                    "tel",    "contactwechat", "wechat", "contactemail",
                                                    "email",  "visitorid",     "openid"};
constexpr std::array<std::string_view, 4> kTexts{"message", "content", "remark", "comment"};

// The last name of a path, written as in the arrays above, on the stack. Longer names are in none of the arrays.
class PlainName {
 public:
  explicit PlainName(std::string_view path) {
    for (const char c : path.substr(path.rfind('.') + 1)) {
      if (c == '_' || c == '-') continue;
      if (size_ == text_.size()) break;
      text_[size_++] = lower(c);
    }
  }
  std::string_view view() const { return {text_.data(), size_}; }

 private:
  std::array<char, 16> text_;
  size_t size_ = 0;
};

// The value of the first name that has one, however deep it is nested.
template <size_t Size>
const Field* first_of(const Document& document, const std::array<std::string_view, Size>& names) {
  const Field* best = nullptr;
  auto best_rank = names.end();
  for (const Field& field : document.fields()) {
    if (trimmed(field.value).empty() || is_credential(field.path)) continue;
    const auto rank = std::find(names.begin(), best_rank, PlainName(field.path).view());
    if (rank == best_rank) continue;
    best = &field;
    best_rank = rank;
  }
  return best;
}

}  // namespace

Result<schemas::Event> normalize(const Document& document, const NormalizeContext& context) {
  Draft draft(document, context, "channel");
  schemas::Event& event = draft.event;
  draft.keep(event.event, draft.find("type"));
  draft.set_timeless();
  draft.keep_stated_time(draft.find("timestamp"));
  if (const EventRule* const rule = find_rule(kEvents, Word(event.event).view(), {}))
    event.type = rule->type;
  else
    draft.set_unknown(event.event);
  if (event.type.starts_with("message.")) event.category = "message";
  if (const Field* const person = first_of(document, kPersons)) event.sender = trimmed(person->value);
  event.subject = event.sender;
  if (const Field* const text = first_of(document, kTexts)) event.content = text->value;
  draft.identify_by_webhook_id();
  return draft.finish();
}

}  // namespace wxpipe::ingest::channel
