#include "ingest/bot/normalize.hpp"

#include <array>

#include "ingest/catalogue.hpp"
#include "ingest/wework/normalize.hpp"

namespace wxpipe::ingest::bot {
namespace {

constexpr std::array kMessages{
    EventRule{"file", "", "message.file", "", "file.filename file.name", ""},
    EventRule{"image", "", "message.image", "", "", ""},
    EventRule{"mixed", "", "message.mixed", "", "mixed.msg_item.text.content", ""},
    EventRule{"stream", "", "bot.stream_refreshed", "", "", ""},
    EventRule{"text", "", "message.text", "", "", ""},
    EventRule{"video", "", "message.video", "", "", ""},
    EventRule{"voice", "", "message.voice", "", "voice.content", ""},
};
static_assert(is_sorted(kMessages));

// The platform's documentation writes the card's key in two ways: in tables and in examples (docs/protocol.md §10.6).
constexpr std::array kEvents{
    EventRule{"enter_chat", "", "bot.chat_entered", "", "", ""},
    EventRule{"feedback_event", "", "bot.feedback", "", "event.feedback_event.content", ""},
    EventRule{"template_card_event", "", "template_card.answered", "",
              "event.template_card_event.event_key event.template_card_event.eventkey", ""},
};
static_assert(is_sorted(kEvents));

}  // namespace

Vocabulary vocabulary() { return {kEvents, kMessages}; }

Result<schemas::Event> normalize(const Document& document, const NormalizeContext& context) {
  if (document.has("MsgType")) return wework::normalize_as("bot", document, context);
  Draft draft(document, context, "bot");
  schemas::Event& event = draft.event;
  draft.keep(event.msg_id, draft.find("msgid"));
  draft.keep(event.recipient, draft.find("aibotid"));
  draft.keep(event.sender, draft.find("from.userid"));
  draft.keep(event.conversation, draft.find("chatid"));
  draft.keep(event.msg_type, draft.find("msgtype"));
  draft.keep_time(draft.find("create_time"));
  draft.set_timeless();

  const Word msg_type(event.msg_type);
  const EventRule* rule = nullptr;
  std::string_view word = event.msg_type;
  if (msg_type == "event") {
    draft.keep(event.event, draft.find("event.eventtype"));
    word = event.event;
    rule = find_rule(kEvents, Word(word).view(), {});
  } else if (!msg_type.empty()) {
    rule = find_rule(kMessages, msg_type.view(), {});
    if (!(msg_type == "stream")) event.category = "message";
    if (msg_type == "text") draft.keep_verbatim(event.content, draft.find("text.content"));
  }
  if (rule == nullptr) {
    draft.set_unknown(word);
  } else {
    event.type = rule->type;
    draft.set_content(rule->content);
  }
  // In a group the subject is the chat, so that the group's messages stay in order.
  const bool in_group = Word(draft.value("chattype")) == "group" && !event.conversation.empty();
  event.subject = in_group ? event.conversation : event.sender;
  if (!event.msg_id.empty()) draft.identify(Word(word).view(), "aibotid msgid");
  return draft.finish();
}

}  // namespace wxpipe::ingest::bot
