// What became of a callback: as JSON that a person can write and review (expected.json of `wxpipe test` and of
// tests/golden), and as lines that can be compared whole. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/crypto/sealer.hpp"
#include "ingest/account.hpp"
#include "ingest/callback.hpp"
#include "ingest/platforms.hpp"
#include "processors/step.hpp"

namespace wxpipe::operate {

// For callbacks that are only looked at: seals that are opened again at once, and replies that nobody gets.
crypto::Sealer throwaway_sealer();
ingest::RandomBytes no_randomness();

// A passive reply as its receiver reads it: decrypted, its signature checked. Empty: it isn't encrypted.
std::string open_reply(const ingest::Account& account, std::string_view body);

// Shows seals as sealed:{text}. A seal that the sealer can't open is sealed:{?}.
std::string show_seals(std::string_view text, const crypto::Sealer& sealer);
// The texts inside the seals.
std::vector<std::string> sealed_texts(std::string_view text, const crypto::Sealer& sealer);

// An indented JSON object: outcome, and of the following what isn't empty.
//   accepted    all columns of the event but id, account, received_at, raw, receipt, trace_id and normaliser;
//               address_mismatch; facts: by kind, what processing concludes; answer; urgent
//   unreadable  reason, answer, urgent
//   refused     status, refusal
// An answer is "<status> <body>"; an encrypted one is shown decrypted, after "encrypted". facts: null if the event
// wasn't processed.
std::string render(const ingest::Interpretation& interpretation, const ingest::Account& account,
                   const crypto::Sealer& sealer, const processors::Facts* facts = nullptr);

// One line "path = value" for each leaf, sorted. Empty values outside of attributes are left out. Throws
// std::runtime_error if it isn't a JSON object, or a name comes twice.
std::vector<std::string> lines(std::string_view json);

// The lines in which the two differ, each as "expected …" or "came …"; empty: none.
std::string difference(const std::vector<std::string>& actual, const std::vector<std::string>& expected);

}  // namespace wxpipe::operate
