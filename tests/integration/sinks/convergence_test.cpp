// docs/guarantees.md law 4 for the tables that are merged from what was told: 10,000 facts, shuffled, repeated, cut
// into other batches and written by several workers at once, 50 times. The tables must end equal, and equal to a model
// that knows nothing of the SQL.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <thread>
#include <tuple>

#include "common/postgres/sqlstate.hpp"
#include "sinks/batch_writer.hpp"
#include "sinks/families.hpp"
#include "tests/integration/sinks/facts.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/stack.hpp"

namespace wxpipe::sinks {
namespace {
using namespace testing;
using Random = std::mt19937;
using Lines = std::vector<std::string>;

constexpr size_t kFacts = 10'000, kWorkers = 3;
constexpr unsigned kWays = 50;

int pick(Random& random, int below) { return std::uniform_int_distribution<int>(0, below - 1)(random); }
std::string one_of(Random& random, std::initializer_list<const char*> words) {
  return *(words.begin() + pick(random, static_cast<int>(words.size())));
}
// Few different times, so that facts meet in one second.
Timestamp some_time(Random& random) { return noon() + 1h * pick(random, 30) + 1s * pick(random, 3); }

schemas::Origin some_origin(Random& random, int number) {
  schemas::Origin origin;
  origin.occurred_at = some_time(random);
  origin.account = one_of(random, {"shop", "corp"});
  origin.event_id = schemas::event_id(origin.account, "", "", fmt::format("{}", number), origin.occurred_at);
  origin.platform = one_of(random, {"wechat", "wework", "instance"});
  origin.tenant = pick(random, 4) ? "" : "wx01";
  origin.subject = "o1";
  origin.event_type = one_of(random, {"receipt.message_sent", "outgoing.text", "group.updated"});
  origin.received_at = origin.occurred_at + 1s;
  origin.timeless = pick(random, 3) == 0;
  if (origin.timeless && pick(random, 3)) origin.stated_at = some_time(random);
  if (pick(random, 5)) origin.trace_id = fmt::format("{:032x}", pick(random, 1000));
  return origin;
}

int64_t micros(Timestamp at) { return at.time_since_epoch().count(); }
Timestamp told_at(const schemas::Origin& origin) { return origin.timeless ? origin.stated_at : origin.occurred_at; }
// Of an event or an origin: the platform's time, else the sender's, else the arrival. What a timeless one has as
// occurred_at doesn't count.
template <class Told>
Timestamp best_time(const Told& told) {
  if (!told.timeless) return told.occurred_at;
  return told.stated_at != Timestamp() ? told.stated_at : told.received_at;
}

// A value and what decides which one is newer.
struct Newest {
  std::tuple<int, int, int64_t, int, std::string> order;  // attempt, rank, time, rank, event
  std::string value;
};
// What every merged row has.
struct Row {
  std::string platform;
  std::map<std::string, Newest> told;
  int64_t first = INT64_MAX, last = INT64_MIN, count = 0;
  std::string first_trace, last_trace;

  void add(const schemas::Origin& origin) { add(origin, micros(best_time(origin))); }
  void add(const schemas::Origin& origin, int64_t at) {
    if (platform.empty() || origin.platform < platform) platform = origin.platform;
    if (std::tie(at, origin.trace_id) < std::tie(first, first_trace) || count == 0) {
      first = at;
      first_trace = origin.trace_id;
    }
    if (std::tie(at, origin.trace_id) > std::tie(last, last_trace) || count == 0) {
      last = at;
      last_trace = origin.trace_id;
    }
    ++count;
  }
  void tell(const std::string& name, const Newest& newest) {
    const auto [kept, fresh] = told.try_emplace(name, newest);
    if (!fresh && newest.order > kept->second.order) kept->second = newest;
  }
  std::string value(const std::string& name) const {
    const auto found = told.find(name);
    return found == told.end() ? std::string() : found->second.value;
  }
  std::string text() const {
    return fmt::format("{}|{}|{}|{}|{}|{}{}", platform, first, last, count, first_trace, last_trace, told_text());
  }
  std::string told_text() const {
    std::string all;
    for (const auto& [name, newest] : told)
      all += fmt::format("|{}={} {}", name, std::get<4>(newest.order), newest.value);
    return all;
  }
};
// What was told, of a row in the database. `k`: its table.
constexpr std::string_view kToldText =
    "(select string_agg('|' || f.key || '=' || (f.value ->> 1) || ' ' || (f.value ->> 2), '' order by f.key collate "
    "\"C\") from jsonb_each(k.told) f)";
// The same of a row in the database. `k`: its table.
constexpr std::string_view kRowText =
    "concat_ws('|', k.platform, (extract(epoch from k.first_seen_at) * 1000000)::bigint, (extract(epoch from "
    "k.last_seen_at) * 1000000)::bigint, k.{}, coalesce(k.created_trace_id, ''), coalesce(k.updated_trace_id, ''), "
    "(select string_agg(f.key || '=' || (f.value ->> 1) || ' ' || (f.value ->> 2), '|' order by f.key collate \"C\") "
    "from jsonb_each(k.told) f))";

std::string time_text(std::optional<int64_t> at) { return at ? fmt::format("{}", *at) : "-"; }
std::string sql_time(std::string_view column) {
  return fmt::format("coalesce(((extract(epoch from k.{}) * 1000000)::bigint)::text, '-')", column);
}
void keep_least(std::optional<int64_t>& kept, int64_t value) { kept = kept ? std::min(*kept, value) : value; }
void keep_greatest(std::optional<int64_t>& kept, int64_t value) { kept = kept ? std::max(*kept, value) : value; }

class Convergence : public ::testing::Test {
 protected:
  struct Value {
    std::string text;
    size_t event;  // all repeats of an event come from one partition, as on the topics
  };

