// Stores one kind of fact, by its declaration: new rows by COPY, else by an insert that leaves out existing rows; then
// the family's merges. Buffers are reused for the next batch; one thread.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "common/postgres/connection.hpp"
#include "common/postgres/copy_rows.hpp"
#include "common/postgres/sql_array.hpp"
#include "sinks/fact_columns.hpp"
#include "sinks/ledger.hpp"
#include "sinks/sink.hpp"

namespace wxpipe::sinks {

// A fact's statements; made once.
template <class Fact>
struct FactStatements {
  explicit FactStatements(std::string_view family, std::string_view of)
      : copy(copy_statement(Fact::kTable, kColumns<Fact>)),
        insert(insert_statement(Fact::kTable, kColumns<Fact>)),
        insert_keys(insert_returning_keys(Fact::kTable, kColumns<Fact>)),
        merges(merges_of(family, of, kColumns<Fact>)),
        need_fresh(std::any_of(merges.begin(), merges.end(), [](const auto& merge) { return merge.only_fresh; })) {}

  const std::string copy;
  const NamedSql insert, insert_keys;
  const std::vector<MergeStatement> merges;
  const bool need_fresh;  // true: we must know which rows were new, not only how many
};

template <class Fact>
class FactTable {
  // What StoredByMinute counts.
  static_assert(Fact::kTable.filled_by_merge || Fact::kTable.ledger.column == "stored" ||
                Fact::kTable.ledger.column == "dead_letters");

 public:
  using Facts = std::vector<const Fact*>;
  // family: take its merges. of: the fact's name in them; empty: the family's first fact.
  FactTable(std::string_view family, std::string_view of) : statements_(statements(family, of)) {}

  // Adds `fact` as the next row of COPY.
  void encode(const Fact& fact) {
    if constexpr (!Fact::kTable.filled_by_merge) {
      copy_.begin_row(kStored);
      add_columns(fact, scratch_, is_stored, [&](size_t) -> postgres::CopyRows& { return copy_; });
      stored_.add(ledger_time(fact), account_of(fact));
    }
  }
  // Gives the buffers' memory back.
  void shrink() {
    copy_ = {};
    arrays_ = empty_arrays(std::make_index_sequence<kCount>{});
  }
  void forget_encoded() {
    copy_.clear();
    stored_.clear();
  }

  // Assumes that none of the rows exists; throws SqlError 23505 if one does. The encoded rows must be exactly these.
  int64_t append(postgres::Transaction& transaction, const Facts& facts, const Writer& writer, Written& written) {
    if (facts.empty()) return 0;
    const auto fresh = static_cast<int64_t>(facts.size());
    if constexpr (Fact::kTable.filled_by_merge) {
      return merge(transaction, facts, facts, fresh, writer, written);
    } else {
      transaction.copy(statements_.copy.c_str(), copy_.finish());
      stored_.count(transaction, writer, Fact::kTable.ledger.column);
      count(written, Fact::kTable.name, fresh);
      merge(transaction, facts, facts, fresh, writer, written);
      return fresh;
    }
  }

  // Leaves out rows that exist. Both return how many were new.
  int64_t write(postgres::Transaction& transaction, const Facts& facts, const Writer& writer, Written& written) {
    if (facts.empty()) return 0;
    if constexpr (Fact::kTable.filled_by_merge) {
      return merge(transaction, facts, facts, static_cast<int64_t>(facts.size()), writer, written);
    } else {
      Facts fresh;
      const auto fresh_rows = statements_.need_fresh ? insert_and_find(transaction, facts, writer, fresh)
                                                     : insert(transaction, facts, writer);
      count(written, Fact::kTable.name, fresh_rows);
      merge(transaction, facts, fresh, fresh_rows, writer, written);
      return fresh_rows;
    }
  }

  // The pure half of write.
  void fill(const Facts& facts) {
    fill(facts, [](size_t) { return true; });
  }

 private:
  static constexpr size_t kCount = kColumns<Fact>.size();
  static constexpr bool is_stored(size_t column) { return kColumns<Fact>[column].in_table; }
  static constexpr int16_t kStored = [] {
    int16_t stored = 0;
    for (const auto& column : kColumns<Fact>) stored = static_cast<int16_t>(stored + (column.in_table ? 1 : 0));
    return stored;
  }();

