#include "ingest/channel/normalize.hpp"

#include <algorithm>
#include <array>

#include "ingest/senders/told.hpp"
#include "ingest/words.hpp"
#include "schemas/contact_names.hpp"

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
    EventRule{"lead_update", "", "lead.updated", "", "", ""},
    EventRule{"link_click", "", "link.clicked", "", "", ""},
    EventRule{"page_view", "", "page.viewed", "", "", ""},
};
static_assert(is_sorted(kEvents));

// The best id of a person comes first.
constexpr std::array<std::string_view, 6> kPersons{"lead_id",       "contact_phone", "contact_wechat",
                                                   "contact_email", "visitor_id",    "openid"};
constexpr std::array<std::string_view, 5> kWho{"contact_phone", "contact_wechat", "contact_email", "visitor_id",
                                               "openid"};
constexpr std::array<std::string_view, 4> kTexts{"message", "content", "remark", "comment"};

// The field of the first name that has a value, however deep it is nested and however it is spelled. One that is
// spelled as we do comes before others of its name.
template <size_t Size>
const Field* first_of(const Document& document, const std::array<std::string_view, Size>& names) {
  const Field* best = nullptr;
  size_t best_rank = 2 * Size;
  for (const Field& field : document.fields()) {
    if (trimmed(field.value).empty() || is_credential(field.path)) continue;
    const std::string_view ours = schemas::contact_field(field.path);
    const auto found = static_cast<size_t>(std::find(names.begin(), names.end(), ours) - names.begin());
    const size_t rank = 2 * found + (field.path.ends_with(ours) ? 0 : 1);
    if (rank >= best_rank) continue;
    best = &field;
    best_rank = rank;
  }
  return best;
}

// A sender with rules of its own: its words and fields are as its declaration says.
void read_told(Draft& draft, const senders::Told& told) {
  schemas::Event& event = draft.event;
  draft.keep_stated_time(told.stated_at);
  event.event = told.word;
  if (!told.type.empty())
    event.type = told.type;
  else if (told.word.empty())
    event.type = "lead.submitted";
  else
    draft.set_unknown(told.word);
  // A test is about nobody, so it never becomes a lead. Senders number what is submitted, not who submits it: so what
  // says who it is comes before a lead's number.
  if (event.type == senders::kTest) return;
  const Field* const guessed = first_of(draft.document(), kWho);
  event.sender = !told.subject.empty()  ? told.subject
                 : !told.person.empty() ? told.person
                 : guessed != nullptr   ? std::string(trimmed(guessed->value))
                                        : told.lead_id;
}

}  // namespace

Vocabulary vocabulary() { return {kEvents, {}}; }

Result<schemas::Event> normalize(const Document& document, const NormalizeContext& context) {
  Draft draft(document, context, "channel");
  schemas::Event& event = draft.event;
  draft.set_timeless();
  const senders::Told* const told = context.told;
  if (told != nullptr) {
    read_told(draft, *told);
  } else {
    draft.keep_stated_time(draft.value("timestamp"));
    draft.keep(event.event, draft.find("type"));
    if (const EventRule* const rule = find_rule(kEvents, Word(event.event).view(), {}))
      event.type = rule->type;
    else
      draft.set_unknown(event.event);
    if (const Field* const person = first_of(document, kPersons)) event.sender = trimmed(person->value);
  }
  if (event.type.starts_with("message.")) event.category = "message";
  event.subject = event.sender;
  if (told != nullptr && !told->content.empty())
    event.content = told->content;
  else if (const Field* const text = first_of(document, kTexts))
    event.content = text->value;
  draft.identify_by_webhook_id();
  return draft.finish();
}

}  // namespace wxpipe::ingest::channel
