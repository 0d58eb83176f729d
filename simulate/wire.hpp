// From a callback's content to the bytes of its HTTP request: signed, encrypted and addressed as the account's kind and
// mode need it (docs/protocol.md §1-5). Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ingest/callback.hpp"
#include "simulate/said.hpp"
#include "simulate/speaker.hpp"

namespace wxpipe::simulate {

struct Address {
  std::string host;    // for the Host header
  std::string prefix;  // of the path, before /callback; may be empty
};

struct Request {
  std::string bytes;
  size_t body_at = 0;
  std::string_view body() const { return std::string_view(bytes).substr(body_at); }
};

// The same request before it is written down: for senders that are no load generator, and for code that takes
// callbacks.
struct Delivery {
  std::string account, tenant;  // of the path; tenant: empty if the path has none
  std::string query, body;
  std::string_view content_type;
  std::string webhook_id, webhook_timestamp, webhook_signature;  // Standard Webhooks only

  // account, tenant and query as they stand in an address: /callback/shop?signature=…
  std::string target() const;
  std::vector<std::pair<std::string, std::string>> headers() const;
  // Views into this value.
  ingest::Callback callback(Timestamp received_at) const;
};
Delivery make_delivery(const Said& said, const Speaker& speaker, int attempt, Timestamp at);

// attempt (0, 1 …) gives each attempt its own nonce and random bytes; `at` is its signed timestamp. Poison has the same
// body in every attempt, because the dead letter keeps the body as it came.
Request write_request(const Said& said, const Speaker& speaker, const Address& address, int attempt, Timestamp at);

}  // namespace wxpipe::simulate
