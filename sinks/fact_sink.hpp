// The sink of any family. Everything it does comes from the declarations of the family's facts (schemas/facts) and from
// its .sql file, if it has one.
#pragma once

#include <tuple>
#include <variant>
#include <vector>

#include "schemas/erasure.hpp"
#include "schemas/fact_list.hpp"
#include "sinks/fact_table.hpp"

namespace wxpipe::sinks {

// Finds these fields in a fact by the names of their columns.
template <class Fact>
RowHead head_of(const Fact& fact) {
  constexpr size_t kId = [] {
    for (const auto column : Fact::kTable.key)
      for (size_t i = 0; i < kColumns<Fact>.size(); ++i)
        if (kColumns<Fact>[i].name == column && kColumns<Fact>[i].type == postgres::ElementType::uuid)
          return schemas::field_of_column<Fact>(column);
    return schemas::field_of_column<Fact>("event_id");
  }();
  constexpr size_t kEventId = schemas::field_of_column<Fact>("event_id");
  constexpr size_t kTime = schemas::field_of_column<Fact>(Fact::kTable.ledger.time);
  constexpr size_t kOccurred = schemas::field_of_column<Fact>("occurred_at");
  constexpr size_t kTimeless = schemas::field_of_column<Fact>("timeless");
  constexpr size_t kAccount = schemas::field_of_column<Fact>("account");
  constexpr size_t kReceipt = schemas::field_of_column<Fact>("receipt");
  constexpr size_t kTrace = schemas::field_of_column<Fact>("trace_id");
  const auto set = [&]<size_t I>(auto& to, std::integral_constant<size_t, I>) {
    if constexpr (I != schemas::kNoField) {
      const auto& value = schemas::kField<Fact, I>.of(fact);
      if constexpr (schemas::is_optional<schemas::FieldValue<Fact, I>>)
        to = value.value_or(Uuid{});
      else
        to = value;
    }
  };
  RowHead head;
  set(head.id, std::integral_constant<size_t, kId>{});
  set(head.event_id, std::integral_constant<size_t, kEventId>{});
  set(head.received_at, std::integral_constant<size_t, kTime>{});
  head.occurred_at = head.received_at;
  set(head.occurred_at, std::integral_constant<size_t, kOccurred>{});
  set(head.timeless, std::integral_constant<size_t, kTimeless>{});
  set(head.account, std::integral_constant<size_t, kAccount>{});
  set(head.receipt, std::integral_constant<size_t, kReceipt>{});
  set(head.trace_id, std::integral_constant<size_t, kTrace>{});
  return head;
}

// When a fact's callback was received. Of dead letters, which may be made later: when it occurred.
template <class Fact>
Timestamp came_at(const Fact& fact) {
  constexpr size_t kReceived = schemas::field_of_column<Fact>("received_at");
  constexpr size_t kAt = kReceived != schemas::kNoField ? kReceived : schemas::field_of_column<Fact>("occurred_at");
  if constexpr (kAt != schemas::kNoField) return schemas::kField<Fact, kAt>.of(fact);
  return Timestamp::max();
}

template <class First, class... Others>
class FactSink final : public Sink {
 public:
  explicit FactSink(const schemas::FamilyInfo& family)
      : family_(family),
        tables_(FactTable<First>(family.name, ""), FactTable<Others>(family.name, Others::kName)...) {}

  const schemas::FamilyInfo& family() const override { return family_; }

  Result<void> add(std::string_view value) override {
    Result<void> added;
    if (!add_list_if<First>(value, added) && !(add_if<Others>(value, added) || ...)) {
      added = keep(schemas::decode<First>(value));
      // Another program's JSON may have blanks, or its members in another order than ours.
      if (!added) static_cast<void>((add_if_named<Others>(value, added) || ...));
    }
    return added;
  }
  size_t size() const override { return rows_.size(); }
  RowHead head(size_t row) const override {
    return std::visit([](const auto& fact) { return head_of(fact); }, rows_[row]);
  }
  void set_occurred_at(size_t row, Timestamp occurred_at) override {
    prepared_ = 0;
    std::visit(
        [&]<class Fact>(Fact& fact) {
          constexpr size_t kOccurred = schemas::field_of_column<Fact>("occurred_at");
          if constexpr (kOccurred != schemas::kNoField) schemas::kField<Fact, kOccurred>.of(fact) = occurred_at;
        },
        rows_[row]);
  }

