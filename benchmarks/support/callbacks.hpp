// The platforms' side: signs and encrypts bodies as they do. And the accounts that these callbacks fit.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/support/bodies.hpp"
#include "common/config/settings.hpp"
#include "common/crypto/sealer.hpp"
#include "ingest/callback.hpp"
#include "ingest/platforms.hpp"

namespace wxpipe::benchmarks {

// The accounts of day_of_bodies: shop (公众号, safe mode), team (WeWork), robot, forms (channel). And `others` more
// 公众号 with the same secrets, other-0 …, to measure what their number costs.
std::vector<config::AccountSettings> accounts(size_t others = 0);

crypto::Sealer sealer();
ingest::AccountBook account_book();

// A request that owns its text; callback() lends it.
struct Request {
  std::string account, query, body;
  std::string webhook_id, webhook_timestamp, webhook_signature;
  Timestamp received_at;

  ingest::Callback callback() const;
};

// The body as its account expects it: encrypted and signed, or with a webhook's headers. Nonce and random bytes are
// made from `number`.
Request signed_request(const Body& body, uint64_t number, int64_t second = kCreated);

// day_of_bodies, signed.
std::vector<Request> day_of_requests(size_t count);

// The token that all encrypted accounts share.
inline constexpr std::string_view kToken = "QDG6eKbenchmarkToken";
inline constexpr std::string_view kAesKey = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
inline constexpr std::string_view kAppId = "wx5823bf96d3bd56c7", kCorpId = "ww1d8a7f6e5c4b3a29";

}  // namespace wxpipe::benchmarks