  void SetUp() override {
    WXPIPE_NEEDS_STACK();
    database_ = std::make_unique<support::TemporaryDatabase>();
  }

  // What the database answers to `query`, sorted.
  Lines found(const std::string& query) const {
    const auto rows = database_->query(query);
    Lines list;
    for (size_t i = 0; i < rows.size(); ++i) list.push_back(rows.text(i, 0));
    std::sort(list.begin(), list.end());
    return list;
  }

  // A whole table, without the times at which rows were made and changed. Not as JSON, which takes four times as long.
  Lines rows_of(const std::string& table) const {
    const auto columns = database_->query(fmt::format(
        "select string_agg(format('t.%I', attname), ', ') from pg_attribute where attrelid = '{}'::regclass "
        "and attnum > 0 and not attisdropped and attname not in ('created_at', 'updated_at')",
        table));
    return found(fmt::format("select row({})::text from {} t", columns.text(0, 0), table));
  }

  void expect_convergence(const std::string& of, const std::vector<std::string>& values, const Lines& tables,
                          const std::string& query, Lines expected) {
    std::sort(expected.begin(), expected.end());
    Lines first;
    for (unsigned way = 0; way < kWays; ++way) {
      SCOPED_TRACE(fmt::format("way {}", way));
      Random random(way);
      std::vector<Value> shuffled;
      for (size_t i = 0; i < values.size(); ++i) shuffled.push_back({values[i], i});
      for (size_t i = 0; i < values.size() / 20 * (way % 3); ++i) {
        const auto again = static_cast<size_t>(pick(random, static_cast<int>(values.size())));
        shuffled.push_back({values[again], again});
      }
      std::shuffle(shuffled.begin(), shuffled.end(), random);
      database_->query(fmt::format("truncate {}, wxpipe.ledger, wxpipe.timeless_ids", fmt::join(tables, ", ")));
      write(of, shuffled, way, way % 7 == 0 ? 300 : 3000);
      const auto rows = found(query);
      ASSERT_EQ(rows.size(), expected.size());
      ASSERT_TRUE(rows == expected) << [&] {
        for (size_t i = 0; i < rows.size(); ++i)
          if (rows[i] != expected[i]) return fmt::format("{}\nexpected\n{}", rows[i], expected[i]);
        return std::string();
      }();
      Lines whole;
      for (const auto& table : tables)
        for (auto& line : rows_of(table)) whole.push_back(std::move(line));
      if (way == 0) first = whole;
      ASSERT_TRUE(whole == first) << "a table has other bytes than the first time";
    }
  }

  void write(const std::string& of, const std::vector<Value>& values, unsigned way, int largest_batch) {
    std::vector<std::thread> workers;
    for (size_t worker = 0; worker < kWorkers; ++worker)
      workers.emplace_back([&, worker] {
        Lines own;
        for (const auto& value : values)
          if (value.event % kWorkers == worker) own.push_back(value.text);
        Random random(way * 100 + static_cast<unsigned>(worker));
        write_alone(of, own, fmt::format("way {}", way), static_cast<int>(worker), random, largest_batch);
      });
    for (auto& worker : workers) worker.join();
  }

