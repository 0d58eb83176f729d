#include "operate/trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <tuple>

#include "common/kafka/admin.hpp"
#include "common/kafka/partition_reader.hpp"
#include "common/postgres/sql_array.hpp"
#include "common/result.hpp"
#include "common/uuid.hpp"
#include "operate/accounts_seen.hpp"
#include "schemas/facts/custody_mark.hpp"
#include "schemas/topics.hpp"

namespace wxpipe::operate {
namespace {
using namespace std::chrono_literals;
using postgres::Connection, postgres::ElementType, postgres::Parameters, postgres::Rows, postgres::SqlArray;

constexpr auto kTimeout = 3s;        // of one question to Kafka
constexpr int64_t kRead = 500;       // at most so many offsets of a partition are read for one delivery
constexpr int kFetchBytes = 32'768;  // of a partition at once: there are many, and the record is mostly in the first
constexpr size_t kDeliveries = 5;    // of the repeats, so many are looked for on the topics
constexpr size_t kBatches = 10;      // of so many it is told what else they wrote
constexpr size_t kSummary = 60;      // characters

// The columns of a match, as whole microseconds where they are times.
constexpr std::string_view kMessage =
    "select 'message', event_id, (extract(epoch from occurred_at) * 1000000)::int8, "
    "(extract(epoch from received_at) * 1000000)::int8, account, type, coalesce(subject, ''), coalesce(left(content, {}), '') ";
constexpr std::string_view kLetter =
    "select 'dead_letter', dead_letter_id, (extract(epoch from occurred_at) * 1000000)::int8, "
    "(extract(epoch from failed_at) * 1000000)::int8, coalesce(account, ''), stage, '', reason ";

Timestamp moment(const Rows& rows, size_t row, size_t column) {
  return Timestamp(std::chrono::microseconds(rows.integer(row, column)));
}

void add_matches(std::vector<Match>& matches, const Rows& rows) {
  for (size_t i = 0; i < rows.size(); ++i) {
    Match match{rows.text(i, 0) == "message" ? Match::Kind::message : Match::Kind::dead_letter,
                rows.text(i, 1),
                moment(rows, i, 2),
                moment(rows, i, 3),
                rows.text(i, 4),
                rows.text(i, 5),
                rows.text(i, 6),
                rows.text(i, 7)};
    const auto same = [&](const Match& other) { return other.kind == match.kind && other.id == match.id; };
    if (std::ranges::none_of(matches, same)) matches.push_back(std::move(match));
  }
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// "msg|MsgId=23871|From=oABC": the value of the part with that name; empty: none.
std::string_view part(std::string_view identity, std::string_view name) {
  for (size_t at = 0; at <= identity.size();) {
    const auto end = std::min(identity.find('|', at), identity.size());
    const auto one = identity.substr(at, end - at);
    if (one.starts_with(name) && one.size() > name.size() && one[name.size()] == '=')
      return one.substr(name.size() + 1);
    at = end + 1;
  }
  return {};
}

class Finder {
 public:
  Finder(sinks::FamilyConnections& databases, const Search& search)
      : databases_(databases),
        connection_(databases.of<schemas::Event>()),
        search_(search) {}

  std::vector<Match> run() {
    Uuid id;
    const std::string_view key = search_.key;
    if (parse_uuid(key, id)) {
      by_id();
    } else if (schemas::parse_receipt(key)) {
      by_receipt(*schemas::parse_receipt(key));
    } else if (key.find('|') != key.npos) {
      by_identity();
    } else {
      messages("msg_id = $1::text");
      by_person();
    }
    if (matches_.empty() && !away_.empty()) throw Unavailable(away_);  // it may lie there
    std::ranges::sort(matches_, std::greater<>(), &Match::received_at);
    if (matches_.size() > search_.limit) matches_.resize(search_.limit);
    return std::move(matches_);
  }

 private:
  // $1: the key, $2: the account. More conditions must name a key of an index.
  void messages(const std::string& condition, const std::string& from = "messages") {
    add_matches(matches_, connection_.execute(
                              fmt::format(fmt::runtime(std::string(kMessage) +
                                                       "from {} where {} and ($2::text = '' or account = $2::text){} "
                                                       "order by received_at desc limit {}"),
                                          kSummary, from, condition, times("received_at"), search_.limit),
                              Parameters().text(search_.key).text(search_.account)));
  }
  // Each sink's are in its own database.
  void dead_letters(const std::string& condition) {
    const auto sql = fmt::format(
        "{}from dead_letters where {} and ($2::text = '' or account = $2::text){} order by failed_at desc limit {}",
        kLetter, condition, times("failed_at"), search_.limit);
    const auto ask = [&](Connection& connection) {
      add_matches(matches_, connection.execute(sql, Parameters().text(search_.key).text(search_.account)));
    };
    ask(connection_);
    for (const auto& database : databases_.databases()) {
      if (database.has(schemas::family_of<schemas::Event>())) continue;
      if (auto why = databases_.try_to_ask(database, ask); !why.empty()) away_ = std::move(why);
    }
  }
  std::string times(std::string_view column) const {
    std::string text;
    if (search_.from) text += fmt::format(" and {} >= '{}'", column, to_iso8601(*search_.from));
    if (search_.to) text += fmt::format(" and {} < '{}'", column, to_iso8601(*search_.to));
    return text;
  }

  void by_id() {
    messages("event_id = $1::text::uuid");
    dead_letters("dead_letter_id = $1::text::uuid");
  }

  // messages has no index on receipt. The mark that has the receipt says when it was received.
  void by_receipt(const schemas::Receipt& receipt) {
    const auto slash = receipt.process.find('/');
    const auto marks = connection_.execute(
        "select min(received_from)::text, max(received_to)::text from wxpipe.custody_marks where instance = $1::text and "
        "boot = $2::text and first_sequence <= $3::int8 and next_sequence > $3::int8",
        Parameters()
            .text(receipt.process.substr(0, slash))
            .text(receipt.process.substr(slash + 1))
            .int8(receipt.sequence));
    if (!marks.is_null(0, 0)) {
      // The mark's times are those of what was acknowledged. What wasn't may have come a little later.
      for (const auto later : {"0", "1 minute"}) {
        messages(fmt::format("receipt = $1::text and received_at >= '{}' and received_at <= '{}'::timestamptz + '{}'",
                             marks.text(0, 0), marks.text(0, 1), later));
        if (!matches_.empty()) break;
      }
    }
    dead_letters("receipt = $1::text");
    const auto repeats =
        connection_.execute("select event_id::text from wxpipe.duplicate_receipts where receipt = $1::text",
                            Parameters().text(search_.key));
    if (!repeats.empty()) messages(fmt::format("event_id = '{}' and $1::text is not null", repeats.text(0, 0)));
  }

  void by_identity() {
    const std::string_view key = search_.key;
    const auto msg_id = part(key, "MsgId"), from = part(key, "From"), time = part(key, "T");
    if (!msg_id.empty()) return messages(fmt::format("identity = $1::text and msg_id = {}", sql_text(msg_id)));
    const bool has_time = all_digits(time) && time.size() < 12;
    const auto then = has_time ? fmt::format(
                                     " and occurred_at >= to_timestamp({0}) and occurred_at < to_timestamp({0}) "
                                     "+ interval '1 second'",
                                     time)
                               : "";
    if (has_time) {
      const auto who = from.empty() ? "" : fmt::format(" and sender = {}", sql_text(from));
      messages(fmt::format("identity = $1::text and account = any({}){}{}", accounts(), who, then));
      if (!matches_.empty()) return;  // else its time is one that a row can't have
    }
    if (!from.empty())
      return messages(
          fmt::format("identity = $1::text and account = any({}) and sender = {}", accounts(), sql_text(from)));
    if (has_time) return;
    if (!search_.from)
      throw UsageError(
          "this identity names neither a message, a person nor a time, so it can't be looked up alone; add --from");
    messages("identity = $1::text");
  }

  // The newest rows about a person in each account. Some people have a hundred thousand.
  std::string newest(std::string_view table, std::string_view person, std::string_view more = {}) {
    return fmt::format(
        "(select m.* from unnest({}) as one(account) cross join lateral (select * from {} where account = one.account "
        "and {} = $1::text{} order by occurred_at desc limit {}) m) {}",
        accounts(), table, person, more, search_.limit, table);
  }

  void by_person() {
    messages("true", newest("messages", "sender", times("received_at")));
    if (matches_.size() >= search_.limit) return;
    // Whom events are about, where the sender is somebody else (sys, a colleague).
    const auto ids = connection_.execute(
        fmt::format(
            "select event_id::text from (select h.event_id from unnest({}) as one(account) cross join lateral (select '' "
            "as tenant union select tenant from identities where account = one.account and subject = $1::text) t cross "
            "join lateral (select event_id from follower_history where account = one.account and tenant = t.tenant and "
            "subject = $1::text order by occurred_at desc limit {}) h) h union select event_id::text from {}",
            accounts(), search_.limit, newest("lead_activities", "subject")),
        Parameters().text(search_.key));
    if (ids.empty()) return;
    std::string list;
    for (size_t i = 0; i < ids.size(); ++i) list += fmt::format("{}'{}'", i == 0 ? "" : ",", ids.text(i, 0));
    messages(fmt::format("event_id = any(array[{}]::uuid[]) and $1::text is not null", list));
  }

  const std::string& accounts() {
    if (accounts_.empty()) {
      for (const auto& account : accounts_seen(connection_))
        accounts_ += fmt::format("{}{}", accounts_.empty() ? "" : ",", sql_text(account));
      accounts_ = fmt::format("array[{}]::text[]", accounts_);
    }
    return accounts_;
  }

  static std::string sql_text(std::string_view text) {
    std::string out = "'";
    for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
    return out + "'";
  }

  sinks::FamilyConnections& databases_;
  Connection& connection_;  // to the journal, and to all that is read together with it
  const Search& search_;
  std::vector<Match> matches_;
  std::string away_;  // why a database gave no answer
  std::string accounts_;
};

std::string field(const Story& story, std::string_view name) {
  for (const auto& [key, value] : story.fields)
    if (key == name) return value;
  return {};
}

// A row as names and values; long values are cut.
void add_row(Story& story, Connection& connection, const std::string& from, const std::string& condition,
             const std::string& id) {
  const auto rows = connection.execute(
      fmt::format(
          "select e.key, left(e.value, 2000) from (select row_to_json(r) as row from (select {}) r) j, "
          "json_each_text(j.row) with ordinality e(key, value, place) where e.value is not null order by e.place",
          fmt::format("tableoid::regclass::text as \"table\", * from {} where {} limit 1", from, condition)),
      Parameters().text(id));
  for (size_t i = 0; i < rows.size(); ++i) story.fields.emplace_back(rows.text(i, 0), rows.text(i, 1));
}

constexpr std::string_view kEpoch = "(extract(epoch from {}) * 1000000)::int8";
std::string epoch(std::string_view column) { return fmt::format(fmt::runtime(kEpoch), column); }

// Which comes first where the time doesn't say it.
enum class Rank { happened, delivered, taken, derived, rest };
Rank rank_of(const Station& station) {
  if (station.station == "happened") return Rank::happened;
  if (station.station == "received" || station.station == "repeat") return Rank::delivered;
  if (station.station == "dead_letter") return Rank::taken;
  if (station.station != "kafka") return Rank::rest;
  const auto topic = std::string_view(station.where).substr(0, station.where.rfind('-'));
  return topic.ends_with(schemas::topic(schemas::TopicName::events).suffix) ? Rank::taken : Rank::derived;
}

void add_stations(Story& story, const Rows& rows) {
  for (size_t i = 0; i < rows.size(); ++i)
    story.stations.push_back({moment(rows, i, 0), rows.text(i, 1), rows.text(i, 2), rows.text(i, 3)});
}

// rows: stations of rows that this sink wrote, each with its place in the fifth and sixth column.
void add_batches(Story& story, Connection& connection, std::string_view sink, const Rows& rows) {
  for (size_t i = 0; i < rows.size() && story.batches.size() < kBatches; ++i) {
    const WrittenRow row{std::string(sink),  story.match.account, story.match.received_at,
                         moment(rows, i, 0), rows.text(i, 4),     rows.integer(i, 5)};
    const auto same = [&](const Batch& other) { return other.began_at == row.created_at && other.table == row.table; };
    if (std::ranges::none_of(story.batches, same)) story.batches.push_back(batch_of(connection, row));
  }
}

bool has_logs(const sinks::FamilyDatabase& database) { return database.has(schemas::family_of<schemas::LogWritten>()); }

// Says once why a database gave no answer.
template <class Ask>
void ask(Story& story, sinks::FamilyConnections& databases, const sinks::FamilyDatabase& database, Ask&& question) {
  auto why = databases.try_to_ask(database, std::forward<Ask>(question));
  if (!why.empty() && std::ranges::find(story.away, why) == story.away.end()) story.away.push_back(std::move(why));
}

// What wxpipe's own log says about its deliveries. Said within a week; the index goes by trace and time.
void tell_log(Story& story, Connection& connection) {
  const auto trace_id = field(story, "trace_id");
  if (trace_id.empty()) return;
  add_stations(story,
               connection.execute(
                   fmt::format("select {}, 'log', tableoid::regclass::text, service || ' of ' || instance || ': ' || "
                               "message from system_logs where trace_id = $1::text and platform = 'wxpipe' and "
                               "occurred_at >= '{}' and occurred_at < '{}' order by occurred_at limit 100",
                               epoch("occurred_at"), to_iso8601(story.match.received_at - 1min),
                               to_iso8601(story.match.received_at + 24h * 7)),
                   Parameters().text(trace_id)));
}

// Who put letters back or dropped them, and why, by command. The moments name the partitions of audit_logs.
using Reasons = std::map<std::string, std::string>;
Reasons reasons_of(Connection& connection, const Rows& actions) {
  Reasons reasons;
  if (actions.empty()) return reasons;
  std::string moments, commands;
  for (size_t i = 0; i < actions.size(); ++i) {
    moments += fmt::format("{}'{}'", i == 0 ? "" : ",", to_iso8601(moment(actions, i, 0)));
    commands += fmt::format("{}'{}'", i == 0 ? "" : ",", actions.text(i, 3));
  }
  const auto rows = connection.execute(
      fmt::format("select command_id, operator || coalesce(': ' || reason, '') from audit_logs where resource_type = "
                  "'dead_letters' and occurred_at in ({}) and command_id in ({})",
                  moments, commands));
  for (size_t i = 0; i < rows.size(); ++i) reasons[rows.text(i, 0)] = rows.text(i, 1);
  return reasons;
}

// What became dead letters of these deliveries, and what people did with those.
void tell_letters(Story& story, Connection& connection, SqlArray& receipts) {
  const auto keys = Parameters().bytes(receipts.bytes()).text(story.match.id);
  add_stations(
      story,
      connection.execute(
          fmt::format("select {}, 'dead_letter', dead_letter_id::text, stage || ': ' || reason || coalesce(', ' || "
                      "detail, '') from dead_letters where receipt = any($1::text[]) and dead_letter_id <> "
                      "$2::text::uuid order by failed_at limit 20",
                      epoch("failed_at")),
          keys));
  const auto actions = connection.execute(
      fmt::format("select {}, dead_letter_id, action, command_id from wxpipe.dead_letter_actions where receipt = "
                  "any($1::text[]) or dead_letter_id = $2::text::uuid order by at limit 100",
                  epoch("at")),
      keys);
  const auto reasons = reasons_of(connection, actions);
  for (size_t i = 0; i < actions.size(); ++i) {
    const auto found = reasons.find(actions.text(i, 3));
    const std::string who = found == reasons.end() ? "somebody" : found->second;
    story.stations.push_back(
        {moment(actions, i, 0), "dlq", actions.text(i, 1),
         actions.text(i, 2) == "retry" ? fmt::format("put back by {}", who) : fmt::format("dropped by {}", who)});
  }
}

// One kind of row that an event leaves.
struct Question {
  const schemas::FamilyInfo& family;  // whose table is asked
  std::string station;                // and its where and what
  std::string from;
};

void tell_message(Story& story, sinks::FamilyConnections& databases) {
  const auto& match = story.match;
  auto& connection = databases.of<schemas::Event>();
  const auto at = to_iso8601(match.occurred_at);
  add_row(story, connection, "messages", fmt::format("event_id = $1::text::uuid and occurred_at = '{}'", at), match.id);
  const auto receipt = field(story, "receipt");
  story.stations.push_back({match.occurred_at, "happened", match.account,
                            field(story, "timeless") == "true"
                                ? "the platform gives no time: when it was first received"
                                : "by the platform's clock"});
  story.stations.push_back({match.received_at, "received", receipt,
                            fmt::format("signature and decryption right; trace {}", field(story, "trace_id"))});
  const auto repeats = connection.execute(
      fmt::format(
          "select {}, 'repeat', receipt, 'delivered again, met by ' || stage from wxpipe.duplicate_receipts where "
          "event_id = $1::text::uuid order by received_at limit 100",
          epoch("received_at")),
      Parameters().text(match.id));
  add_stations(story, repeats);
  const auto key = Parameters().text(match.id).text(match.account).text(match.subject);
  const std::string at_the_time = fmt::format("occurred_at = '{}'", at);
  // A table for each kind of row that an event leaves; each by a key or an index.
  const std::vector<Question> questions{
      {schemas::family_of<schemas::Event>(), "'stored', tableoid::regclass::text, 'row written'",
       fmt::format("messages where event_id = $1::text::uuid and {} and $2::text is not null and $3::text is not null",
                   at_the_time)},
      {schemas::family_of<schemas::FollowerChanged>(),
       "'fact', 'follower_history', change || coalesce(' by ' || nullif(owner, ''), '')",
       "follower_history where account = $2::text and subject = $3::text and event_id = $1::text::uuid"},
      {schemas::family_of<schemas::IdentityTold>(),
       "'fact', 'identity_links', kind || ' ' || value || ' (' || source || ')'",
       "identity_links where account = $2::text and subject = $3::text and event_id = $1::text::uuid"},
      {schemas::family_of<schemas::LeadActivity>(),
       "'score', tableoid::regclass::text, rule || ': ' || points || ' points for ' || dimension",
       fmt::format(
           "lead_activities where account = $2::text and subject = $3::text and {} and event_id = $1::text::uuid",
           at_the_time)},
      {schemas::family_of<schemas::LogWritten>(),
       "'fact', tableoid::regclass::text, service || ' ' || action || ': ' || message",
       fmt::format("system_logs where account = $2::text and {} and event_id = $1::text::uuid and $3::text is not null",
                   at_the_time)},
      {schemas::family_of<schemas::DirectoryChanged>(),
       "'fact', tableoid::regclass::text, kind || ' ' || id || ' ' || change",
       fmt::format(
           "directory_history where account = $2::text and {} and event_id = $1::text::uuid and $3::text is not null",
           at_the_time)},
      {schemas::family_of<schemas::SendTold>(),
       "'fact', tableoid::regclass::text, kind || ' ' || sent_as || coalesce(' ' || status, '')",
       fmt::format("receipts where event_id = $1::text::uuid and {} and $2::text is not null and $3::text is not null",
                   at_the_time)},
      {schemas::family_of<schemas::MetricMeasured>(),
       "'fact', tableoid::regclass::text, metric || ' = ' || metric_value || unit",
       fmt::format(
           "instance_monitors where event_id = $1::text::uuid and {} and $2::text is not null and $3::text is not null",
           at_the_time)}};
  // What it left in other tables may be gone.
  const auto dropped = fmt::format(
      "select {}, 'dropped', partition, 'rows of its time were dropped by retention' || coalesce(', and are in ' || "
      "dump_file, '') from wxpipe.dropped_partitions where range_from <= '{}' and range_to > '{}' and dropped_at is not "
      "null order by dropped_at limit 20",
      epoch("dropped_at"), at, at);
  SqlArray receipts(ElementType::text);
  if (!receipt.empty()) receipts.add_text(receipt);
  for (size_t i = 0; i < repeats.size(); ++i) receipts.add_text(repeats.text(i, 2));
  for (const auto& database : databases.databases()) {
    ask(story, databases, database, [&](Connection& each) {
      for (const auto& [family, station, from] : questions) {
        if (!database.has(family)) continue;
        const auto rows = each.execute(
            fmt::format("select {}, {}, {} from {} limit 100", epoch("created_at"), station, kPlaceOfRow, from), key);
        add_stations(story, rows);
        add_batches(story, each, family.name, rows);
      }
      if (has_logs(database)) tell_log(story, each);
      add_stations(story, each.execute(dropped));
      tell_letters(story, each, receipts);
    });
  }
}

// The sink that stored a dead letter: its own, or the one that gave the record up.
std::string_view sink_of(std::string_view stage) {
  constexpr std::string_view kSink = "sink.";
  return stage.starts_with(kSink) ? stage.substr(kSink.size()) : schemas::family_of<schemas::DeadLetter>().name;
}

void tell_dead_letter(Story& story, Connection& connection) {
  const auto& match = story.match;
  add_row(story, connection, "dead_letters", "dead_letter_id = $1::text::uuid", match.id);
  if (story.fields.empty()) return;
  std::erase_if(story.fields,
                [](const auto& one) { return one.first == "body"; });  // bytes; `wxpipe dlq show` has them
  const auto detail = field(story, "detail");
  story.stations.push_back(
      {match.occurred_at, "happened", match.account, "by the platform's clock, or when it was received"});
  story.stations.push_back(
      {match.received_at, "dead_letter", match.type, match.summary + (detail.empty() ? "" : ": " + detail)});
  const auto stored = connection.execute(
      fmt::format("select {}, 'stored', 'dead_letters', 'row written', {} from dead_letters where dead_letter_id = "
                  "$1::text::uuid",
                  epoch("created_at"), kPlaceOfRow),
      Parameters().text(match.id));
  add_stations(story, stored);
  add_batches(story, connection, sink_of(match.type), stored);
}

// Which topics may have something of it. A record has the time when its callback was received; a dead letter may have
// been given up some time later.
struct Looked {
  std::vector<schemas::TopicName> topics;
  std::chrono::milliseconds slack;
};
Looked looked_for(const Match& match) {
  using schemas::TopicName;
  if (match.kind == Match::Kind::dead_letter) return {{TopicName::dead_letters}, 2s};
  return {{TopicName::events, TopicName::messages, TopicName::followers, TopicName::leads, TopicName::customers,
           TopicName::logs, TopicName::directory, TopicName::receipts, TopicName::instances},
          0ms};
}
}  // namespace

std::vector<Match> find(sinks::FamilyConnections& databases, const Search& search) {
  return Finder(databases, search).run();
}

void put_in_order(std::vector<Station>& stations) {
  const auto cut = [](Timestamp at) { return std::chrono::floor<std::chrono::milliseconds>(at); };
  // Nothing of a callback but that it happened comes before its first delivery; of a dead letter, before it was given
  // up.
  std::optional<Timestamp> delivered, given_up;
  for (const auto& one : stations) {
    if (rank_of(one) == Rank::delivered) delivered = std::min(delivered.value_or(one.at), one.at);
    if (one.station == "dead_letter") given_up = std::min(given_up.value_or(one.at), one.at);
  }
  const auto begin = delivered ? *delivered : given_up.value_or(Timestamp());
  const auto place = [&](const Station& one) {
    const auto rank = rank_of(one);
    const auto at = rank == Rank::happened ? begin : std::max(one.at, begin);
    return std::tuple(cut(at), rank, one.at, std::string_view(one.where));
  };
  std::ranges::stable_sort(stations, {}, place);
}

std::vector<Dropped> dropped_with(Connection& connection, std::string_view key) {
  std::string from_where;
  Parameters parameters;
  Uuid id;
  const auto receipt = schemas::parse_receipt(key);
  if (receipt) {
    const auto slash = receipt->process.find('/');
    from_where =
        "join wxpipe.retired_receipts r on r.partition = d.partition and r.detached_at = d.detached_at where "
        "r.instance = $1::text and r.boot = $2::text and r.sequences @> $3::int8";
    parameters.text(receipt->process.substr(0, slash)).text(receipt->process.substr(slash + 1)).int8(receipt->sequence);
  } else if (parse_uuid(key, id)) {
    int64_t milliseconds = 0;
    for (size_t i = 0; i < 6; ++i) milliseconds = milliseconds << 8 | id.bytes[i];
    if (milliseconds == 0) return {};  // its platform gives no time
    const Timestamp at{std::chrono::milliseconds(milliseconds)};
    from_where =
        fmt::format("where d.table_name = 'messages' and d.range_from <= '{0}' and d.range_to > '{0}'", to_iso8601(at));
  } else {
    return {};
  }
  const auto rows = connection.execute(
      fmt::format("select d.partition, {}, coalesce(d.dump_file, '') from wxpipe.dropped_partitions d {} order by "
                  "d.detached_at",
                  epoch("coalesce(d.dropped_at, d.detached_at)"), from_where),
      parameters);
  std::vector<Dropped> dropped;
  for (size_t i = 0; i < rows.size(); ++i)
    dropped.push_back({rows.text(i, 0), moment(rows, i, 1), rows.text(i, 2), receipt.has_value()});
  return dropped;
}

Story story_of(sinks::FamilyConnections& databases, const Match& match) {
  Story story{match};
  if (match.kind == Match::Kind::message) {
    tell_message(story, databases);
  } else {
    for (const auto& database : databases.databases()) {  // it lies in one of them
      if (!story.fields.empty()) break;
      ask(story, databases, database, [&](Connection& connection) { tell_dead_letter(story, connection); });
    }
    SqlArray receipts(ElementType::text);
    if (const auto receipt = field(story, "receipt"); !receipt.empty()) receipts.add_text(receipt);
    for (const auto& database : databases.databases())
      ask(story, databases, database, [&](Connection& connection) {
        if (has_logs(database)) tell_log(story, connection);
        tell_letters(story, connection, receipts);
      });
  }
  put_in_order(story.stations);
  std::ranges::stable_sort(story.batches, {}, &Batch::began_at);
  return story;
}

void add_hops(Story& story, const config::Settings& settings) {
  std::set<Timestamp> deliveries{story.match.received_at};
  for (const auto& station : story.stations)
    if (station.station == "repeat" && deliveries.size() < kDeliveries) deliveries.insert(station.at);

  const auto [topics, slack] = looked_for(story.match);
  const std::string_view needle = story.match.id;
  const auto view = kafka::Admin(settings.kafka, kTimeout).view();
  kafka::PartitionReader reader(settings.kafka, kFetchBytes);
  std::vector<kafka::Partition> partitions;
  for (const auto name : topics) {
    const auto topic = schemas::topic_name(settings.kafka.topic_prefix, name);
    const auto found = view.topics.find(topic);
    if (found == view.topics.end())
      throw Unavailable(fmt::format("topic {} is missing; run `wxpipe topics apply`", topic));
    for (int i = 0; i < found->second.partitions; ++i) partitions.push_back({topic, i});
  }
  const auto ends = reader.stable_ends(partitions, kTimeout);

  std::set<std::string> seen;
  for (const auto at : deliveries) {
    std::vector<kafka::PartitionReader::Moment> from;
    for (const auto& partition : partitions) from.push_back({partition, at - slack});
    const auto first = reader.at_times(from, kTimeout);
    std::vector<kafka::Stretch> stretches;
    for (size_t i = 0; i < partitions.size(); ++i)
      if (first.at(i).offset != kafka::kNoOffset)
        stretches.push_back({partitions[i], first[i].offset, std::min(ends.at(i).offset, first[i].offset + kRead)});
    reader.read(
        stretches,
        [&](const kafka::Record& record) {
          if (record.value().find(needle) == std::string_view::npos) return;
          Hop hop{std::string(record.topic()), record.partition(), record.offset(), std::string(record.value())};
          auto where = place_of(hop);
          if (!seen.insert(where).second) return;
          story.stations.push_back(
              {record.timestamp(), "kafka", std::move(where), fmt::format("{} bytes", record.value().size())});
          story.hops.push_back(std::move(hop));
        },
        kTimeout);
  }
  put_in_order(story.stations);
}

void add_replays(Story& story, sinks::FamilyConnections& databases) {
  ask(story, databases, databases.databases().front(),
      [&](Connection& main) { story.replays = replays_of(main, story.hops); });
}

}  // namespace wxpipe::operate
