#include "operate/dead_letters.hpp"

#include <fmt/format.h>
#include <openssl/rand.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <memory>
#include <variant>

#include "common/crypto/sealer.hpp"
#include "common/result.hpp"
#include "ingest/platforms.hpp"
#include "schemas/erasure.hpp"
#include "schemas/fact_json.hpp"
#include "schemas/topics.hpp"
#include "sinks/custody/resender.hpp"
#include "sinks/families.hpp"

namespace wxpipe::operate {
namespace {
using postgres::Connection, postgres::Parameters, postgres::Rows;

constexpr int kPortion = 500;              // letters in one transaction
constexpr size_t kPortionBytes = 8 << 20;  // of their bodies; a single letter may have more
constexpr std::string_view kStates[] = {"open", "retried", "dropped", "parked"};

// A letter beside what was done with it. retries: of the callback, whichever letters it became.
constexpr std::string_view kLetters =
    "(select d.*, case when a.action = 'drop' then 'dropped' when a.action = 'retry' then 'retried' when r.retries >= {} then "
    "'parked' else 'open' end as state from dead_letters d left join lateral (select action from wxpipe.dead_letter_actions where "
    "dead_letter_id = d.dead_letter_id order by at desc limit 1) a on true left join lateral (select count(*) as retries from "
    "wxpipe.dead_letter_actions where receipt = d.receipt and action = 'retry') r on true) l";
std::string letters() { return fmt::format(fmt::runtime(kLetters), kMostRetries); }

std::string sql_text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
  return out + "'";
}

std::string condition(const LetterFilter& filter) {
  std::string text = "true";
  const auto add = [&](std::string_view column, std::string_view value) {
    if (!value.empty()) text += fmt::format(" and {} = {}", column, sql_text(value));
  };
  if (!filter.id.empty()) {
    Uuid id;
    if (!parse_uuid(filter.id, id)) throw UsageError(fmt::format("'{}' is no dead letter's id", filter.id));
    text += fmt::format(" and dead_letter_id = '{}'", to_string(id));
  }
  add("account", filter.account);
  add("stage", filter.stage);
  add("reason", filter.reason);
  if (filter.state) add("state", to_string(*filter.state));
  if (filter.from) text += fmt::format(" and failed_at >= '{}'", to_iso8601(*filter.from));
  if (filter.to) text += fmt::format(" and failed_at < '{}'", to_iso8601(*filter.to));
  return text;
}

LetterState state_of(std::string_view word) {
  return static_cast<LetterState>(std::ranges::find(kStates, word) - std::begin(kStates));
}

Timestamp moment(const Rows& rows, size_t row, size_t column) {
  return Timestamp(std::chrono::microseconds(rows.integer(row, column)));
}

std::string bytes_of_hex(std::string_view hex) {
  if (hex.starts_with("\\x")) hex.remove_prefix(2);
  const auto nibble = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (size_t i = 0; i + 1 < hex.size(); i += 2) bytes += static_cast<char>(nibble(hex[i]) * 16 + nibble(hex[i + 1]));
  return bytes;
}

// What a retry needs of a row.
struct Letter {
  std::string id, stage, account, key, body, receipt, trace_id;
  Timestamp failed_at;
  std::map<std::string, std::string> context;
};

constexpr std::string_view kRetryColumns =
    "dead_letter_id, stage, coalesce(account, ''), coalesce(record_key, ''), body, coalesce(receipt, ''), "
    "coalesce(trace_id, ''), (extract(epoch from failed_at) * 1000000)::int8, context, state";

Letter letter_of(const Rows& rows, size_t row) {
  Letter letter{rows.text(row, 0),
                rows.text(row, 1),
                rows.text(row, 2),
                rows.text(row, 3),
                bytes_of_hex(rows.text(row, 4)),
                rows.text(row, 5),
                rows.text(row, 6),
                moment(rows, row, 7),
                {}};
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(rows.text(row, 8)).get(object) == simdjson::SUCCESS)
    for (const auto& [name, value] : object)
      if (std::string_view text; value.get(text) == simdjson::SUCCESS) letter.context.emplace(name, text);
  return letter;
}

