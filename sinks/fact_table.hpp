// Stores one kind of fact, by its declaration: rows by COPY, then the family's merges. Buffers are reused for the next
// batch; one thread.
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
        find(find_statement(Fact::kTable, kColumns<Fact>)),
        insert(insert_statement(Fact::kTable, kColumns<Fact>)),
        merges(merges_of(family, of, kColumns<Fact>)) {}

  const std::string copy;
  const NamedSql find, insert;
  const std::vector<MergeStatement> merges;
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

  // All three return how many rows were new.

  // Assumes that none of the rows exists; throws SqlError 23505 if one does. The encoded rows must be exactly these.
  int64_t append(postgres::Transaction& transaction, const Facts& facts, const Writer& writer, Written& written) {
    if (facts.empty()) return 0;
    if constexpr (!Fact::kTable.filled_by_merge) copy(transaction, writer, facts.size(), written);
    return merge(transaction, {facts, facts, {}}, writer, written);
  }

  // Looks first which rows exist and leaves them out; throws SqlError 23505 if another writer adds one meanwhile. The
  // encoded rows must be exactly these.
  int64_t write(postgres::Transaction& transaction, const Facts& facts, const Writer& writer, Written& written) {
    if (facts.empty()) return 0;
    if constexpr (Fact::kTable.filled_by_merge) {
      return merge(transaction, {facts, facts, {}}, writer, written);
    } else {
      const auto there = find(transaction, facts);
      const auto parts = divide(facts, [&](size_t i) { return there[i]; });
      if (!parts.repeated.empty()) {
        copy_.leave_out(there);
        count_anew(parts.fresh);
      }
      copy(transaction, writer, parts.fresh.size(), written);
      return merge(transaction, parts, writer, written);
    }
  }

  // Leaves out rows that exist, whoever else writes them. Costs twice as much as `write`.
  int64_t insert(postgres::Transaction& transaction, const Facts& facts, const Writer& writer, Written& written) {
    if (facts.empty()) return 0;
    if constexpr (Fact::kTable.filled_by_merge) {
      return merge(transaction, {facts, facts, {}}, writer, written);
    } else {
      auto added = insert(transaction, facts);
      std::string key;
      const auto parts = divide(facts, [&](size_t i) {
        key.clear();
        append_key(key, *facts[i]);
        return added.erase(key) == 0;
      });
      count_anew(parts.fresh);
      stored_.count(transaction, writer, Fact::kTable.ledger.column);
      count(written, Fact::kTable.name, static_cast<int64_t>(parts.fresh.size()));
      return merge(transaction, parts, writer, written);
    }
  }

  // The pure half of insert.
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

  // A batch's facts. Of those with one key the first is fresh, if its row didn't exist.
  struct Parts {
    const Facts& all;
    Facts fresh, repeated;
  };
  template <class Existed>
  static Parts divide(const Facts& facts, Existed&& existed) {
    Parts parts{facts, {}, {}};
    parts.fresh.reserve(facts.size());
    for (size_t i = 0; i < facts.size(); ++i) (existed(i) ? parts.repeated : parts.fresh).push_back(facts[i]);
    return parts;
  }

  // Which rows are in the table, or further ahead in the batch.
  std::vector<bool> find(postgres::Transaction& transaction, const Facts& facts) {
    constexpr auto kInKey = [](size_t column) {
      constexpr auto& key = Fact::kTable.key;
      return std::find(key.begin(), key.end(), kColumns<Fact>[column].name) != key.end();
    };
    fill(facts, kInKey);
    postgres::Parameters parameters;
    for (size_t i = 0; i < arrays_.size(); ++i)
      if (kInKey(i)) parameters.bytes(arrays_[i].bytes());
    std::vector<bool> there(facts.size());
    const auto found = transaction.execute(statements_.find.statement(), parameters);
    for (size_t row = 0; row < found.size(); ++row) there[static_cast<size_t>(found.integer(row, 0)) - 1] = true;
    std::unordered_set<std::string> keys;
    keys.reserve(facts.size());
    std::string key;
    for (size_t i = 0; i < facts.size(); ++i) {
      key.clear();
      append_key(key, *facts[i]);
      if (!keys.insert(key).second) there[i] = true;
    }
    return there;
  }

  void copy(postgres::Transaction& transaction, const Writer& writer, size_t rows, Written& written) {
    if (rows > 0) {
      transaction.copy(statements_.copy.c_str(), copy_.finish());
      stored_.count(transaction, writer, Fact::kTable.ledger.column);
    }
    count(written, Fact::kTable.name, static_cast<int64_t>(rows));
  }

  void count_anew(const Facts& fresh) {
    stored_.clear();
    for (const auto* fact : fresh) stored_.add(ledger_time(*fact), account_of(*fact));
  }

  // The keys of the rows that it added.
  std::unordered_set<std::string> insert(postgres::Transaction& transaction, const Facts& facts) {
    const auto inserted = transaction.execute(statements_.insert.statement(), stored_arrays(facts));
    std::unordered_set<std::string> keys;
    std::string key;
    for (size_t row = 0; row < inserted.size(); ++row) {
      key.clear();
      for (size_t column = 0; column < inserted.columns(); ++column)
        key.append(inserted.text(row, column)) += kKeyPartEnd;
      keys.insert(key);
    }
    return keys;
  }

  // Returns how many rows of the fact's table are new: of those in `parts`, or what the merges have added.
  int64_t merge(postgres::Transaction& transaction, const Parts& parts, const Writer& writer, Written& written) {
    int64_t filled = 0;
    for (const auto& merge : statements_.merges) {
      const auto& facts = merge.over == MergeStatement::Over::fresh      ? parts.fresh
                          : merge.over == MergeStatement::Over::repeated ? parts.repeated
                                                                         : parts.all;
      const int64_t rows = facts.empty() ? 0 : run(transaction, merge, facts, writer);
      if (!merge.table.empty()) count(written, merge.table, rows);
      if (merge.table == unqualified(Fact::kTable.name)) filled += rows;
    }
    return Fact::kTable.filled_by_merge ? filled : static_cast<int64_t>(parts.fresh.size());
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
