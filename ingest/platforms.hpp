// From a callback and the account's configuration to what the callback means. Pure: no clock, socket, Kafka or SQL;
// time and randomness are passed in. An AccountBook never changes once built: any thread may use it.
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

// Fills the span with unpredictable bytes. Passive replies need a nonce and 16 random bytes.
using RandomBytes = std::function<void(std::span<unsigned char>)>;

class AccountBook {
 public:
  // Decodes keys and checks every account. Throws one UsageError with all errors: file, line and fix of each.
  AccountBook(const std::vector<config::AccountSettings>& accounts, const crypto::Sealer& sealer, RandomBytes random);

  // Never throws, whatever the bytes. Unknown accounts are Refused. Leaves Event.receipt and trace_id empty: the
  // receiver sets them. `callback.received_at` is "now" for every check of time.
  Interpretation interpret(const Callback& callback) const;

  // Null: no account has this name.
  const Account* find(std::string_view name) const;

 private:
  std::map<std::string, Account, std::less<>> accounts_;
  crypto::Sealer sealer_;
  RandomBytes random_;
};

}  // namespace wxpipe::ingest
