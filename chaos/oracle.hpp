// Compares what was sent with what is stored, once everything has come to rest. It believes only the sender's ledger
// and doesn't know how the pipeline works. What must hold:
//
//   an acknowledged callback    is exactly one row, with the bytes, account and type that were sent; if poisoned,
//                               exactly one dead letter with its bytes and its reason
//   one without acknowledgement is one row or none: both are right
//   a repetition                has no row of its own if its bytes are the same, and has one if they differ
//   nothing else                is there: no row or dead letter that nobody sent, nothing from a stranger
//   messages.v1                 has every event once. Events of one subject that one ingest process took are in the
//   order
//                               of their acknowledgements
//
// Pure. Tell it first everything that was sent, then the rows, then the topic.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/uuid.hpp"
#include "rig/ledger.hpp"

namespace wxpipe::chaos {

using Digest = std::array<unsigned char, 32>;  // SHA-256
std::optional<Digest> parse_digest(std::string_view hex);

struct StoredRow {
  Uuid event_id;
  std::string_view account, tenant, type;  // tenant: empty if there is none
  Digest body{};                           // of the bytes as sent, with credentials opened
};
struct StoredLetter {
  std::string_view stage, reason, account;
  Digest body{};
};
struct TopicRecord {
  Uuid event_id;
  std::string_view receipt;
  int partition = 0;
  int64_t offset = 0;
};

enum class Violation {
  lost,             // acknowledged, but no row and no dead letter
  doubled,          // more than one row or dead letter
  wrong,            // stored, but not as sent (bytes, account, type, reason), or sent by nobody
  stranger,         // it should have been refused, but was acknowledged or stored
  out_of_order,     // on messages.v1
  doubled_on_topic  // more than one record of an event on messages.v1
};
inline constexpr int kViolations = 6;
std::string_view to_string(Violation violation);

struct Verdict {
  uint64_t callbacks = 0, acknowledged = 0, repeated = 0, repeated_with_other_bytes = 0, poisoned = 0, strangers = 0;
  uint64_t rows = 0, dead_letters = 0, topic_records = 0;
  uint64_t stored_unacknowledged = 0;        // allowed, and worth knowing
  std::chrono::microseconds longest_ack{0};  // from an attempt's start to its acknowledgement; first attempts only
  std::array<uint64_t, kViolations> violations{};
  std::vector<std::string> examples;  // a few of each kind, as texts

  uint64_t count(Violation violation) const { return violations[static_cast<size_t>(violation)]; }
  bool fine() const;
};

class Oracle {
 public:
  // once_on_topic: false if clocks jumped beyond the dedupe window, which goes by the times of receipt, or if keys
  // moved to other partitions. Events may then come twice on messages.v1.
  explicit Oracle(bool once_on_topic = true) : once_on_topic_(once_on_topic) {}

  void sent(const rig::LedgerLine& line);
  void stored(const StoredRow& row);
  void dead_letter(const StoredLetter& letter);
  // Call in the order of each partition.
  void on_topic(const TopicRecord& record);

  Verdict verdict() const;

 private:
  // One content: a callback and its repetitions with the same bytes, as one.
  struct Content {
    uint64_t serial = 0;
    uint32_t account = 0, tenant = 0, type = 0, poison = 0, stranger = 0;  // indexes of words_; 0: none
    uint32_t key = 0;
    std::optional<uint64_t> order;
    bool acknowledged = false, sent_again = false;
    uint32_t rows = 0, letters = 0;
    uint32_t topic_records = 0;
    uint32_t instance = 0;  // the process that took the copy which came first on the topic
    int partition = 0;
    int64_t offset = 0;
  };
  struct FirstBytes {
    size_t operator()(const Digest& digest) const {
      size_t bytes;
      std::memcpy(&bytes, digest.data(), sizeof bytes);
      return bytes;
    }
  };

  uint32_t word(std::string_view text);
  std::string name(const Content& content) const;
  void judge_contents(Verdict& verdict) const;
  void judge_order(Verdict& verdict) const;

  bool once_on_topic_;
  std::vector<std::string> words_{""};
  std::unordered_map<std::string, uint32_t> word_numbers_{{"", 0}};
  std::vector<Content> contents_;
  std::unordered_map<Digest, uint32_t, FirstBytes> by_body_;
  std::unordered_map<Uuid, uint32_t> by_event_;
  Verdict told_;  // what is counted and found while data comes in
};

}  // namespace wxpipe::chaos
