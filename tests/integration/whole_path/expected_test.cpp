// The right values in the right tables and views: every callback of expected/*.txt goes the whole way, ingest, Kafka,
// process, sinks, Postgres, and each row that was thought out beforehand is looked for (expected_case.hpp). Of the
// tables that events fill, a callback must have exactly the rows that are written down, so a row too many is found as
// well.
#include "tests/integration/whole_path/expected_case.hpp"

#include <algorithm>
#include <deque>
#include <set>

#include "tests/integration/whole_path/wxpipe_fixture.hpp"

namespace wxpipe::whole_path {
namespace {

const std::string kSenderSecret = "0123456789abcdef01234567";

// Whom a kind of account is encrypted for (docs/protocol.md §5).
const std::map<std::string, std::string> kReceivers{{"shop", "wxapp"},
                                                    {"boutique", "wxapp"},
                                                    {"mini", "wxapp"},
                                                    {"component", "wxcomponent"},
                                                    {"authorised", "wxcomponent"},
                                                    {"corp", "wwcorp"},
                                                    {"suite", "wwsuite"},
                                                    {"suitedata", "wwcorp"},
                                                    {"robot", ""}};

std::string more_accounts() {
  std::string text = R"(
[[accounts]]
name = "boutique"
kind = "official_account"
title = "精品店"
app_id = "wxapp"
original_id = "gh_boutique"
token_env = "TEST_TOKEN"
encoding_aes_key_env = "TEST_AES_KEY"
menu = { "PRICE_LIST" = "看价目" }
)";
  const auto sender = [&](std::string_view name, std::string_view preset, std::string_view fields) {
    text += fmt::format(
        "[[accounts]]\nname = \"{}\"\nkind = \"channel\"\nchannel = \"web_form\"\nsender = \"{}\"\n"
        "secret_env = \"TEST_SENDER_SECRET\"\n{}",
        name, preset, fields);
  };
  sender("booking", "jinshuju",
         "[accounts.fields]\nname = \"entry.field_1\"\nphone = \"entry.field_2\"\ncontent = \"entry.field_3\"\n");
  sender("ads", "ocean_engine", "");
  sender("search", "google_ads", "");
  sender("scrm", "dustess", "");
  sender("labels", "caoliao",
         "[accounts.fields]\nname = \"data.fields[name=联系人].value\"\n"
         "phone = \"data.fields[name=联系电话].value\"\n");
  return text;
}

std::string trace_id_of(size_t number) { return fmt::format("{:032x}", 0xe0000 + number); }

support::HttpRequest request_of(const ExpectedCase& one, size_t number) {
  Request request{.account = one.account, .body = one.body};
  if (const auto receiver = kReceivers.find(one.account); receiver != kReceivers.end()) {
    const Encryption with{.receiveid = receiver->second};
    request = !one.body.starts_with('{') ? encrypted_request(one.account, one.body, with)
              : one.account == "robot"   ? encrypted_json_request(one.account, one.body, with)
                                         : encrypted_json_request(one.account, one.body, with, "Encrypt");
  } else if (one.account == "desk" || one.account == "forms") {
    request = webhook_now(one.account, one.body, fmt::format("msg_expected_{}", number));
  } else {
    request.query = one.query;
  }
  request.tenant = one.tenant;
  auto sent = http(request);
  sent.headers.emplace_back("traceparent", fmt::format("00-{}-00f067aa0ba902b7-01", trace_id_of(number)));
  return sent;
}

// "attributes.data.tags.0" as a path of Postgres.
std::string path_of(std::string name) {
  std::replace(name.begin(), name.end(), '.', ',');
  return "{" + name + "}";
}

// `*`, `a*`, `*a*` or a text: whether it fits.
bool fits(const ExpectedValue& expected, bool is_null, std::string_view got) {
  std::string_view pattern = expected.value;
  if (!expected.quoted && pattern == "-") return is_null;
  if (is_null) return false;
  if (expected.quoted || pattern.find('*') == pattern.npos) return got == pattern;
  if (pattern == "*") return true;
  const bool inside = pattern.starts_with('*');
  pattern.remove_prefix(inside ? 1 : 0);
  pattern.remove_suffix(pattern.ends_with('*') ? 1 : 0);
  return inside ? got.find(pattern) != got.npos : got.starts_with(pattern);
}

// A case, and what became of it: the event's id is empty where it is none.
struct Sent {
  const ExpectedCase& one;
  std::string trace_id, event_id;
};

std::string shown(bool is_null, const std::string& text) { return is_null ? "null" : "'" + text + "'"; }

class ExpectedTest : public WholePathTest {
 protected:
  void SetUp() override {
    WholePathTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    config_ = folder_.write("wxpipe.toml", configuration() + more_accounts());
    connection_ = database_->connect();
    connection_->execute("set timezone = 'UTC'");
    const auto tables = connection_->execute(
        "select c.oid::regclass::text, a.attname::text from pg_class c join pg_attribute a on a.attrelid = c.oid and "
        "a.attnum > 0 join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p', 'v') and not "
        "c.relispartition and n.nspname !~ '^pg_|^information_schema$'");
    for (size_t i = 0; i < tables.size(); ++i) columns_[tables.text(i, 0)].insert(tables.text(i, 1));
    const auto filled = connection_->execute(
        "select c.oid::regclass::text from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = "
        "'event_id' where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace");
    for (size_t i = 0; i < filled.size(); ++i) filled_by_events_.push_back(filled.text(i, 0));
  }

