// Shared by the tests of retention: a database with rows, receipts and marks of past months, and topics on which
// nothing waits.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/postgres/partitions.hpp"
#include "rig/temporary_folder.hpp"
#include "schemas/fact_json.hpp"
#include "sinks/custody/audit.hpp"
#include "sinks/families.hpp"
#include "sinks/retention/retention.hpp"
#include "tests/support/stack.hpp"
#include "tests/support/temporary_database.hpp"
#include "tests/support/topic_prefix.hpp"

namespace wxpipe::sinks {

using namespace std::chrono_literals;
using schemas::CustodyMark;
using std::chrono::sys_days;

inline Timestamp on(int year, unsigned month, unsigned day) {
  return sys_days{std::chrono::year{year} / static_cast<int>(month) / static_cast<int>(day)};
}

class RetentionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WXPIPE_NEEDS_STACK();
    topics_ = std::make_unique<support::TopicPrefix>();
    database_ = std::make_unique<support::TemporaryDatabase>();
    connection_ = database_->connect();
    settings_.instance.name = "sink-1";
    settings_.kafka = topics_->settings();
    settings_.postgres.url = database_->url();
    settings_.retention.keep = {{"messages", "1 month"}};
    drain_ = std::make_unique<Drain>(settings_);
  }

  void make_partition(std::string_view table, Timestamp at) {
    for (const auto& one : partitioned_tables())
      if (one.name == table) postgres::ensure_partition(*connection_, postgres::partition_for(one, at));
  }

  // Messages with the receipts first … next - 1 of a boot, received at that time; their own time may be another.
  void store_messages(int64_t first, int64_t next, Timestamp received, std::optional<Timestamp> occurred = {},
                      const std::string& boot = "19ab") {
    const auto at = occurred.value_or(received);
    make_partition("messages", at);
    database_->query(fmt::format(
        "insert into messages (event_id, occurred_at, received_at, platform, account, category, type, content, body, "
        "receipt) select (lpad(to_hex((extract(epoch from '{0}'::timestamptz) * 1000)::int8), 12, '0') || "
        "substr(md5(s::text || '{1}'), 13))::uuid, '{0}', '{2}', 'wechat', 'shop', 'message', 'message.text', "
        "E'tab\\t line\\n back\\\\ 你好 ' || s, '<xml/>', 'in-1/{1}/' || s from generate_series({3}, {4}) s",
        to_iso8601(at), boot, to_iso8601(received), first, next - 1));
  }
  static CustodyMark mark(int64_t number, int64_t first, int64_t next, Timestamp received,
                          const std::string& boot = "19ab") {
    CustodyMark made;
    made.instance = "in-1";
    made.boot = boot;
    made.number = number;
    made.first = first;
    made.next = next;
    made.spool_events = 0;
    made.received_from = made.received_to = made.marked_at = received;
    made.acknowledged = {{"shop", std::chrono::floor<std::chrono::minutes>(received), false, next - first}};
    made.outcomes = {{1, static_cast<uint32_t>(next - first)}};
    return made;
  }
  // Stores marks, and lets the watch look at them, as it does every few seconds.
  void store(const std::vector<CustodyMark>& marks) {
    const auto sink = make_sink(schemas::family_of<CustodyMark>());
    for (const auto& one : marks) {
      std::string json;
      encode(one, json);
      ASSERT_TRUE(sink->add(json));
    }
    {
      postgres::Transaction transaction(*connection_);
      sink->write(transaction, 0, sink->size(), "test");
      transaction.commit();
    }
    look_at_unsettled(*connection_, *drain_, 0s, 5s, {});
  }
  // Messages and their mark.
  void acknowledge(int64_t number, int64_t first, int64_t next, Timestamp received) {
    store_messages(first, next, received);
    store({mark(number, first, next, received)});
  }

  // One database has everything.
  RetentionPlace place(postgres::Connection& connection) const {
    return {family_databases(settings_).front(), connection, connection, connection};
  }
  std::vector<OldPartition> look(Timestamp now, Doubt doubt = Doubt::refuse) {
    return Retention(settings_, place(*connection_), *drain_, {"anna", "desk"}).look(now, doubt, 5s);
  }
  // Looks and drops what can go; the result as "name: why it stays", or the name alone.
  std::vector<std::string> retain(Timestamp now, Doubt doubt = Doubt::refuse) {
    Retention retention(settings_, place(*connection_), *drain_, {"anna", "desk"});
    std::vector<std::string> list;
    for (auto& one : retention.look(now, doubt, 5s)) {
      if (one.kept_because.empty()) retention.drop(one);
      list.push_back(one.dropped ? one.range.name : one.range.name + ": " + one.kept_because);
    }
    return list;
  }
  AuditReport audited() { return audit(*connection_, *drain_, {}, 5s); }

  int64_t count(const std::string& from) const {
    return database_->query("select count(*) from " + from).integer(0, 0);
  }
  std::vector<std::string> lines(const std::string& sql) const {
    const auto rows = database_->query(fmt::format("select (q)::text from ({}) q", sql));
    std::vector<std::string> list;
    for (size_t i = 0; i < rows.size(); ++i) list.push_back(rows.text(i, 0));
    return list;
  }
  bool exists(const std::string& table) const {
    return !database_->query(fmt::format("select to_regclass('{}')", table)).is_null(0, 0);
  }

  rig::TemporaryFolder folder_;
  std::unique_ptr<support::TopicPrefix> topics_;
  std::unique_ptr<support::TemporaryDatabase> database_;
  std::unique_ptr<postgres::Connection> connection_;
  config::Settings settings_;
  std::unique_ptr<Drain> drain_;
};

}  // namespace wxpipe::sinks