  void write_alone(const std::string& of, const Lines& values, const std::string& group, int number, Random& random,
                   int largest_batch) {
    postgres::Connection connection(database_->url(), "test", postgres::Purpose::sink);
    const kafka::Partition partition{"t", number};
    const config::SinkSettings settings;
    const auto name = fmt::format("worker {}", number);
    const OffsetStore offsets(group, name);
    support::ManualClock clock(noon());
    ReadBatch read(make_sink(family(of)));
    BatchWriter writer(family(of), offsets, settings, name, clock);
    const auto claim = offsets.claim(connection, {&partition, 1}, "cluster").at(0);
    int64_t next = claim.next_offset;
    for (size_t at = 0; at < values.size();) {
      const auto size = std::min(static_cast<size_t>(1 + pick(random, largest_batch)), values.size() - at);
      Records records;
      for (size_t i = at; i < at + size; ++i) records.add(values[i], next + static_cast<int64_t>(i - at));
      const Advance step{partition, claim.epoch, next, next + static_cast<int64_t>(size)};
      read.clear();
      read.read(records.all());
      BatchOutcome outcome;
      writer.write(connection, read, {&step, 1}, outcome);
      EXPECT_EQ(outcome.dead_letters, std::vector<schemas::DeadLetter>{});
      next += static_cast<int64_t>(size);
      at += size;
    }
  }

