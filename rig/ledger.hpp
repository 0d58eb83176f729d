// What the sender knows: a file of JSON Lines that says what was sent in each callback and whether it was acknowledged.
// Audits and chaos runs compare the tables with it. A line is written when the callback is settled, so lines may be out
// of the order of serials. A killed process loses at most the lines of the last fraction of a second.
//
//   {"serial":17,"account":"shop","kind":"official_account","tenant":null,"subject":"oABC…","type":"message.text",
//    "key_order":3,"body_sha256":"9f86…","token":"5f3a91c2-17","sealed":false,"identity_of":null,"resend":"none",
//    "poison":null,"stranger":null,"attempts":1,"outcome":"acknowledged","status":200,"acked":true,
//    "planned_at":"…","sent_at":"2026-01-15T02:30:00.000123Z","acked_at":"…","latency_us":1834}
//
//   serial       counts this run's callbacks from 0
//   tenant       the authorised account, or null. subject: whom it is about; may be ""
//   type         what it should become (messages.type); null for poison and strangers
//   key_order    its place among the callbacks of its account, tenant and subject, from 0. Each is sent after the one
//                before it was settled. Null for poison, strangers and repetitions with the same bytes
//   body_sha256  of the decrypted body; of the HTTP body for poison, and for webhooks, where both are the same
//   token        a text that stands in this body only (field Serial)
//   sealed       the body holds credentials, so the stored bytes differ: find its row by the token
//   identity_of  the serial that it repeats. resend: none, same (same bytes), changed (other bytes, same identity)
//   poison       the reason that its dead letter must have. stranger: the reason for which it must be refused
//   outcome      of the last attempt: acknowledged, replied, refused, failed, illegal_reply, timed_out, unreachable,
//                broken, unfinished (the sender was stopped). status: of the last answer, or null
//   acked        the platform takes it as delivered. acked_at: when, or null
//   latency_us   from its planned time until it was settled
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/clock.hpp"
#include "common/result.hpp"

namespace wxpipe::rig {

// A callback sent again after an earlier one was acknowledged: with the same bytes, or with other bytes and the same
// identity.
enum class Resend { none, same, changed };
constexpr std::string_view to_string(Resend resend) {
  constexpr std::string_view kWords[] = {"none", "same", "changed"};
  return kWords[static_cast<int>(resend)];
}

struct LedgerLine {
  uint64_t serial = 0;
  std::string account, kind;
  std::optional<std::string> tenant;
  std::string subject;
  std::optional<std::string> type;
  std::optional<uint64_t> key_order;
  std::string body_sha256, token;
  bool sealed = false;
  std::optional<uint64_t> identity_of;
  Resend resend = Resend::none;
  std::optional<std::string> poison, stranger;
  int attempts = 0;
  std::string outcome;
  std::optional<unsigned> status;
  bool acked = false;
  Timestamp planned_at, sent_at;
  std::optional<Timestamp> acked_at;
  int64_t latency_us = 0;
  bool operator==(const LedgerLine&) const = default;
};

void encode(const LedgerLine& line, std::string& out);  // appends, without a newline
Result<LedgerLine> decode_ledger_line(std::string_view json);

// The file, written in blocks. Throws std::runtime_error on write errors: a ledger with gaps proves nothing.
class Ledger {
 public:
  explicit Ledger(const std::string& path);  // an existing file is replaced
  ~Ledger();
  void add(const LedgerLine& line);
  void flush();  // to the operating system; call it several times a second

 private:
  std::string path_, buffer_;
  int file_;
};

}  // namespace wxpipe::rig
