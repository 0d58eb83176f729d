#include "ingest/catalogue.hpp"

#include <array>

#include "ingest/credentials.hpp"
#include "ingest/words.hpp"

namespace wxpipe::ingest {
namespace {

// The fields that tell what kind of callback it is, found in one pass.
struct Header {
  const Field *to = nullptr, *from = nullptr, *create_time = nullptr, *time_stamp = nullptr, *msg_type = nullptr;
  const Field *event = nullptr, *info_type = nullptr, *change_type = nullptr, *msg_id = nullptr, *content = nullptr;
};

Header read_header(const Document& document) {
  Header header;
  for (const Field& field : document.fields()) {
    const auto is = [&](std::string_view name, const Field*& place) {
      if (field.path != name) return false;
      if (place == nullptr) place = &field;
      return true;
    };
    switch (field.path.size()) {
      case 5:
        is("MsgId", header.msg_id) || is("Event", header.event);
        break;
      case 7:
        is("MsgType", header.msg_type) || is("Content", header.content);
        break;
      case 8:
        is("InfoType", header.info_type);
        break;
      case 9:
        is("TimeStamp", header.time_stamp);
        break;
      case 10:
        is("CreateTime", header.create_time) || is("ToUserName", header.to) || is("ChangeType", header.change_type);
        break;
      case 12:
        is("FromUserName", header.from);
        break;
      default:
        break;
    }
  }
  return header;
}

constexpr std::string_view kMessageIdentity = "AgentID MsgId From MsgDataId Idx", kWithoutMsgId = "From T MsgType";

constexpr std::array kMessages{
    EventRule{"device_event", "", "device.event", kFrom, "Content", "MsgId Event DeviceID"},
    EventRule{"device_text", "", "device.text", kFrom, "", ""},
    EventRule{"file", "", "message.file", kFrom, "Title", ""},
    EventRule{"image", "", "message.image", kFrom, "", ""},
    EventRule{"link", "", "message.link", kFrom, "Title Url", ""},
    EventRule{"location", "", "message.location", kFrom, "Label", ""},
    EventRule{"miniprogrampage", "", "message.miniprogrampage", kFrom, "Title", ""},
    EventRule{"shortvideo", "", "message.shortvideo", kFrom, "", ""},
    EventRule{"text", "", "message.text", kFrom, "", ""},
    EventRule{"video", "", "message.video", kFrom, "", ""},
    EventRule{"voice", "", "message.voice", kFrom, "Recognition", ""},
};
static_assert(is_sorted(kMessages));

const EventRule* read_message(Draft& draft, const Header& header, const Word& msg_type) {
  schemas::Event& event = draft.event;
  const EventRule* const rule = find_rule(kMessages, msg_type.view(), {});
  const bool device_event = msg_type == "device_event";
  if (!device_event) event.category = "message";
  if (rule == nullptr) {
    draft.set_unknown(event.msg_type);
    return nullptr;
  }
  draft.apply(*rule, event.msg_id.empty() ? kWithoutMsgId : kMessageIdentity);
  if (device_event) {
    draft.keep(event.event, header.event);
  } else {
    draft.identify("msg", event.msg_id.empty() ? kWithoutMsgId : kMessageIdentity);
    draft.keep_verbatim(event.content, header.content);
    draft.hide(query_auth_code(draft.event.content));
  }
  draft.require_sender(header.from);
  return rule;
}

const EventRule* read_event(Draft& draft, const Catalogue& catalogue, const Header& header) {
  schemas::Event& event = draft.event;
  const Word word(event.event), change(event.change_type);
  const EventRule* rule = find_rule(catalogue.events, word.view(), change.view());
  if (rule == nullptr) rule = find_prefix(catalogue.prefixes, word.view());
  if (rule == nullptr) {
    const bool strange_change = !change.empty() && knows_word(catalogue.events, word.view());
    draft.set_unknown(strange_change ? event.event + "_" + event.change_type : event.event);
    return nullptr;
  }
  draft.apply(*rule, catalogue.event_identity);
  if (catalogue.events_have_senders && rule->subject == kFrom) draft.require_sender(header.from);
  return rule;
}

}  // namespace

std::span<const EventRule> message_rules() { return kMessages; }

const EventRule* read_words(Draft& draft, const Catalogue& catalogue) {
  const Header header = read_header(draft.document());
  schemas::Event& event = draft.event;
  draft.keep(event.recipient, header.to);
  draft.keep(event.sender, header.from);
  draft.keep(event.msg_type, header.msg_type);
  draft.keep(event.msg_id, header.msg_id);
  draft.keep(event.change_type, header.change_type);
  draft.keep_time(header.create_time != nullptr ? header.create_time : header.time_stamp);

  const Word msg_type(event.msg_type);
  if (!msg_type.empty() && !(msg_type == "event")) return read_message(draft, header, msg_type);
  draft.keep(event.event, !msg_type.empty() || header.info_type == nullptr ? header.event : header.info_type);
  if (!event.event.empty()) return read_event(draft, catalogue, header);
  draft.set_unknown(msg_type.empty() ? draft.value("action") : std::string_view(event.msg_type));
  return nullptr;
}

}  // namespace wxpipe::ingest