  std::unique_ptr<support::TemporaryDatabase> database_;
};

TEST_F(Convergence, OfTheDirectory) {
  struct Entry : Row {
    std::optional<int64_t> first_began, began, ended;
  };
  Random random(1);
  std::map<std::string, Entry> model;
  std::vector<std::string> values;
  for (size_t i = 0; i < kFacts; ++i) {
    schemas::DirectoryChanged fact;
    fact.origin = some_origin(random, static_cast<int>(i));
    fact.kind = one_of(random, {"contact", "group", "group_member"});
    fact.id = fmt::format("id{}", pick(random, 15));
    fact.part = fact.kind == "group" ? "" : fmt::format("part{}", pick(random, 3));
    fact.rank = 10 * pick(random, 4);
    fact.change = fmt::format("change {}", fact.rank);
    schemas::Attributes told;
    for (const auto* name : {"nickname", "remark", "tags", "level"})
      if (pick(random, 2)) told.emplace_back(name, pick(random, 9) ? fmt::format("{} {}", name, pick(random, 50)) : "");
    if (fact.rank > 0) told.emplace_back("state", fact.rank == 30 ? "removed" : "present");
    fact.told = told;
    values.push_back(value_of(fact));

    auto& entry =
        model[fmt::format("{}|{}|{}|{}|{}", fact.origin.account, fact.kind, fact.id, fact.part, fact.origin.tenant)];
    entry.add(fact.origin);
    for (const auto& [name, value] : told)
      entry.tell(name, {{0, 0, micros(told_at(fact.origin)), fact.rank, to_string(fact.origin.event_id)}, value});
    const auto at = micros(best_time(fact.origin));
    if (fact.rank == 20) keep_least(entry.first_began, at), keep_greatest(entry.began, at);
    if (fact.rank == 30) keep_greatest(entry.ended, at);
  }
  Lines expected;
  for (const auto& [key, entry] : model)
    expected.push_back(fmt::format("{}|{}|{}|{}|{}|{}|{}", key, entry.value("state"), entry.value("nickname"),
                                   time_text(entry.first_began), time_text(entry.began), time_text(entry.ended),
                                   entry.text()));
  expect_convergence(
      "directory", values, {"directory_history", "directory"},
      fmt::format("select concat_ws('|', k.account, k.kind, k.id, k.part, k.tenant, coalesce(k.state, ''), "
                  "coalesce(k.name, ''), {}, {}, {}, {}) from directory k",
                  sql_time("first_began_at"), sql_time("began_at"), sql_time("ended_at"),
                  fmt::format(fmt::runtime(kRowText), "change_count")),
      expected);
}

TEST_F(Convergence, OfWhatBecameOfMessages) {
  struct Record : Row {
    std::optional<int64_t> sent, status;
  };
  static constexpr std::pair<const char*, int> kStatuses[]{{"", 0},      {"pending", 10}, {"sending", 20},
                                                           {"sent", 30}, {"failed", 40},  {"delivered", 50}};
  Random random(2);
  std::map<std::string, Record> model;
  std::vector<std::string> values;
  for (size_t i = 0; i < kFacts; ++i) {
    schemas::SendTold fact;
    fact.origin = some_origin(random, static_cast<int>(i));
    fact.kind = one_of(random, {"message", "message", "task", "receiver"});
    fact.sent_as = fmt::format("m{}", pick(random, 120));
    fact.receiver = fact.kind == "receiver" ? fmt::format("o{}", pick(random, 3)) : "";
    const auto& [status, rank] = kStatuses[pick(random, 6)];
    fact.status = status;
    fact.rank = fact.kind == "task" ? 0 : rank;
    fact.attempt = pick(random, 3);
    schemas::Attributes outcome, told{{"template_id", fmt::format("t{}", pick(random, 9))}};
    if (!fact.status.empty()) {
      outcome = {{"status", fact.status}};
      if (pick(random, 2)) outcome.emplace_back("error_code", fmt::format("{}", pick(random, 99)));
    }
    if (pick(random, 2)) told.emplace_back("receiver", fmt::format("o{}", pick(random, 99)));
    fact.outcome = outcome;
    fact.told = told;
    values.push_back(value_of(fact));

    auto& record = model[fmt::format("{}|{}|{}|{}|{}", fact.origin.account, fact.kind, fact.sent_as, fact.receiver,
                                     fact.origin.tenant)];
    record.add(fact.origin);
    const auto told_time = micros(told_at(fact.origin));
    const auto event = to_string(fact.origin.event_id);
    for (const auto& [name, value] : told) record.tell(name, {{0, 0, told_time, 0, event}, value});
    for (const auto& [name, value] : outcome)
      record.tell(name, fact.kind == "task" ? Newest{{0, 0, told_time, 0, event}, value}
                                            : Newest{{fact.attempt, fact.rank, told_time, 0, event}, value});
    const auto at = micros(best_time(fact.origin));
    if (fact.origin.event_type == "outgoing.text") keep_least(record.sent, at);
    if (!fact.status.empty()) keep_greatest(record.status, at);
  }
  Lines expected;
  for (const auto& [key, record] : model)
    expected.push_back(fmt::format("{}|{}|{}|{}|{}|{}", key, record.value("status"), record.value("error_code"),
                                   time_text(record.sent), time_text(record.status), record.text()));
  expect_convergence(
      "receipts", values, {"receipts", "send_records"},
      fmt::format("select concat_ws('|', k.account, k.kind, k.sent_as, k.receiver, k.tenant, "
                  "coalesce(k.status, ''), coalesce(k.error_code, ''), {}, {}, {}) from send_records k",
                  sql_time("sent_at"), sql_time("status_at"), fmt::format(fmt::runtime(kRowText), "receipt_count")),
      expected);
}

TEST_F(Convergence, OfConversations) {
  struct Turn {
    int64_t at;
    std::string event;
    int turn;
    std::string type, sender, preview;
    auto key() const { return std::tie(at, event, turn); }
  };
  struct Talk {
    std::string platform;
    bool is_group = false;
    int64_t count = 0, inbound = 0;
    std::optional<int64_t> first, first_in, last_in, first_out, last_out;
    Turn last{INT64_MIN, "", 0, "", "", ""};
  };
  struct Traffic {
    int received = 0, sent = 0, events = 0;
  };
  Random random(3);
  std::map<std::string, Talk> model;
  std::map<std::string, Traffic> traffic;
  std::vector<std::string> values;
  for (size_t i = 0; i < kFacts; ++i) {
    const int number = static_cast<int>(i);
    auto event = message(number, some_time(random));
    event.account = one_of(random, {"shop", "desk"});
    event.platform = event.account == "shop" ? "wechat" : "instance";
    event.tenant = pick(random, 4) ? "" : "wx01";
    event.subject = fmt::format("o{}", pick(random, 60));
    event.recipient = one_of(random, {"w1", "w2"});
    event.id = schemas::event_id(event.account, "", "", fmt::format("{}", number), event.occurred_at);
    event.type = one_of(random, {"message.text", "message.image", "outgoing.text"});
    event.sender = event.type == "outgoing.text" ? event.recipient : event.subject;
    if (pick(random, 5) == 0) event.conversation = fmt::format("g{}", pick(random, 10));
    if (pick(random, 8) == 0) event.category = "event";
    if (pick(random, 6) == 0) event.reply = "欢迎";
    event.content = std::string(static_cast<size_t>(pick(random, 200)), 'x') + fmt::format("{}", number);
    event.timeless = event.platform == "instance";
    if (event.timeless && pick(random, 3)) event.stated_at = some_time(random);
    values.push_back(value_of(event));

    const auto at = micros(best_time(event));
    const auto say = [&](bool inbound, const Turn& turn) {
      auto& talk = model[fmt::format("{}|{}|{}|{}", event.account,
                                     event.conversation.empty() ? event.subject : event.conversation,
                                     event.platform == "instance" ? event.recipient : "", event.tenant)];
      if (talk.platform.empty() || event.platform < talk.platform) talk.platform = event.platform;
      talk.is_group |= !event.conversation.empty();
      ++talk.count;
      talk.inbound += inbound ? 1 : 0;
      keep_least(talk.first, at);
      keep_least(inbound ? talk.first_in : talk.first_out, at);
      keep_greatest(inbound ? talk.last_in : talk.last_out, at);
      if (turn.key() > talk.last.key()) talk.last = turn;
    };
    // A day of people in China.
    auto& day = traffic[fmt::format("{}|{}|{}|{}", event.account, event.tenant,
                                    event.platform == "instance" ? event.recipient : "",
                                    to_iso8601(best_time(event) + 8h).substr(0, 10))];
    ++(event.category != "message" ? day.events : event.type == "outgoing.text" ? day.sent : day.received);
    if (!event.reply.empty()) ++day.sent;
    const auto id = to_string(event.id);
    if (event.category == "message")
      say(event.type != "outgoing.text", {at, id, 0, event.type, event.sender, event.content.substr(0, 100)});
    if (!event.reply.empty()) say(false, {at, id, 1, "reply", event.recipient, event.reply});
  }
  Lines expected;
  for (const auto& [key, talk] : model)
    expected.push_back(fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", key, talk.platform,
                                   talk.is_group ? 't' : 'f', talk.count, talk.inbound, time_text(talk.first),
                                   time_text(talk.first_in), time_text(talk.last_in), time_text(talk.first_out),
                                   time_text(talk.last_out), talk.last.at, talk.last.event, talk.last.turn,
                                   talk.last.type, talk.last.sender, talk.last.preview));
  for (const auto& [key, day] : traffic)
    expected.push_back(fmt::format("{}|{}|{}|{}", key, day.received, day.sent, day.events));
  expect_convergence(
      "messages", values, {"messages", "conversations", "wxpipe.traffic_days"},
      fmt::format("select concat_ws('|', k.account, k.chat, k.owner, k.tenant, k.platform, k.is_group, "
                  "k.message_count, k.inbound_count, {}, {}, {}, {}, {}, {}, k.last_event_id, "
                  "k.last_turn, k.last_type, k.last_sender, k.last_preview) from conversations k union all "
                  "select concat_ws('|', d.account, d.tenant, d.login, d.day, d.received, d.sent, d.events) from "
                  "traffic_days d",
                  sql_time("first_message_at"), sql_time("first_inbound_at"), sql_time("last_inbound_at"),
                  sql_time("first_outbound_at"), sql_time("last_outbound_at"), sql_time("last_message_at")),
      expected);
}

// Two writers of one lead compute its score from sums that lack each other's.
TEST_F(Convergence, OfLeads) {
  struct Rule {
    const char *name, *dimension;
    int cap;
  };
  static constexpr Rule kRules[]{{"menu", "interest", 40}, {"form", "intent", 0}, {"left", "risk", 12}};
  using Moment = std::tuple<int64_t, std::string, std::string>;  // time, activity, trace
  struct Lead {
    std::string platform;
    std::map<std::pair<std::string, int>, int64_t> points;  // by day and number of the rule
    std::map<std::string, std::pair<std::tuple<int64_t, std::string>, std::string>> profile;
    int64_t count = 0;
    Moment first{INT64_MAX, "", ""}, last{INT64_MIN, "", ""};
    std::string value(const std::string& name) const {
      const auto found = profile.find(name);
      return found == profile.end() ? std::string() : found->second.second;
    }
  };
  Random random(9);
  std::map<std::string, Lead> model;
  std::vector<std::string> values;
  for (size_t i = 0; i < kFacts; ++i) {
    const auto rule = pick(random, 3);
    schemas::LeadActivity fact;
    fact.origin = some_origin(random, static_cast<int>(i));
    fact.origin.subject = fmt::format("o{}", pick(random, 400));
    fact.origin.timeless = false;
    fact.origin.stated_at = {};
    fact.activity_id = schemas::derived_id(fact.origin.event_id, "rule");
    fact.rule = kRules[rule].name;
    fact.dimension = kRules[rule].dimension;
    fact.daily_cap = kRules[rule].cap;
    fact.points = rule == 2 ? -5 : 1 + pick(random, 9);
    schemas::Attributes profile;
    for (const auto* name : {"contact_phone", "text_phone", "city"})
      if (pick(random, 6) == 0) profile.emplace_back(name, pick(random, 9) ? fmt::format("{}", i) : "");
    if (!profile.empty()) fact.profile = profile;
    values.push_back(value_of(fact));

    const auto& origin = fact.origin;
    auto& lead = model[fmt::format("{}|{}|{}", origin.account, origin.tenant, origin.subject)];
    const auto id = to_string(fact.activity_id);
    const Moment moment{micros(origin.occurred_at), id, origin.trace_id};
    if (lead.platform.empty() || origin.platform < lead.platform) lead.platform = origin.platform;
    lead.points[{to_iso8601(origin.occurred_at).substr(0, 10), rule}] += fact.points;
    lead.first = std::min(lead.first, moment);
    lead.last = std::max(lead.last, moment);
    ++lead.count;
    for (const auto& [name, value] : profile) {
      auto& [order, kept] = lead.profile[name];
      const std::tuple newer(micros(origin.occurred_at), id);
      if (!value.empty() && newer > order) order = newer, kept = value;
    }
  }
  Lines expected;
  for (const auto& [key, lead] : model) {
    int64_t score = 0;
    std::map<std::string, int64_t> details;
    for (const auto& [day_and_rule, points] : lead.points) {
      const auto& rule = kRules[day_and_rule.second];
      const auto counts = rule.cap == 0 ? points : std::clamp<int64_t>(points, -rule.cap, rule.cap);
      score += counts;
      details[rule.dimension] += counts;
    }
    std::string by_dimension;
    for (const auto& [dimension, points] : details) by_dimension += fmt::format(" {}={}.00", dimension, points);
    const auto form = lead.value("contact_phone");
    expected.push_back(fmt::format(
        "{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", key, lead.platform, lead.count, std::clamp<int64_t>(score, 0, 100),
        by_dimension, std::get<0>(lead.first), std::get<1>(lead.first), std::get<2>(lead.first), std::get<1>(lead.last),
        std::get<2>(lead.last), form.empty() ? lead.value("text_phone") : form, lead.value("city")));
  }
  expect_convergence(
      "leads", values, {"lead_activities", "wxpipe.lead_daily", "wxpipe.lead_profiles", "leads"},
      fmt::format(
          "select concat_ws('|', k.account, k.tenant, k.subject, k.platform, k.activity_count, k.score, (select "
          "string_agg(format(' %s=%s', d.key, d.value), '' order by d.key collate \"C\") from "
          "jsonb_each(k.score_details) d), {}, k.first_activity_id, coalesce(k.created_trace_id, ''), "
          "k.last_activity_id, coalesce(k.updated_trace_id, ''), coalesce(k.contact_phone, ''), "
          "coalesce(k.city, '')) from leads k",
          sql_time("first_activity_at")),
      expected);
}

TEST_F(Convergence, OfTickets) {
  Random random(4);
  std::map<std::string, std::pair<std::tuple<int64_t, std::string>, std::string>> model;
  std::vector<std::string> values;
  for (size_t i = 0; i < kFacts; ++i) {
    schemas::TicketTold fact{some_origin(random, static_cast<int>(i)), one_of(random, {"component", "suite"}),
                             fmt::format("sealed:v1:{}", i)};
    values.push_back(value_of(fact));
    const std::tuple newest(micros(told_at(fact.origin)), to_string(fact.origin.event_id));
    const auto key = fact.origin.account + "|" + fact.kind;
    const auto [kept, fresh] = model.try_emplace(key, newest, fact.ticket);
    if (!fresh && newest > kept->second.first) kept->second = {newest, fact.ticket};
  }
  Lines expected;
  for (const auto& [key, newest] : model) expected.push_back(key + "|" + newest.second);
  expect_convergence("directory", values, {"wxpipe.tickets"},
                     "select concat_ws('|', k.account, k.kind, k.ticket) from wxpipe.tickets k", expected);
}

TEST_F(Convergence, OfOurOwnLogAndWhatCommandsDid) {
  Random random(5);
  std::map<std::string, std::string> model;
  std::vector<std::string> values;
  for (size_t i = 0; i < kFacts; ++i) {
    schemas::LogWritten fact;
    fact.origin = some_origin(random, static_cast<int>(i));
    fact.origin.timeless = false;  // whoever writes a line knows the time
    fact.origin.stated_at = {};
    fact.log_id = schemas::derived_id(fact.origin.event_id, "log");
    fact.level = one_of(random, {"info", "warn", "error"});
    fact.service = one_of(random, {"ingest", "process", "sink"});
    fact.module = one_of(random, {"delivery", "custody"});
    fact.message = fmt::format("line {}", i);
    fact.action = "batch_tried_again";
    if (pick(random, 2)) {
      fact.origin.platform = "wxpipe";
      fact.instance = one_of(random, {"edge-1", "edge-2"});
    }
    if (pick(random, 3) == 0) fact.span_id = fmt::format("{:016x}", pick(random, 1000));
    const auto id = to_string(fact.log_id), at = fmt::format("{}", micros(fact.origin.occurred_at));
    if (pick(random, 4) == 0) {  // counts as an operation only if it is our own
      fact.action = "operation.done";
      const auto command = to_string(fact.origin.event_id);
      fact.context = {{"command", command},
                      {"operator", "li"},
                      {"address", "desk7"},
                      {"operation", "topics apply"},
                      {"operation_type", "UPDATE"},
                      {"resource_type", "topics"},
                      {"affected", fmt::format("{}", i)},
                      {"changed", "create t"}};
      if (fact.origin.platform == "wxpipe")
        model["operation " + id] =
            fmt::format("{}|{}|{}|li|desk7|topics apply|UPDATE|topics|{}|create t", id, at, command, i);
    }
    model["line " + id] = fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", id, at, fact.level, fact.service, fact.module,
                                      fact.action, fact.message, fact.instance, fact.span_id, fact.origin.trace_id);
    values.push_back(value_of(fact));
  }
  Lines expected;
  for (const auto& [key, text] : model) expected.push_back(text);
  expect_convergence(
      "logs", values, {"system_logs", "audit_logs"},
      fmt::format("select concat_ws('|', k.log_id, {0}, k.level, k.service, k.module, k.action, k.message, "
                  "coalesce(k.instance, ''), coalesce(k.span_id, ''), coalesce(k.trace_id, '')) from system_logs k "
                  "union all select concat_ws('|', k.audit_id, {0}, k.command_id, k.operator, k.address, k.operation, "
                  "k.operation_type, k.resource_type, k.affected, k.details ->> 'changed') from audit_logs k",
                  sql_time("occurred_at")),
      expected);
}

