#include "sinks/ledger.hpp"

#include "common/postgres/sql_array.hpp"

namespace wxpipe::sinks {
namespace {
constexpr postgres::Statement kStored{
    "ledger_stored",
    "insert into wxpipe.ledger as l (minute, account, family, writer, stored, dead_letters) "
    "select unnest($1::timestamptz[]), unnest($2::text[]), $4::text, $5::text, "
    "unnest($3::int8[]) * ($6::text = 'stored')::int, unnest($3::int8[]) * ($6::text = 'dead_letters')::int "
    "on conflict (minute, account, family, writer) do update set stored = l.stored + excluded.stored, "
    "dead_letters = l.dead_letters + excluded.dead_letters, updated_at = now()"};
}  // namespace

void StoredByMinute::add(Timestamp received_at, std::string_view account) {
  const Timestamp minute = std::chrono::floor<std::chrono::minutes>(received_at);
  if (last_ == nullptr || last_->first.first != minute || last_->first.second != account)
    last_ = &*counts_.try_emplace({minute, std::string(account)}, 0).first;
  ++last_->second;
}

void StoredByMinute::clear() {
  counts_.clear();
  last_ = nullptr;
}

void StoredByMinute::count(postgres::Transaction& transaction, const Writer& writer, std::string_view column) const {
  using postgres::ElementType;
  if (counts_.empty()) return;
  postgres::SqlArray minutes(ElementType::timestamptz), accounts(ElementType::text), counts(ElementType::int8);
  for (const auto& [key, stored] : counts_) {
    minutes.add_time(key.first);
    accounts.add_text(key.second);
    counts.add_int8(stored);
  }
  postgres::Parameters parameters;
  parameters.bytes(minutes.bytes())
      .bytes(accounts.bytes())
      .bytes(counts.bytes())
      .text(writer.family)
      .text(writer.name)
      .text(column);
  transaction.execute(kStored, parameters);
}

}  // namespace wxpipe::sinks
