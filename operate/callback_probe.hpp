// Plays the verification that a platform's console does when somebody saves a callback address there
// (docs/protocol.md §2): a GET, signed and encrypted with the account's own keys, sent to the public address. Says at
// which station it fails: the name, the connection, TLS, the status, the answer.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/http/url.hpp"
#include "common/report/report.hpp"
#include "ingest/account.hpp"

namespace wxpipe::operate {

// What the console would send, and the answer that it would accept. Pure.
struct Verification {
  std::string query;   // without the ?
  std::string answer;  // the whole body
};
// tenant: as it stands in the path; empty: none. random: at least 40 secure bytes. Only for kinds whose platform
// verifies addresses (is_verified).
Verification make_verification(const ingest::Account& account, std::string_view tenant, Timestamp at,
                               std::span<const unsigned char> random);
// Standard Webhooks and most senders with rules of their own verify no address.
bool is_verified(const ingest::Account& account);

struct Probe {
  std::string account, address;
  struct Station {
    std::string name;  // "dns", "tcp", "tls", "status", "answer"
    report::Finding finding;
  };
  std::vector<Station> stations;  // up to the first that fails
};

// base: the public address, with or without /callback/…. Each station has the limit. Throws UsageError for an
// address that is none.
Probe probe_callback(const ingest::Account& account, const std::string& base, std::chrono::milliseconds limit);

}  // namespace wxpipe::operate
