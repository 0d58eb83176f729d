// Event: one thing that a platform told us, normalised. It is the envelope on wxpipe.events.v1 and, enriched, the fact
// on wxpipe.messages.v1 and the row in `messages`. Plain data, built by ingest/<platform>/normalize.cpp.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/clock.hpp"
#include "common/result.hpp"
#include "common/uuid.hpp"

namespace wxpipe::schemas {

// What normalisation kept besides the columns: dotted path in the platform's words -> text ("ScanCodeInfo.ScanResult").
// Enrichment adds snake_case names ("menu_name"). Consecutive equal names form a list, an array in JSON.
using Attributes = std::vector<std::pair<std::string, std::string>>;

// As the JSON object that topics and jsonb columns carry. Appends.
void append_json(std::string& out, const Attributes& attributes);

// The first value under the name, or empty.
std::string_view attribute(const Attributes& attributes, std::string_view name);

struct Event {
  Uuid id;  // schemas/event_id.hpp
  // readable, docs/protocol.md §9: what a person would call "the same event"; for collisions, not for dedupe
  std::string identity;
  std::string type;      // ours: message.text, follower.subscribed, unknown.<word>, …
  std::string category;  // message | event
  std::string platform;  // wechat, open_platform, wework, bot, instance, channel
  std::string account;   // its name in the configuration
  std::string tenant;    // the authorised account (path, AuthorizerAppid, AuthCorpId); empty: none
  std::string subject;   // who it is about: with account and tenant the Kafka key. The conversation for group chats
  std::string msg_type, event, change_type;  // the platform's words, verbatim; empty: none
  std::string msg_id;                        // the message's own MsgId/msgid
  std::string sender;                        // FromUserName, verbatim
  std::string recipient;                     // ToUserName, verbatim
  std::string conversation;                  // group chat or customer-service session id
  std::string content;                       // what a person would read
  std::string reply;                         // the passive reply we answered with; empty: none
  Timestamp occurred_at;                     // the platform's time; received_at where it gives none
  Timestamp received_at;
  bool timeless = false;  // the platform gives no time: occurred_at is the first delivery's arrival
  Attributes attributes;
  std::string raw;       // the decrypted body, verbatim but for sealed credentials
  std::string receipt;   // custody: instance/boot/sequence, given by ingest at delivery
  std::string trace_id;  // 32 lower-case hex digits (W3C)
  int normaliser = 1;    // version of the normalising code that made it

  bool operator==(const Event&) const = default;
};

inline constexpr std::string_view kEventSchema = "wxpipe.event.v1";
inline constexpr std::string_view kMessageSchema = "wxpipe.message.v1";

// events.v1 and messages.v1 share this form; only `schema` tells them apart. Appends to `out`; never fails.
// All text in an Event is valid UTF-8 without NUL (the normalisers see to it).
void encode(const Event& event, std::string_view schema, std::string& out);
Result<Event> decode_event(std::string_view json);

// The Kafka key on events.v1: account, tenant and subject, so that each subject's events stay in order.
std::string partition_key(const Event& event);

}  // namespace wxpipe::schemas
