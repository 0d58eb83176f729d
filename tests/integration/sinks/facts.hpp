// Many facts for the sinks' tests, and the resulting tables as text, for comparing whole.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <deque>
#include <random>
#include <string>
#include <vector>

#include "schemas/event_id.hpp"
#include "schemas/fact_json.hpp"
#include "schemas/registry.hpp"
#include "sinks/record.hpp"
#include "tests/support/temporary_database.hpp"

namespace wxpipe::sinks::testing {

using namespace std::chrono_literals;

inline Timestamp noon() { return Timestamp(std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}) + 12h; }

inline schemas::Event message(int number, Timestamp occurred_at = noon()) {
  schemas::Event event;
  event.raw = fmt::format("<xml><MsgId>{}</MsgId></xml>", number);
  event.id = schemas::event_id("shop", "", "", event.raw, occurred_at);
  event.identity = fmt::format("shop|msg|{}", number);
  event.type = "message.text";
  event.category = "message";
  event.platform = "wechat";
  event.account = "shop";
  event.subject = fmt::format("o{}", number % 7);
  event.sender = event.subject;
  event.msg_type = "text";
  event.content = fmt::format("第{}条", number);
  event.occurred_at = occurred_at;
  event.received_at = occurred_at + 300ms;
  event.receipt = fmt::format("edge-1/boot/{}", number);
  event.trace_id = fmt::format("{:032x}", number);
  return event;
}

inline std::string value_of(const schemas::Event& event) {
  std::string out;
  encode(event, schemas::kMessageSchema, out);
  return out;
}
// Finds a family by its name.
inline const schemas::FamilyInfo& family(std::string_view name) {
  const schemas::FamilyInfo* found = nullptr;
  schemas::for_each_family([&](const schemas::FamilyInfo& one) {
    if (one.name == name) found = &one;
  });
  return *found;
}

template <class Fact>
std::string value_of(const Fact& fact) {
  std::string out;
  encode(fact, out);
  return out;
}

// Records of one partition, as a consumer hands them over.
class Records {
 public:
  explicit Records(std::string topic = "t") : topic_(std::move(topic)) {}
  void add(std::string value, int64_t offset) {
    values_.push_back(std::move(value));
    records_.push_back({topic_, 0, offset, "shop||o1", values_.back(), noon(), {}});
  }
  void add(std::string value) { add(std::move(value), static_cast<int64_t>(records_.size())); }
  std::span<const InputRecord> all() const { return records_; }

 private:
  std::string topic_;
  std::deque<std::string> values_;
  std::vector<InputRecord> records_;
};

// A query's result, one line per row: "a|b|c".
inline std::vector<std::string> lines(const support::TemporaryDatabase& database, const std::string& sql) {
  const auto rows = database.query(fmt::format("select (q)::text from ({}) q", sql));
  std::vector<std::string> list;
  for (size_t i = 0; i < rows.size(); ++i) list.push_back(rows.text(i, 0));
  return list;
}
inline int64_t count(const support::TemporaryDatabase& database, const std::string& from) {
  return database.query("select count(*) from " + from).integer(0, 0);
}

// A table's content, without the times at which rows were made and changed.
inline std::vector<std::string> content(const support::TemporaryDatabase& database, const std::string& table) {
  const auto rows = database.query(
      fmt::format("select (to_jsonb(t) - 'created_at' - 'updated_at')::text from {} t order by 1", table));
  std::vector<std::string> list;
  for (size_t i = 0; i < rows.size(); ++i) list.push_back(rows.text(i, 0));
  return list;
}

}  // namespace wxpipe::sinks::testing