using Answer = std::variant<sinks::Copy, std::string>;  // the record to send, or why there is none

class PutBack {
 public:
  explicit PutBack(const config::Settings& settings)
      : sealer_(settings.sealing.key, settings.sealing.previous_keys),
        accounts_(settings.accounts, sealer_, [](std::span<unsigned char> bytes) {
          if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
            throw std::runtime_error("OpenSSL has no random bytes");
        }) {}

  Answer of(const Letter& letter) const {
    if (letter.body == schemas::kErasedText) return "its bytes were erased, with the person whom they named";
    if (letter.context.contains("body_cut")) return "its bytes were cut, because they fit in no record";
    if (letter.stage == "ingest") return opened(letter);
    if (letter.stage == "process") return again(letter);
    for (const auto* family : sinks::all_families())
      if (letter.stage == fmt::format("sink.{}", family->name))
        return sinks::Copy{family->topic.name,
                           letter.key,
                           letter.body,
                           letter.receipt,
                           traceparent(letter.trace_id, letter.id),
                           letter.failed_at,
                           "dead letter " + letter.id};
    return fmt::format("no part of wxpipe is called {}", letter.stage);
  }

 private:
  Answer opened(const Letter& letter) const {
    std::map<std::string, std::string, std::less<>> context;
    std::vector<ingest::Header> headers;
    for (const auto& [name, value] : letter.context) {
      const auto& clear = context[name] = sealer_.open_all(value);
      constexpr std::string_view kHeader = "header:";
      if (name.starts_with(kHeader)) headers.push_back({std::string_view(name).substr(kHeader.size()), clear});
    }
    const auto of_context = [&](std::string_view name) {
      const auto found = context.find(name);
      return found == context.end() ? std::string_view() : std::string_view(found->second);
    };
    const auto body = sealer_.open_all(letter.body);
    const auto interpretation = accounts_.interpret({.method = ingest::Method::post,
                                                     .account = letter.account,
                                                     .tenant = of_context("tenant"),
                                                     .query = of_context("query"),
                                                     .body = body,
                                                     .content_type = of_context("content_type"),
                                                     .webhook_id = of_context("webhook-id"),
                                                     .webhook_timestamp = of_context("webhook-timestamp"),
                                                     .webhook_signature = of_context("webhook-signature"),
                                                     .headers = headers,
                                                     .received_at = letter.failed_at});
    if (const auto* refused = std::get_if<ingest::Refused>(&interpretation))
      return fmt::format("refused now: {}", to_string(refused->refusal));
    if (const auto* unreadable = std::get_if<ingest::Unreadable>(&interpretation))
      return fmt::format("still {}", wxpipe::to_string(unreadable->letter.reason));
    const auto* accepted = std::get_if<ingest::Accepted>(&interpretation);
    if (accepted == nullptr) return "a verification of an address, not a callback";
    auto event = accepted->event;
    event.receipt = letter.receipt;
    event.trace_id = letter.trace_id;
    return copy_of(event, letter);
  }

  static Answer again(const Letter& letter) {
    const auto event = schemas::decode<schemas::Event>(letter.body);
    if (!event) return fmt::format("still {}", wxpipe::to_string(event.error().reason));
    return copy_of(*event, letter);
  }

  static sinks::Copy copy_of(const schemas::Event& event, const Letter& letter) {
    std::string value;
    schemas::encode(event, schemas::kEventSchema, value);
    return {schemas::TopicName::events,
            schemas::partition_key(event),
            std::move(value),
            event.receipt,
            traceparent(event.trace_id, wxpipe::to_string(event.id)),
            event.received_at,
            "dead letter " + letter.id};
  }