  bool says_of_people() const override {
    return schemas::kSaysOfPeople<First> || (schemas::kSaysOfPeople<Others> || ...);
  }
  Timestamp came_at(size_t row) const override {
    return std::visit([](const auto& fact) { return sinks::came_at(fact); }, rows_[row]);
  }
  void tell_names(size_t row, const std::function<void(std::string_view)>& tell) const override {
    std::visit([&](const auto& fact) { schemas::for_each_name(fact, tell); }, rows_[row]);
  }
  Erased erase_people(size_t row, const std::function<std::string_view(std::string_view)>& pseudonym_of) override {
    return std::visit(
        [&]<class Fact>(Fact& fact) {
          if (!schemas::erase_people(fact, pseudonym_of)) return Erased::nobody;
          prepared_ = 0;
          return schemas::kErasing<Fact>.whole ? Erased::whole : Erased::person;
        },
        rows_[row]);
  }

  void prepare() override {
    if (prepared_ == 0) forget_encoded();
    encode(prepared_, rows_.size());
    prepared_ = rows_.size();
  }
  Written append(postgres::Transaction& transaction, size_t first, size_t count, std::string_view writer) override {
    encode_all(first, count);
    return each_table(first, count, [&](auto& table, const auto& facts, Written& written) {
      return table.append(transaction, facts, {family_.name, writer}, written);
    });
  }
  Written write(postgres::Transaction& transaction, size_t first, size_t count, std::string_view writer) override {
    encode_all(first, count);
    return each_table(first, count, [&](auto& table, const auto& facts, Written& written) {
      return table.write(transaction, facts, {family_.name, writer}, written);
    });
  }
  Written insert(postgres::Transaction& transaction, size_t first, size_t count, std::string_view writer) override {
    prepared_ = 0;
    return each_table(first, count, [&](auto& table, const auto& facts, Written& written) {
      return table.insert(transaction, facts, {family_.name, writer}, written);
    });
  }

  void take_out(size_t row) override {
    rows_.erase(rows_.begin() + static_cast<std::ptrdiff_t>(row));
    prepared_ = 0;
  }
  void clear() override {
    if (rows_.capacity() > kMostKept) {
      rows_ = {};
      std::apply([](auto&... tables) { (tables.shrink(), ...); }, tables_);
    }
    rows_.clear();
    prepared_ = 0;
  }

 private:
  // Memory for so many rows is kept. Larger batches are rare, so they allocate again; each family has three batches.
  static constexpr size_t kMostKept = 2000;

  template <class Fact>
  Result<void> keep(Result<Fact>&& read) {
    if (!read) return read.error();
    rows_.emplace_back(std::move(*read));
    return {};
  }
  template <class Fact>
  bool add_if(std::string_view value, Result<void>& added) {
    if (!schemas::begins_as<Fact>(value)) return false;
    added = keep(schemas::decode<Fact>(value));
    return true;
  }

  template <class Fact>
  bool add_if_named(std::string_view value, Result<void>& added) {
    if (!schemas::is_named<Fact>(value)) return false;
    added = keep(schemas::decode<Fact>(value));
    return true;
  }

  template <class Fact>
  bool add_list_if(std::string_view value, Result<void>& added) {
    if constexpr (schemas::Listed<Fact>) {
      if (!schemas::begins_as_list<Fact>(value)) return false;
      auto read = schemas::decode_list<Fact>(value);
      if (read)
        for (auto& fact : *read) rows_.emplace_back(std::move(fact));
      else
        added = read.error();
      return true;
    }
    return false;
  }

  // For a COPY of exactly these rows.
  void encode_all(size_t first, size_t count) {
    if (count == rows_.size()) {
      prepare();
    } else {
      forget_encoded();
      encode(first, first + count);
    }
    prepared_ = 0;  // the input of a COPY that has run can't grow any more
  }
  void forget_encoded() {
    std::apply([](auto&... tables) { (tables.forget_encoded(), ...); }, tables_);
  }
  void encode(size_t first, size_t end) {
    for (size_t i = first; i < end; ++i)
      std::visit([&]<class Fact>(const Fact& fact) { std::get<FactTable<Fact>>(tables_).encode(fact); }, rows_[i]);
  }

  // The rows' facts by kind, in the family's order of kinds: so repeats are written after the rows that they repeat.
  template <class Store>
  Written each_table(size_t first, size_t count, Store&& store) {
    Written written;
    const auto store_kind = [&]<class Fact>(FactTable<Fact>& table) {
      std::vector<const Fact*> facts;
      for (size_t i = first; i < first + count; ++i)
        if (const auto* fact = std::get_if<Fact>(&rows_[i])) facts.push_back(fact);
      written.fresh += store(table, facts, written);
    };
    std::apply([&](auto&... tables) { (store_kind(tables), ...); }, tables_);
    return written;
  }

  const schemas::FamilyInfo& family_;
  std::tuple<FactTable<First>, FactTable<Others>...> tables_;
  std::vector<std::variant<First, Others...>> rows_;
  size_t prepared_ = 0;  // so many rows are prepared; 0: prepare all again
};

}  // namespace wxpipe::sinks
