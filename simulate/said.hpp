// One callback's content before it is signed and encrypted, and what it should become in the pipeline.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/clock.hpp"
#include "common/result.hpp"
#include "ingest/callback.hpp"
#include "rig/ledger.hpp"
#include "simulate/body.hpp"

namespace wxpipe::simulate {

using rig::Resend;

inline constexpr uint32_t kNoKey = ~uint32_t{0};

struct Said {
  uint64_t serial = 0;    // counts this run's callbacks, from 0
  size_t speaker = 0;     // index of the account that says it
  std::string_view type;  // what it should become (docs/event-types.md); empty for poison and strangers
  std::string tenant, subject;
  uint32_t key =
      kNoKey;          // account, tenant and subject as a number: order is kept per key; none for poison and strangers
  uint64_t order = 0;  // its place among the callbacks with that key
  Timestamp at;        // the platform's time for it
  BodyFormat format = BodyFormat::xml;
  std::string body;          // before encryption
  std::string webhook_id;    // Standard Webhooks only
  bool credentials = false;  // it holds something that is stored sealed, so the stored body has other bytes
  bool named = true;         // has an identity besides its bytes
  uint64_t signed_as = 0;  // the serial from which nonce and path are made: a repetition of poison needs the same bytes
  Resend resend = Resend::none;
  std::optional<uint64_t> identity_of;      // the serial that it repeats
  std::optional<Reason> poison;             // authentic, but must become a dead letter for this reason
  std::optional<ingest::Refusal> stranger;  // not authentic: must be refused for this reason
};

}  // namespace wxpipe::simulate