  // The parent id is made of an id's end, as process does it.
  static std::string traceparent(const std::string& trace_id, std::string id) {
    if (trace_id.empty()) return {};
    std::erase(id, '-');
    return fmt::format("00-{}-{}-01", trace_id, id.substr(16));
  }

  crypto::Sealer sealer_;
  ingest::AccountBook accounts_;
};

void remember(postgres::Transaction& transaction, const std::vector<std::pair<std::string, std::string>>& letters,
              std::string_view action, const Uuid& command) {
  std::string values;
  for (const auto& [id, receipt] : letters)
    values += fmt::format("{}('{}', '{}', nullif({}, ''), '{}')", values.empty() ? "" : ",", id, action,
                          sql_text(receipt), to_string(command));
  transaction.execute("insert into wxpipe.dead_letter_actions (dead_letter_id, action, receipt, command_id) values " +
                      values);
}
}  // namespace

std::string_view to_string(LetterState state) { return kStates[static_cast<size_t>(state)]; }

std::string LetterFilter::text() const {
  std::string out;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) out += fmt::format("{}{}={}", out.empty() ? "" : " ", name, value);
  };
  add("id", id);
  add("account", account);
  add("stage", stage);
  add("reason", reason);
  if (from) add("from", to_iso8601(*from));
  if (to) add("to", to_iso8601(*to));
  add("state", state ? to_string(*state) : "any");
  return out;
}

std::vector<std::pair<std::string, int64_t>> count_letters(Connection& connection, const LetterFilter& filter,
                                                           std::string_view by) {
  const auto what =
      by == "hour"
          ? std::string("to_char(date_trunc('hour', failed_at at time zone 'UTC'), 'YYYY-MM-DD\"T\"HH24:MI\"Z\"')")
          : fmt::format("coalesce({}, '')", by);
  const auto rows =
      connection.execute(fmt::format("select {}, count(*) from {} where {} group by 1 order by {} limit 1000", what,
                                     letters(), condition(filter), by == "hour" ? "1" : "2 desc, 1"));
  std::vector<std::pair<std::string, int64_t>> counts;
  for (size_t i = 0; i < rows.size(); ++i) counts.emplace_back(rows.text(i, 0), rows.integer(i, 1));
  return counts;
}

int64_t count_letters(Connection& connection, const LetterFilter& filter) {
  return connection.execute(fmt::format("select count(*) from {} where {}", letters(), condition(filter)))
      .integer(0, 0);
}

std::vector<StoredLetter> list_letters(Connection& connection, const LetterFilter& filter, size_t limit) {
  const auto rows = connection.execute(fmt::format(
      "select dead_letter_id, (extract(epoch from failed_at) * 1000000)::int8, stage, reason, coalesce(detail, ''), "
      "coalesce(account, ''), coalesce(receipt, ''), state from {} where {} order by failed_at desc limit {}",
      letters(), condition(filter), limit));
  std::vector<StoredLetter> list;
  for (size_t i = 0; i < rows.size(); ++i)
    list.push_back({rows.text(i, 0), moment(rows, i, 1), rows.text(i, 2), rows.text(i, 3), rows.text(i, 4),
                    rows.text(i, 5), rows.text(i, 6), state_of(rows.text(i, 7))});
  return list;
}

std::vector<std::pair<std::string, std::string>> show_letter(Connection& connection, const std::string& id) {
  if (id.empty()) throw UsageError("which dead letter? Give its id");
  LetterFilter one{.id = id, .account = {}, .stage = {}, .reason = {}, .from = {}, .to = {}, .state = {}};
  const auto rows = connection.execute(fmt::format(
      "select e.key, e.value from (select row_to_json(r) as row from (select l.*, octet_length(body) as body_bytes, (select "
      "jsonb_agg(jsonb_build_object('at', at, 'action', action, 'command_id', command_id) order by at) from "
      "wxpipe.dead_letter_actions where dead_letter_id = l.dead_letter_id) as history from {} where {}) r) j, "
      "json_each_text(j.row) with ordinality e(key, value, place) where e.value is not null and e.key <> 'body' order by e.place",
      letters(), condition(one)));
  std::vector<std::pair<std::string, std::string>> fields;
  for (size_t i = 0; i < rows.size(); ++i) fields.emplace_back(rows.text(i, 0), rows.text(i, 1));
  if (fields.empty()) return fields;
  const auto body = connection.execute(fmt::format("select body from dead_letters where dead_letter_id = '{}'", id));
  fields.emplace_back("body", bytes_of_hex(body.text(0, 0)));
  return fields;
}

