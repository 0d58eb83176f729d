#include "sinks/erased_people.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "common/crypto/digest.hpp"
#include "common/postgres/sql_array.hpp"
#include "schemas/erasure.hpp"

namespace wxpipe::sinks {
namespace {
using postgres::ElementType;
using postgres::Parameters;
using postgres::SqlArray;
using postgres::Transaction;

// `wxpipe erase` locks the table exclusively. Two statements, so that the second sees what was erased while the first
// waited.
constexpr const char* kHold =
    "lock table wxpipe.erasures in row share mode; select coalesce(max(number), 0) from wxpipe.erasures";

constexpr const char* kKey = "select encode(key, 'hex') from wxpipe.erasure_key";

constexpr postgres::Statement kFind{
    "erasures_find",
    "select e.account, e.subject_hash, e.subject_length, (extract(epoch from e.erased_at) * 1000000)::int8, e.pseudonym "
    "from unnest($1::text[]) as wanted(hash) cross join lateral (select * from wxpipe.erasures e "
    "where e.subject_hash = wanted.hash offset 0) e"};

Timestamp moment(int64_t micros) { return Timestamp(std::chrono::microseconds(micros)); }
}  // namespace

std::string subject_hash(std::string_view key, std::string_view subject) {
  std::string hex;
  for (const auto byte : crypto::hmac_sha256(key, {&subject, 1}))
    fmt::format_to(std::back_inserter(hex), "{:02x}", byte);
  return hex;
}

std::string erasure_key(Transaction& transaction) { return transaction.execute(kKey).text(0, 0); }
std::string erasure_key(postgres::Connection& connection) { return connection.execute(kKey).text(0, 0); }

void Pseudonyms::add(Erasure erasure) {
  lengths_.insert(erasure.subject_length);
  auto& all = by_hash_[erasure.subject_hash];
  all.push_back(std::move(erasure));
  std::ranges::sort(all, {}, &Erasure::erased_at);
}

std::string_view Pseudonyms::of(std::string_view account, std::string_view id, Timestamp received_at) const {
  if (!lengths_.contains(id.size())) return {};
  const auto found = by_hash_.find(subject_hash(key_, id));
  if (found == by_hash_.end()) return {};
  for (const auto& one : found->second)
    if ((account.empty() || one.account == account) && received_at <= one.erased_at) return one.pseudonym;
  return {};
}

// The hashes of the texts that may be an erased person's id, and what they lead to.
class ErasedPeople::Search {
 public:
  explicit Search(const ErasedPeople& people) : people_(people) {}

  void operator()(std::string_view text) {
    if (people_.lengths_.contains(text.size()) && texts_.emplace(text).second)
      hashes_.add_text(subject_hash(people_.key_, text));
  }
  Pseudonyms find(Transaction& transaction) {
    Pseudonyms pseudonyms(people_.key_);
    if (hashes_.size() == 0) return pseudonyms;
    const auto rows = transaction.execute(kFind, Parameters().bytes(hashes_.bytes()));
    for (size_t i = 0; i < rows.size(); ++i)
      pseudonyms.add({rows.text(i, 0), rows.text(i, 1), static_cast<size_t>(rows.integer(i, 2)),
                      moment(rows.integer(i, 3)), rows.text(i, 4)});
    return pseudonyms;
  }

 private:
  const ErasedPeople& people_;
  std::unordered_set<std::string> texts_;
  SqlArray hashes_{ElementType::text};
};

void ErasedPeople::hold(Transaction& transaction) {
  const auto number = transaction.execute(kHold).integer(0, 0);
  if (number == known_) return;
  last_.clear();
  lengths_.clear();
  key_ = erasure_key(transaction);
  const auto rows = transaction.execute(
      "select account, subject_length, (extract(epoch from max(erased_at)) * 1000000)::int8 from wxpipe.erasures "
      "group by account, subject_length");
  for (size_t i = 0; i < rows.size(); ++i) {
    lengths_.insert(static_cast<size_t>(rows.integer(i, 1)));
    for (auto* const at : {&last_[rows.text(i, 0)], &last_[""]}) *at = std::max(*at, moment(rows.integer(i, 2)));
  }
  known_ = number;
}

bool ErasedPeople::may_be_erased(std::string_view account, Timestamp received_at) const {
  const auto last = last_.find(account);
  return last != last_.end() && received_at <= last->second;
}

size_t ErasedPeople::erase_from(ReadBatch& batch, Transaction& transaction) const {
  if (last_.empty()) return 0;
  auto& rows = batch.rows();
  std::vector<size_t> old;
  Search search(*this);
  for (size_t row = 0; row < rows.size(); ++row) {
    if (!may_be_erased(rows.head(row).account, rows.came_at(row))) continue;
    old.push_back(row);
    rows.tell_names(row, [&](std::string_view text) { search(text); });
  }
  const auto pseudonyms = search.find(transaction);
  if (pseudonyms.empty()) return 0;
  size_t erased = 0;
  std::ranges::reverse(old);  // later rows move up when one is taken out
  for (const auto row : old) {
    const std::string account(rows.head(row).account);
    const auto at = rows.came_at(row);
    const auto pseudonym_of = [&](std::string_view id) { return pseudonyms.of(account, id, at); };
    const auto outcome = rows.erase_people(row, pseudonym_of);
    if (outcome == Erased::whole) batch.take_out(row);
    if (outcome != Erased::nobody) ++erased;
  }
  return erased;
}

size_t ErasedPeople::erase_from(std::vector<schemas::DeadLetter>& letters, Transaction& transaction) const {
  if (last_.empty()) return 0;
  Search search(*this);
  for (const auto& letter : letters)
    if (may_be_erased(letter.account, letter.occurred_at))
      schemas::for_each_name(letter, [&](std::string_view text) { search(text); });
  const auto pseudonyms = search.find(transaction);
  if (pseudonyms.empty()) return 0;
  size_t erased = 0;
  for (auto& letter : letters)
    erased += schemas::erase_people(
        letter, [&](std::string_view id) { return pseudonyms.of(letter.account, id, letter.occurred_at); });
  return erased;
}

}  // namespace wxpipe::sinks
