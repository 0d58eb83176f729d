// Makes an event anew out of its stored body, with today's normaliser and the account as it is configured now. Pure;
// any thread.
#pragma once

#include <string>
#include <variant>

#include "common/config/settings.hpp"
#include "common/crypto/sealer.hpp"
#include "ingest/platforms.hpp"
#include "schemas/facts/event.hpp"

namespace wxpipe::operate {

class Renormalizer {
 public:
  // Needs accounts and the sealing key. Throws UsageError.
  explicit Renormalizer(const config::Settings& settings);

  // The event, or why it can't be made anew. What only its delivery knew stays: receipt, trace id, times of arrival,
  // the reply.
  std::variant<schemas::Event, std::string> again(const schemas::Event& event) const;

 private:
  crypto::Sealer sealer_;
  ingest::AccountBook accounts_;
};

}  // namespace wxpipe::operate