Retried retry_letters(Connection& connection, const config::Settings& settings, const RetryOrder& order,
                      const std::function<void(const Retried&)>& progress, const std::stop_token& stop) {
  const PutBack put_back(settings);
  const auto command = new_command_id();
  std::unique_ptr<sinks::Resender> resender;
  Retried done;
  // A letter that is put back and fails again at once is a new one: this run leaves it alone, or it might never end.
  auto chosen = order.filter;
  const auto began = system_clock().now();
  chosen.to = std::min(chosen.to.value_or(began), began);
  std::string after;  // (failed_at, id) of the last one
  while (!stop.stop_requested()) {
    const auto limit = order.most == 0 ? kPortion : std::min<int64_t>(kPortion, order.most - done.looked_at);
    if (limit <= 0) break;
    postgres::Transaction transaction(connection);
    const auto rows = transaction.execute(fmt::format(
        "select {} from (select *, sum(octet_length(body)) over in_order as bytes, row_number() over in_order as place from "
        "(select * from {} where {}{} order by failed_at, dead_letter_id limit {}) portion window in_order as (order by "
        "failed_at, dead_letter_id)) counted where bytes <= {} or place = 1 order by place",
        kRetryColumns, letters(), condition(chosen), after, limit, kPortionBytes));
    if (rows.empty()) break;
    std::vector<sinks::Copy> copies;
    std::vector<std::pair<std::string, std::string>> sent;
    for (size_t i = 0; i < rows.size(); ++i) {
      const auto letter = letter_of(rows, i);
      auto answer = put_back.of(letter);
      ++done.looked_at;
      if (auto* why = std::get_if<std::string>(&answer)) {
        ++done.refused[*why];
      } else {
        copies.push_back(std::move(std::get<sinks::Copy>(answer)));
        sent.emplace_back(letter.id, letter.receipt);
      }
      after = fmt::format(" and (failed_at, dead_letter_id) > ('{}', '{}')", to_iso8601(letter.failed_at), letter.id);
    }
    done.sent += std::ssize(sent);
    if (!order.dry_run && !copies.empty()) {
      remember(transaction, sent, "retry", command);
      write(transaction, order.who,
            {command, "dlq retry", "UPDATE", "dead_letters", order.filter.id, order.filter.text(), order.reason,
             std::ssize(sent)});
      // On the topic first. If the commit fails then, the letters are put back once more, which changes nothing.
      if (!resender) resender = std::make_unique<sinks::Resender>(settings.kafka, settings.kafka.topic_prefix + "dlq");
      resender->send(copies);
      transaction.commit();
    }
    if (progress) progress(done);
  }
  return done;
}

int64_t drop_letters(Connection& connection, const LetterFilter& filter, const std::string& reason,
                     const Operator& who) {
  const auto command = new_command_id();
  postgres::Transaction transaction(connection);
  const auto dropped = static_cast<int64_t>(
      transaction
          .execute(
              fmt::format("insert into wxpipe.dead_letter_actions (dead_letter_id, action, receipt, command_id) select "
                          "dead_letter_id, 'drop', receipt, '{}' from {} where {}",
                          to_string(command), letters(), condition(filter)))
          .affected());
  if (dropped > 0) {
    write(transaction, who, {command, "dlq drop", "DELETE", "dead_letters", filter.id, filter.text(), reason, dropped});
    transaction.commit();
  }
  return dropped;
}

}  // namespace wxpipe::operate