TEST_F(Convergence, OfCalls) {
  Random random(6);
  Lines expected;
  std::vector<std::string> values;
  for (size_t i = 0; i < kFacts; ++i) {
    const auto at = some_time(random);
    const auto id = schemas::event_id("", "", "", fmt::format("call {}", i), at);
    const auto key = fmt::format("{}|{}", to_string(id), micros(at));
    if (pick(random, 2)) {
      schemas::ApiCalled fact;
      fact.call_id = id;
      fact.occurred_at = at;
      fact.service = one_of(random, {"crm", "bot"});
      fact.url = one_of(random, {"https://a/send", "https://b/get"});
      if (pick(random, 3)) fact.http_status = 200 + pick(random, 300);
      if (pick(random, 2)) fact.request_bytes = pick(random, 5000);
      if (pick(random, 2)) fact.trace_id = fmt::format("{:032x}", pick(random, 1000));
      expected.push_back(fmt::format("api|{}|{}|{}|{}|{}|{}", key, fact.service, fact.url, fact.http_status.value_or(0),
                                     fact.request_bytes.value_or(-1), fact.trace_id));
      values.push_back(value_of(fact));
    } else {
      schemas::AiCalled fact;
      fact.call_id = id;
      fact.occurred_at = at;
      fact.service = one_of(random, {"crm", "bot"});
      fact.provider = one_of(random, {"one", "other"});
      fact.call_type = one_of(random, {"user", "system"});
      if (pick(random, 2)) fact.user_id = fmt::format("u{}", pick(random, 30));
      if (pick(random, 3)) fact.total_tokens = pick(random, 5000);
      expected.push_back(fmt::format("ai|{}|{}|{}|{}|{}|{}", key, fact.service, fact.provider, fact.call_type,
                                     fact.user_id, fact.total_tokens.value_or(-1)));
      values.push_back(value_of(fact));
    }
  }
  expect_convergence(
      "calls", values, {"api_calls", "ai_calls"},
      fmt::format("select concat_ws('|', 'api', k.call_id, {0}, k.service, k.url, coalesce(k.http_status, 0), "
                  "coalesce(k.request_bytes, -1), coalesce(k.trace_id, '')) from api_calls k union all "
                  "select concat_ws('|', 'ai', k.call_id, {0}, k.service, k.provider, k.call_type, "
                  "coalesce(k.user_id, ''), coalesce(k.total_tokens, -1)) from ai_calls k",
                  sql_time("occurred_at")),
      expected);
}

