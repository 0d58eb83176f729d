// From an account's configuration and a callback to what it means. Pure: no clock, socket, Kafka or SQL; time and
// randomness are arguments. Thread-safe: an AccountBook is immutable after it is built.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "common/config/settings.hpp"
#include "common/crypto/sealer.hpp"
#include "ingest/account.hpp"
#include "ingest/callback.hpp"

namespace wxpipe::ingest {

// Fills the span with unpredictable bytes (passive replies need a nonce and 16 random bytes).
using RandomBytes = std::function<void(std::span<unsigned char>)>;

class AccountBook {
 public:
  // Decodes keys and checks every account; throws UsageError naming file, line and the fix, all errors at once.
  AccountBook(const std::vector<config::AccountSettings>& accounts, const crypto::Sealer& sealer, RandomBytes random);

  // Never throws, whatever the bytes; unknown accounts are Refused. Event.receipt and trace_id are left empty: the
  // receiver gives them. `callback.received_at` is "now" for every time check.
  Interpretation interpret(const Callback& callback) const;

 private:
  std::map<std::string, Account, std::less<>> accounts_;
  crypto::Sealer sealer_;
  RandomBytes random_;
};

}  // namespace wxpipe::ingest
