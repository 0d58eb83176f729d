// What became of a callback: as JSON that a person can write and review (expected.json), and as lines that a test can
// compare whole.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ingest/callback.hpp"

namespace wxpipe::ingest::golden {

// Shows seals as sealed:{text}, opened with the tests' sealing key. A seal that it can't open is sealed:{?}.
std::string show_seals(std::string_view text);
// The texts inside the seals.
std::vector<std::string> sealed_texts(std::string_view text);

// An indented JSON object: outcome, and of the following what isn't empty.
//   accepted    all columns of the event but id, account, received_at, raw, receipt, trace_id and normaliser, which the
//               runner checks for all cases; answer; address_mismatch, urgent
//   unreadable  reason, answer, urgent
//   refused     status, refusal
// An answer is "<status> <body>"; an encrypted one is shown decrypted, after "encrypted".
std::string render(const Interpretation& interpretation);

// One line "path = value" for each leaf, sorted. Empty values outside of attributes are left out. Throws
// std::runtime_error if it isn't a JSON object, or a name comes twice.
std::vector<std::string> lines(std::string_view json);

// The lines in which the two differ; empty: none.
std::string difference(const std::vector<std::string>& actual, const std::vector<std::string>& expected);

}  // namespace wxpipe::ingest::golden