  bool has(const std::string& table, const std::string& column) const {
    const auto found = columns_.find(table);
    return found != columns_.end() && found->second.contains(column);
  }

  // The rows of `row.table` that `row.key` names: of each the wanted values, then the whole row as text.
  postgres::Rows rows_of(const Sent& sent, const ExpectedRow& row) const {
    const auto& table = row.table;
    std::deque<std::string> texts;
    postgres::Parameters parameters;
    const auto parameter = [&](std::string text) {
      texts.push_back(std::move(text));
      parameters.text(texts.back());
      return fmt::format("${}::text", texts.size());
    };
    std::string columns, where = "true", within = "true";
    for (const auto& value : row.values) columns += fmt::format("j #>> {}::text[], ", parameter(path_of(value.name)));
    if (has(table, "wx_event_id") && !sent.event_id.empty())
      within = fmt::format("t.wx_event_id = {}::uuid", parameter(sent.event_id));
    else if (has(table, "event_id") && !sent.event_id.empty())
      within = fmt::format("t.event_id = {}::uuid", parameter(sent.event_id));
    else if (has(table, "event_id") && has(table, "trace_id"))
      within = "t.trace_id = " + parameter(sent.trace_id);
    else if (has(table, "wx_account"))
      within = "t.wx_account = " + parameter(sent.one.account);
    else if (has(table, "account"))
      within = "t.account = " + parameter(sent.one.account);
    for (const auto& key : row.key) {
      const auto told = fmt::format("j #>> {}::text[]", parameter(path_of(key.name)));
      if (key.quoted || key.value.find('*') == key.value.npos)
        where += fmt::format(" and {} = {}", told, parameter(key.value));
      else
        where += fmt::format(" and {} like {}", told, parameter(like(key.value)));
    }
    return connection_->execute(
        fmt::format("select {}j::text from (select to_jsonb(t) as j from {} t where {}) r where {}", columns, table,
                    within, where),
        parameters);
  }
  static std::string like(const std::string& pattern) {
    std::string out;
    for (const char c : pattern) {
      if (c == '%' || c == '_' || c == '\\') out += '\\';
      out += c == '*' ? '%' : c;
    }
    return out;
  }

  void check(const Sent& sent, const ExpectedRow& row) const {
    const auto fail = [&](const std::string& text) {
      ADD_FAILURE_AT(sent.one.file.c_str(), row.line) << sent.one.what << "\n" << row.table << ": " << text;
    };
    const bool is_query = row.table.starts_with('(');
    if (!is_query && !columns_.contains(row.table)) return fail("no such table or view");
    for (const auto* list : {&row.key, &row.values})
      for (const auto& value : *list)
        if (const auto column = value.name.substr(0, value.name.find('.')); !is_query && !has(row.table, column))
          return fail("has no column " + column);
    const auto found = rows_of(sent, row);
    std::string rows;
    for (size_t i = 0; i < found.size(); ++i) rows += "\n  " + found.text(i, row.values.size());
    if (found.size() != (row.none ? 0u : 1u))
      return fail(fmt::format("expected {} row, got {}{}", row.none ? "no" : "one", found.size(), rows));
    for (size_t i = 0; i < row.values.size(); ++i) {
      const auto& expected = row.values[i];
      if (!fits(expected, found.is_null(0, i), found.text(0, i)))
        fail(fmt::format("{}: expected {}, got {}", expected.name,
                         shown(!expected.quoted && expected.value == "-", expected.value),
                         shown(found.is_null(0, i), found.text(0, i))));
    }
  }

