// One HTTP request to an account, and what it means: plain values without types of an HTTP library. `interpret`
// (ingest/platforms.hpp) turns a Callback into an Interpretation and is pure; the receiver acts on it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "common/clock.hpp"
#include "common/ip_network.hpp"
#include "schemas/facts/dead_letter.hpp"
#include "schemas/facts/event.hpp"

namespace wxpipe::ingest {

enum class Method { get, post };

struct Header {
  std::string_view name, value;
};

// Views into the request. Valid only during the call that gets it.
struct Callback {
  Method method = Method::post;
  std::string_view account;  // {account} of the path, percent-decoded
  std::string_view tenant;   // {tenant} of the path, percent-decoded; empty: none
  std::string_view query;    // behind the ?, raw
  std::string_view body;
  std::string_view content_type;
  std::string_view webhook_id, webhook_timestamp, webhook_signature;  // Standard Webhooks headers; empty: absent
  std::span<const Header> headers;  // those without a place of their own; for senders with rules of their own
  Timestamp received_at;
  IpAddress from{};  // the other end of the connection
};

struct Reply {
  unsigned status = 200;
  std::string body;
  std::string_view content_type = "text/plain; charset=utf-8";  // a literal
  bool operator==(const Reply&) const = default;
};

// Why a request was refused and not kept. Also a metric label, and each has its HTTP status. A closed set, like Reason;
// docs/operations.md explains each.
enum class Refusal {
  bad_signature,
  missing_signature,
  stale_timestamp,
  not_an_echo,
  wrong_receiver,
  downgrade,
  unknown_account,
  unknown_tenant,
  unknown_path,
  method_not_allowed,
  bad_request,
  no_ciphertext,
  duplicate_parameter,
  missing_host,
  body_too_large,
  headers_too_large,
  request_timeout,
  too_many_dead_letters,
  too_many_connections,
  overloaded,
  not_durable
};
inline constexpr int kRefusalCount = 21;
std::string_view to_string(Refusal refusal);
unsigned status_of(Refusal refusal);
// The refusal's status, with its word as body.
Reply reply_to(Refusal refusal);

struct Challenge {  // URL verification: answer it, keep nothing
  Reply reply;
  bool operator==(const Challenge&) const = default;
};
struct Accepted {  // deliver the event, then answer
  schemas::Event event;
  Reply reply;
  bool urgent = false;  // suite commands: the platform waits one second
  // The body's ToUserName, SuiteId or AgentID differs from the configuration. Counted, not refused
  // (docs/contract.md §2, "At the edge").
  bool address_mismatch = false;
  bool operator==(const Accepted&) const = default;
};
// What of the configuration and what came don't fit together. For the operator only: the answer never says it.
enum class WrongPart {
  none,       // the reason says all
  token,      // of webhooks: the secret
  key,        // the EncodingAESKey
  receiveid,  // the id inside the ciphertext
  padding,    // the key fits, or can't be judged, but the ciphertext isn't made of whole, padded blocks
  age         // of the signed timestamp
};
std::string_view to_string(WrongPart part);

struct Refused {  // from a stranger, or not for us: answer, count, forget
  Refusal refusal{};
  WrongPart wrong = WrongPart::none;  // only where the refusal doesn't say it: see wrong_part
  bool operator==(const Refused&) const = default;
};
WrongPart wrong_part(const Refused& refused);

struct Unreadable {  // authentic, but we can't read it: dead letter, and still the platform's success reply
  schemas::DeadLetter letter;
  Reply reply;
  bool urgent = false;
  // The verified signature or webhook-id, which only one delivery has. Empty: its proof has no such part.
  std::string signature{};
  bool operator==(const Unreadable&) const = default;
};

using Interpretation = std::variant<Challenge, Accepted, Refused, Unreadable>;

}  // namespace wxpipe::ingest