  static const FactStatements<Fact>& statements(std::string_view family, std::string_view of) {
    static const FactStatements<Fact> once(family, of);
    return once;
  }
  template <size_t... I>
  static std::array<postgres::SqlArray, kCount> empty_arrays(std::index_sequence<I...>) {
    return {postgres::SqlArray(kColumns<Fact>[I].type)...};
  }

  static Timestamp ledger_time(const Fact& fact) {
    return schemas::kField<Fact, schemas::field_of_column<Fact>(Fact::kTable.ledger.time)>.of(fact);
  }
  static std::string_view account_of(const Fact& fact) {
    return schemas::kField<Fact, schemas::field_of_column<Fact>("account")>.of(fact);
  }

  template <class Wanted>
  void fill(const Facts& facts, Wanted&& wanted) {
    for (auto& array : arrays_) array.clear();
    for (const auto* fact : facts)
      add_columns(*fact, scratch_, wanted, [&](size_t column) -> postgres::SqlArray& { return arrays_[column]; });
  }

  postgres::Parameters stored_arrays(const Facts& facts) {
    fill(facts);
    postgres::Parameters parameters;
    for (size_t i = 0; i < arrays_.size(); ++i)
      if (is_stored(i)) parameters.bytes(arrays_[i].bytes());
    return parameters;
  }

  int64_t insert(postgres::Transaction& transaction, const Facts& facts, const Writer& writer) {
    auto parameters = stored_arrays(facts);
    parameters.text(writer.family).text(writer.name);
    return transaction.execute(statements_.insert.statement(), parameters).integer(0, 0);
  }

  // fresh: the facts that are new, each only once.
  int64_t insert_and_find(postgres::Transaction& transaction, const Facts& facts, const Writer& writer, Facts& fresh) {
    const auto inserted = transaction.execute(statements_.insert_keys.statement(), stored_arrays(facts));
    std::unordered_set<std::string> keys;
    std::string key;
    for (size_t row = 0; row < inserted.size(); ++row) {
      key.clear();
      for (size_t column = 0; column < inserted.columns(); ++column)
        key.append(inserted.text(row, column)) += kKeyPartEnd;
      keys.insert(key);
    }
    StoredByMinute stored;
    for (const auto* fact : facts) {
      key.clear();
      append_key(key, *fact);
      if (keys.erase(key) == 0) continue;
      fresh.push_back(fact);
      stored.add(ledger_time(*fact), account_of(*fact));
    }
    stored.count(transaction, writer, Fact::kTable.ledger.column);
    return static_cast<int64_t>(fresh.size());
  }

  // Returns how many rows the merges added to the fact's own table.
  int64_t merge(postgres::Transaction& transaction, const Facts& all, const Facts& fresh, int64_t fresh_rows,
                const Writer& writer, Written& written) {
    int64_t filled = 0;
    for (const auto& merge : statements_.merges) {
      if (merge.when_repeated && fresh_rows == static_cast<int64_t>(all.size())) continue;
      const auto& facts = merge.only_fresh ? fresh : all;
      const int64_t rows = facts.empty() ? 0 : run(transaction, merge, facts, writer);
      if (!merge.table.empty()) count(written, merge.table, rows);
      if (merge.table == unqualified(Fact::kTable.name)) filled += rows;
    }
    return filled;
  }

  int64_t run(postgres::Transaction& transaction, const MergeStatement& merge, const Facts& facts,
              const Writer& writer) {
    fill(facts, [&](size_t column) { return merge.wants(column); });
    postgres::Parameters parameters;
    for (const auto column : merge.columns) parameters.bytes(arrays_[column].bytes());
    if (merge.says_family) parameters.text(writer.family);
    if (merge.says_writer) parameters.text(writer.name);
    const auto answer = transaction.execute(merge.statement(), parameters);
    return answer.empty() ? static_cast<int64_t>(answer.affected()) : answer.integer(0, 0);
  }

  static constexpr std::string_view unqualified(std::string_view table) {
    const auto dot = table.find('.');
    return dot == std::string_view::npos ? table : table.substr(dot + 1);
  }
  static void count(Written& written, std::string_view table, int64_t rows) {
    written.tables.push_back({unqualified(table), rows});
  }

  const FactStatements<Fact>& statements_;
  postgres::CopyRows copy_;
  StoredByMinute stored_;  // for COPY: it returns no rows to count, but stores all of them
  std::array<postgres::SqlArray, kCount> arrays_ = empty_arrays(std::make_index_sequence<kCount>{});
  std::string scratch_;
};

}  // namespace wxpipe::sinks