  std::unique_ptr<postgres::Connection> connection_;
  std::map<std::string, std::set<std::string>> columns_;  // of each table and view
  std::vector<std::string> filled_by_events_;             // tables whose rows name the event they come from
};

TEST_F(ExpectedTest, EveryCallbackEndsInTheRightTablesWithTheRightValues) {
  const auto cases = read_expected("tests/integration/whole_path/expected");
  const auto wxpipe = start({"run"}, {{"TEST_SENDER_SECRET", kSenderSecret}});
  ASSERT_TRUE(wxpipe->ready()) << wxpipe->readiness();
  auto client = wxpipe->client();
  for (size_t i = 0; i < cases.size(); ++i) {
    const auto status = client.send(request_of(cases[i], i)).status;
    if (status != 200 && status != 204)
      ADD_FAILURE_AT(cases[i].file.c_str(), cases[i].line) << cases[i].what << "\nanswered with " << status;
  }
  ASSERT_TRUE(settled(static_cast<int64_t>(cases.size()))) << wxpipe->log();

  std::map<std::string, int64_t> expected_rows;
  std::set<std::string> types;
  for (const auto& one : cases)
    for (const auto& row : one.rows) {
      expected_rows[row.table] += row.none ? 0 : 1;
      if (row.table == "messages")
        for (const auto& value : row.values)
          if (value.name == "type") types.insert(value.value);
    }
  EXPECT_GE(types.size(), 80u);
  // Families have topics of their own. If one stays behind, the comparison below says what is missing.
  for (const auto& table : filled_by_events_)
    if (const auto rows = expected_rows.find(table); rows != expected_rows.end())
      eventually([&] { return count(table) >= rows->second; });

  std::map<std::string, std::map<std::string, int64_t>> stored;  // table, event
  for (const auto& table : filled_by_events_) {
    const auto rows = connection_->execute("select event_id, count(*) from " + table + " group by 1");
    for (size_t i = 0; i < rows.size(); ++i) stored[table][rows.text(i, 0)] = rows.integer(i, 1);
  }
  std::map<std::string, std::pair<std::string, std::string>> event_of_trace;  // and its body
  const auto messages = connection_->execute("select trace_id, event_id, body from messages");
  for (size_t i = 0; i < messages.size(); ++i)
    event_of_trace[messages.text(i, 0)] = {messages.text(i, 1), messages.text(i, 2)};

  for (size_t i = 0; i < cases.size(); ++i) {
    const auto& one = cases[i];
    Sent sent{one, trace_id_of(i), {}};
    const auto event = event_of_trace.find(sent.trace_id);
    if (event != event_of_trace.end()) {
      const auto& [id, body] = event->second;
      sent.event_id = id;
      if (body.find("sealed:v1:") == body.npos && body != one.body)
        ADD_FAILURE_AT(one.file.c_str(), one.line) << one.what << "\nmessages.body isn't what was sent:\n" << body;
      for (const auto& table : filled_by_events_) {
        const auto wanted = std::count_if(one.rows.begin(), one.rows.end(),
                                          [&](const auto& row) { return row.table == table && !row.none; });
        if (stored[table][id] == wanted) continue;
        const auto rows = lines(fmt::format("select to_jsonb(t) from {} t where event_id = '{}'", table, id));
        ADD_FAILURE_AT(one.file.c_str(), one.line)
            << fmt::format("{}\n{}: expected {} rows of this event, got {}\n  {}", one.what, table, wanted, rows.size(),
                           fmt::join(rows, "\n  "));
      }
    }
    for (const auto& row : one.rows) check(sent, row);
  }
  EXPECT_EQ(wxpipe->stop(), (Exit{.code = 0}));
}

}  // namespace
}  // namespace wxpipe::whole_path
