// Facts of people who were erased (wxpipe.erasures) lose the person before they are stored: a replay, a batch that was
// on its way, or a dead letter brings nobody back. A fact is one of theirs if it names them (schemas/erasure.hpp) and
// was received until the erasure. So it doesn't matter whether the fact or the erasure comes first (docs/guarantees.md
// law 4). One thread.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/clock.hpp"
#include "common/postgres/connection.hpp"
#include "schemas/facts/dead_letter.hpp"
#include "sinks/read_batch.hpp"

namespace wxpipe::sinks {

// A row of wxpipe.erasures.
struct Erasure {
  std::string account, subject_hash;
  size_t subject_length = 0;
  Timestamp erased_at;
  std::string pseudonym;
};

// Hexadecimal HMAC-SHA256.
std::string subject_hash(std::string_view key, std::string_view subject);
// Of the database (wxpipe.erasure_key).
std::string erasure_key(postgres::Transaction& transaction);
std::string erasure_key(postgres::Connection& connection);

// Erasures by the ids of people. Pure.
class Pseudonyms {
 public:
  Pseudonyms() = default;
  explicit Pseudonyms(std::string key) : key_(std::move(key)) {}
  void add(Erasure erasure);
  bool empty() const { return by_hash_.empty(); }
  // Of somebody who was erased in this account (empty: in any) when the fact had been received; else empty. If that was
  // twice, the earlier one counts: it has changed the fact.
  std::string_view of(std::string_view account, std::string_view id, Timestamp received_at) const;

 private:
  std::string key_;
  std::set<size_t> lengths_;
  std::unordered_map<std::string, std::vector<Erasure>> by_hash_;
};

class ErasedPeople {
 public:
  // In the batch's transaction, before it writes rows: until the transaction ends nobody is erased, and whoever was is
  // known. A statement; it costs the same however many were erased.
  void hold(postgres::Transaction& transaction);

  // After hold. Costs nothing unless a fact was received before the last erasure of its account. Returns how many facts
  // lost somebody.
  size_t erase_from(ReadBatch& batch, postgres::Transaction& transaction) const;
  size_t erase_from(std::vector<schemas::DeadLetter>& letters, postgres::Transaction& transaction) const;

 private:
  class Search;
  bool may_be_erased(std::string_view account, Timestamp received_at) const;

  int64_t known_ = 0;  // the number of the last erasure
  std::string key_;
  std::map<std::string, Timestamp, std::less<>> last_;  // by account; "": of all
  std::set<size_t> lengths_;
};

}  // namespace wxpipe::sinks
