// Event: one thing that a platform told us, normalised. It is the envelope on wxpipe.events.v1 and, enriched, the fact
// on wxpipe.messages.v1 and the row in `messages`. Plain data, built by ingest/<platform>/normalize.cpp.
#pragma once

#include "schemas/fact.hpp"

namespace wxpipe::schemas {

// Texts that many facts share.
inline constexpr std::string_view kPlatforms = "wechat open_platform wework bot instance channel";
inline constexpr std::string_view kTraceIdForm = "^[0-9a-f]{32}$";
inline constexpr std::string_view kStatedAt =
    "When it happened, by the sender's clock; null where there is a platform's time, or the sender states none";

// The first value under the name, or empty.
std::string_view attribute(const Attributes& attributes, std::string_view name);
inline std::string_view attribute(const AttributeTree& attributes, std::string_view path) {
  return attribute(attributes.flat(), path);
}

struct Event {
  Uuid id;               // schemas/event_id.hpp
  std::string identity;  // for collisions, never for dedupe
  std::string type, category, platform, account, tenant, subject;
  std::string msg_type, event, change_type, msg_id, sender, recipient, conversation, content, reply;
  Timestamp occurred_at, received_at;
  bool timeless = false;
  Timestamp stated_at;  // empty: the sender states none, or there is the platform's time
  AttributeTree attributes;
  std::string raw, body_bytes, receipt, trace_id;
  int normaliser = 2;
  bool repair = false;  // docs/decisions/0017-repair.md

  bool operator==(const Event&) const = default;

  static constexpr std::string_view kName = "event", kTitle = "Event";
  static constexpr std::array<std::string_view, 2> kSchemas{"wxpipe.event.v1", "wxpipe.message.v1"};
  static constexpr std::string_view kMeaning = "An accepted callback, normalised.";
  static constexpr auto kFields = fields(
      field<&Event::id>("id",
                        "From account and decrypted bytes: equal bytes, equal id. Begins with the platform's time")
          .required()
          .as_column("event_id")
          .like("01934f2a-7e48-8c4e-9b1f-5a0c7d21e3b4"),
      // Id and receipt come first: they are looked up in values that are read no further (record_side.hpp).
      field<&Event::receipt>("receipt",
                             "Custody: instance/boot/sequence, given when the first delivery was acknowledged")
          .optional()
          .like("edge-1/01JD4Z8K/42"),
      field<&Event::type>("type", "What it is, in wxpipe's words: message.text, follower.subscribed, unknown.…")
          .required()
          .pattern("^[a-z0-9_]+(\\\\.[a-z0-9_]+)+$")
          .like("menu.clicked"),
      field<&Event::category>("category", "message or event").words("message event").like("event"),
      field<&Event::platform>("platform", "wechat, open_platform, wework, bot, instance, channel")
          .words(kPlatforms)
          .like("wechat"),
      field<&Event::account>("account", "The account's name in the configuration, as in the callback address")
          .required()
          .like("shop"),
      field<&Event::tenant>("tenant",
                            "The authorised account (AppID or CorpID) where several come in through one; else null")
          .optional(),
      field<&Event::subject>("subject", "Whom it is about: the follower, customer or group chat")
          .null_if_empty()
          .like("oABCD1234567890abcdefghijklmn"),
      field<&Event::identity>(
          "identity",
          "What a person would call the same event. Equal identities with different bytes are different rows")
          .null_if_empty()
          .like("shop|menu|oABCD1234567890abcdefghijklmn|1732082433|click|PRICE_LIST"),
      field<&Event::msg_type>("msg_type",
                              "The platform's MsgType, verbatim; null for third-party platform and suite events")
          .optional()
          .like("event"),
      field<&Event::event>("event", "The platform's Event (or InfoType), verbatim").optional().like("CLICK"),
      field<&Event::change_type>("change_type", "The platform's ChangeType, verbatim").optional(),
      field<&Event::msg_id>("msg_id", "The message's own MsgId; receipts' MsgID is in attributes").optional(),
      field<&Event::sender>("sender", "FromUserName, verbatim (\"sys\" too)")
          .optional()
          .like("oABCD1234567890abcdefghijklmn"),
      field<&Event::recipient>("recipient", "ToUserName, verbatim").optional().like("gh_0123456789ab"),
      field<&Event::conversation>("conversation", "Group chat or customer-service session").optional(),
      field<&Event::content>("content", "What a person would read").optional().like("PRICE_LIST"),
      field<&Event::reply>("reply", "The passive reply it was answered with").optional(),
      field<&Event::occurred_at>("occurred_at",
                                 "When it happened, by the platform's clock; when it was first received, where the "
                                 "platform gives no time (timeless)")
          .required()
          .like("2024-11-20T06:00:33.000000Z"),
      field<&Event::received_at>("received_at", "When the first delivery of it was received")
          .required()
          .like("2024-11-20T06:00:33.412907Z"),
      field<&Event::timeless>("timeless", "The platform gives no time for this kind of event").unless_empty(),
      field<&Event::stated_at>("stated_at", kStatedAt).unless_empty().for_merge(),
      field<&Event::attributes>(
          "attributes",
          "Everything else of it, by the platform's names and in the body's structure: objects, lists, texts. Enriched "
          "names are in snake_case (menu_name, channel)")
          .unless_empty()
          .like("EventKey=PRICE_LIST"),
      field<&Event::raw>("raw", "The decrypted payload, verbatim but for sealed credentials (sealed:v1:…)")
          .as_column("body")
          .like("<xml><ToUserName><![CDATA[gh_0123456789ab]]></ToUserName><CreateTime>1732082433</CreateTime>"
                "<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[CLICK]]></Event>"
                "<EventKey><![CDATA[PRICE_LIST]]></EventKey></xml>"),
      field<&Event::body_bytes>(
          "body_bytes",
          "The decrypted payload's bytes, where it isn't UTF-8 and body has U+FFFD in it; sealed as "
          "a whole (sealed:v1:…) if it holds a credential")
          .base64()
          .optional(),
      field<&Event::trace_id>("trace_id", "W3C trace id of the first delivery")
          .optional()
          .pattern(kTraceIdForm)
          .like("4bf92f3577b34da6a3ce929d0e0e4736"),
      field<&Event::normaliser>("normaliser", "Version of the code that made this row out of body")
          .at_least(1)
          .like("1"),
      field<&Event::repair>("repair", "Sent again because its rows were lost; process takes it although it has seen it")
          .unless_empty()
          .no_column());
  static constexpr Table kTable{.name = "messages", .key = {"event_id", "occurred_at"}, .partitioning = {By::month}};
};

inline constexpr std::string_view kEventSchema = Event::kSchemas[0];
inline constexpr std::string_view kMessageSchema = Event::kSchemas[1];

// The Kafka key on events.v1: account, tenant and subject, so that each subject's events stay in order.
std::string partition_key(const Event& event);

}  // namespace wxpipe::schemas
