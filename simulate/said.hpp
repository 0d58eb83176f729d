// One thing a platform says: what stands in a callback, before it is signed and encrypted, and what it should become.
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
  size_t speaker = 0;     // index of the account
  std::string_view type;  // what it should become (docs/event-types.md); empty for poison and strangers
  std::string tenant, subject;
  uint32_t key =
      kNoKey;          // account, tenant and subject as a number: what order is kept for; none for poison and strangers
  uint64_t order = 0;  // its place among what is said under that key
  Timestamp at;        // when the platform has it to say
  BodyFormat format = BodyFormat::xml;
  std::string body;          // as it is before encryption
  std::string webhook_id;    // Standard Webhooks only
  bool credentials = false;  // something in it is stored sealed, so the stored body has other bytes
  bool named = true;         // has an identity beside its bytes
  uint64_t signed_as = 0;    // the serial that nonce and path are made from: a poison's repetition has the same bytes
  Resend resend = Resend::none;
  std::optional<uint64_t> identity_of;      // what it repeats
  std::optional<Reason> poison;             // authentic, but for the dead letters
  std::optional<ingest::Refusal> stranger;  // not authentic: must be refused so
};

}  // namespace wxpipe::simulate