// Heartbeats, changes of status and profiles; metrics; alerts: one family, and so in one stream.
TEST_F(Convergence, OfInstances) {
  struct Instance : Row {
    std::optional<int64_t> heartbeat, online;
  };
  struct Day {
    int64_t first = INT64_MAX, last = INT64_MIN;
    std::set<int64_t> minutes;
  };
  struct Alert : Row {
    std::optional<int64_t> over;
  };
  Random random(5);
  std::map<std::string, Instance> instances;
  std::map<std::string, Day> days;
  std::map<std::string, Alert> alerts;
  Lines expected;
  std::vector<std::string> values;
  for (size_t i = 0; i < kFacts; ++i) {
    auto origin = some_origin(random, static_cast<int>(i));
    const auto event = to_string(origin.event_id);
    const auto at = micros(best_time(origin));
    // By our clock: a timeless one has the arrival there.
    const auto seen_at = origin.timeless ? origin.received_at : origin.occurred_at;
    const auto seen = micros(seen_at);
    const auto newest = [&](const std::string& value) {
      return Newest{{0, 0, micros(told_at(origin)), 0, event}, value};
    };
    if (const auto kind = pick(random, 10); kind < 6) {
      origin.event_type = one_of(random, {"instance.heartbeat", "instance.status_changed", "instance.metrics"});
      schemas::InstanceTold fact;
      if (pick(random, 2)) {
        fact.login = fmt::format("wxid{}", pick(random, 9));
        origin.event_type = one_of(random, {"account.status_changed", "account.updated"});
      }
      fact.origin = origin;
      schemas::Attributes told;
      if (pick(random, 3)) told.emplace_back("status", one_of(random, {"online", "offline", "error"}));
      if (pick(random, 2)) told.emplace_back("version", fmt::format("4.{}", pick(random, 50)));
      fact.told = told;
      values.push_back(value_of(fact));
      auto& row = instances[origin.account + "|" + fact.login];
      row.add(origin, seen);
      for (const auto& [name, value] : told) row.tell(name, newest(value));
      if (origin.event_type == "instance.heartbeat") keep_greatest(row.heartbeat, seen);
      if (origin.event_type.ends_with(".status_changed") && !told.empty() && told[0].second == "online")
        keep_greatest(row.online, at);
      if (fact.login.empty()) {
        auto& day = days[origin.account + "|" + to_iso8601(seen_at).substr(0, 10)];
        day.first = std::min(day.first, seen);
        day.last = std::max(day.last, seen);
        day.minutes.insert(seen / 60'000'000 % 1440);
      }
    } else if (kind < 8) {
      schemas::MetricMeasured fact;
      fact.origin = origin;
      fact.metric = one_of(random, {"cpu_usage", "queue"});
      fact.value =
          pick(random, 5) ? fmt::format("{}.5", pick(random, 100)) : one_of(random, {"+1", "1e", "12345678901234"});
      fact.unit = pick(random, 2) ? "%" : "";
      values.push_back(value_of(fact));
      if (fact.value.ends_with(".5"))
        expected.push_back(fmt::format("{}|{}|{}|{}000|{}|{}|{}", event, fact.metric, origin.account, fact.value,
                                       fact.unit, at, origin.trace_id));
    } else {
      schemas::AlertTold fact;
      fact.origin = origin;
      fact.alert_uuid = fmt::format("a{}", pick(random, 300));
      fact.over = pick(random, 3) == 0;
      schemas::Attributes told{{"title", fmt::format("title {}", pick(random, 20))}};
      if (pick(random, 2)) told.emplace_back("metric_value", fmt::format("{}", pick(random, 100)));
      if (pick(random, 4) == 0) told.emplace_back("account", "wxid1");
      fact.told = told;
      values.push_back(value_of(fact));
      auto& row = alerts[origin.account + "|" + fact.alert_uuid];
      row.add(origin);
      for (const auto& [name, value] : told) row.tell(name, newest(value));
      if (fact.over) keep_least(row.over, at);
    }
  }
  for (const auto& [key, row] : instances)
    expected.push_back(fmt::format("{}|{}|{}|{}|{}|{}|{}|{}{}", key, row.value("status"), row.first, row.last,
                                   time_text(row.heartbeat), time_text(row.online), row.first_trace, row.last_trace,
                                   row.told_text()));
  for (const auto& [key, day] : days)
    expected.push_back(fmt::format("{}|{}|{}|{}", key, day.first, day.last, fmt::join(day.minutes, " ")));
  for (const auto& [key, row] : alerts) {
    const auto value = row.value("metric_value"), login = row.value("account");
    expected.push_back(fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}{}", key, row.value("title"),
                                   value.empty() ? "-" : value + ".0000", login.empty() ? "instance" : "account",
                                   login.empty() ? key.substr(0, 4) : login, row.over ? "RESOLVED" : "ACTIVE",
                                   row.first, row.last, time_text(row.over), row.first_trace, row.last_trace,
                                   row.told_text()));
  }
  expect_convergence(
      "instances", values, {"instances", "instance_health", "instance_monitors", "alert_records"},
      fmt::format(
          "select concat_ws('|', k.account, k.login, coalesce(k.status, ''), {0}, {1}, {2}, {3}, "
          "coalesce(k.created_trace_id, ''), coalesce(k.updated_trace_id, '')) || coalesce({4}, '') from instances k "
          "union all select concat_ws('|', k.account, k.day, {0}, {1}, (select string_agg(m::text, ' ' order by m) from "
          "generate_series(0, 1439) m where get_bit(k.active_minutes, m) = 1)) from instance_health k "
          "union all select concat_ws('|', k.event_id, k.metric, k.account, k.metric_value, k.unit, {5}, "
          "coalesce(k.trace_id, '')) from instance_monitors k "
          "union all select concat_ws('|', k.account, k.alert_uuid, k.title, coalesce(k.metric_value::text, '-'), "
          "k.source_type, k.source_id, k.status, {6}, {7}, {8}, coalesce(k.created_trace_id, ''), "
          "coalesce(k.updated_trace_id, '')) || {4} from alert_records k",
          sql_time("first_seen_at"), sql_time("last_seen_at"), sql_time("heartbeat_at"), sql_time("online_at"),
          kToldText, sql_time("collected_at"), sql_time("opened_at"), sql_time("last_told_at"),
          sql_time("resolved_at")),
      expected);
}

}  // namespace
}  // namespace wxpipe::sinks
