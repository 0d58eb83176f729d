// wxpipe console as a browser and a program use it: who may ask what, what each address answers, and what it says while
// a server is away.
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "common/json/read.hpp"
#include "console/passwords.hpp"
#include "tests/integration/whole_path/openapi_shape.hpp"
#include "tests/integration/whole_path/wxpipe_fixture.hpp"

namespace wxpipe::whole_path {
namespace {
using support::HttpRequest;
using support::HttpResponse;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr auto kScript = "<img src=x onerror=alert(1)>";
constexpr auto kSameOrigin = "same-origin";

class ConsoleTest : public WholePathTest {
 protected:
  void SetUp() override {
    WholePathTest::SetUp();
    if (IsSkipped()) return;
    std::ofstream(config_, std::ios::app) << users();
    ASSERT_EQ(command({"topics", "apply"}).code(), 0);
  }
  static std::string users() {
    std::string text;
    for (const auto* role : {"viewer", "analyst", "operator"})
      text += fmt::format("[[console.users]]\nname = \"{0}\"\nrole = \"{0}\"\ntoken = \"{1}\"\n", role,
                          console::hash_token(role));
    static const auto hash = console::hash_password("a good password");
    return text + fmt::format("[[console.users]]\nname = \"mei\"\nrole = \"operator\"\npassword = \"{}\"\n", hash);
  }

  // All roles and, in a process of its own, the console.
  void start_all() {
    all_ = start();
    ASSERT_TRUE(all_->ready()) << all_->readiness();
    start_console({{"WXPIPE_CONSOLE__ADMIN", fmt::format("127.0.0.1:{}", all_->admin_port().value())}});
  }
  void start_console(Environment more = {}) {
    more["WXPIPE_CONSOLE__LISTEN"] = "127.0.0.1:0";
    console_ = start({"console"}, std::move(more));
    const auto port =
        rig::eventually_value([&] { return port_of(console_->log()); }, [](auto found) { return found != 0; });
    ASSERT_NE(port, 0) << console_->log();
    port_ = port;
  }
  static uint16_t port_of(const std::string& log) {
    const auto line = log.find("event=console_listening");
    const auto at = line == log.npos ? log.npos : log.find(" port=", line);
    if (at == log.npos || log.find('\n', at) == log.npos) return 0;
    return static_cast<uint16_t>(std::stoi(log.substr(at + 6)));
  }

  HttpResponse ask(HttpRequest request) const { return HttpClient("127.0.0.1", port_, 30s).send(request); }
  HttpResponse get(const std::string& target, const std::string& token = "operator") const {
    HttpRequest request{.target = target};
    if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token);
    return ask(request);
  }
  HttpResponse post(const std::string& target, const std::string& body, const std::string& token = "operator") const {
    HttpRequest request{
        .method = "POST", .target = target, .headers = {{"Content-Type", "application/json"}}, .body = body};
    if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token);
    return ask(request);
  }
  // The task's last state, once it has ended.
  std::string done(const HttpResponse& begun) const {
    EXPECT_EQ(begun.status, 202) << begun.body;
    const auto at = begun.body.find("\"id\":\"");
    if (at == begun.body.npos) return begun.body;
    const auto id = begun.body.substr(at + 6, 36);
    std::string shown;
    EXPECT_TRUE(eventually([&] {
      shown = get("/api/v1/tasks/" + id).body;
      return shown.find("\"state\":\"running\"") == shown.npos;
    })) << shown;
    return shown;
  }
  void send(const Request& request) const { ASSERT_EQ(all_->client().send(http(request)).status, 200); }
  std::string value(const std::string& sql) const { return database_->query(sql).text(0, 0); }

  std::unique_ptr<RunningWxpipe> all_, console_;
  uint16_t port_ = 0;
};

TEST_F(ConsoleTest, EveryRouteAnswersWhoMayAskAndNobodyElse) {
  start_all();
  send(shop(mp_text("o_asker", 23871900536422002, fmt::format("{} 13800138000 请问价格", kScript))));
  send(shop(mp_event("o_asker", "subscribe")));
  ASSERT_TRUE(settled(2));
  ASSERT_TRUE(
      eventually([&] { return count("account_health") > 0 && count("leads") == 1 && count("follower_history") == 1; }));
  const auto id = value("select event_id from messages where type = 'message.text'");
  struct Asked {
    std::string target;
    int viewer, analyst, oper;
    std::string says;
  };
  const std::vector<Asked> all{
      {"/api/v1/session", 200, 200, 200, R"("role":"operator")"},
      {"/api/v1/overview", 200, 200, 200, R"("followers_gained_today":1)"},
      {"/api/v1/overview?range=day&account=shop", 200, 200, 200, R"("step_s":300)"},
      {"/api/v1/overview?range=month", 200, 200, 200, R"("leads_gained_today":1)"},
      {"/api/v1/events", 200, 200, 200, id},
      {"/api/v1/events?key=23871900536422002", 200, 200, 200, id},
      {"/api/v1/events?key=o_asker&account=shop", 200, 200, 200, id},
      {"/api/v1/events?person=o_asker&type=message.*&text=%E4%BB%B7%E6%A0%BC", 200, 200, 200, id},
      {"/api/v1/events?text=nothing", 200, 200, 200, "no event fits"},
      {"/api/v1/events?from=2026-13-01", 400, 400, 400, "is not a moment"},
      {"/api/v1/events/export?format=csv", 403, 403, 200, "o_asker"},
      {"/api/v1/events/export", 403, 403, 200, "o_asker"},
      {"/api/v1/events/" + id, 200, 200, 200, R"("station":"stored")"},
      {"/api/v1/events/" + id + "?hops=true", 200, 200, 200, topics_->prefix() + "events.v1-"},
      {"/api/v1/events/01934f2a-7e48-8c4e-9b1f-5a0c7d21e3b4", 404, 404, 404, "not_found"},
      {"/api/v1/events/" + id + "/body", 403, 403, 200, "onerror"},
      {"/api/v1/dead-letters", 200, 200, 200, R"("letters":0)"},
      {"/api/v1/dead-letters?state=wrong", 400, 400, 400, "there is no 'wrong'"},
      {"/api/v1/dead-letters/" + id, 404, 404, 404, "not_found"},
      {"/api/v1/bookmarks", 200, 200, 200, R"("bookmarks":[)"},
      {"/api/v1/tasks", 200, 200, 200, R"("tasks":[])"},
      {"/api/v1/tasks/nothing", 404, 404, 404, "no such task"},
      {"/api/v1/people?person=o_asker", 200, 200, 200, R"("state":"following")"},
      {"/api/v1/people", 400, 400, 400, "person is missing"},
      {"/api/v1/custody", 200, 200, 200, R"("account":"shop")"},
      {"/api/v1/accounts", 200, 200, 200, R"("state":"fine")"},
      {"/api/v1/accounts/shop/refusals", 200, 200, 200, "nothing was refused"},
      {"/api/v1/groups", 200, 200, 200, R"("holders":[{"reader":)"},
      {"/api/v1/groups/advice", 200, 200, 200, R"("advised_workers")"},
      {"/api/v1/doctor", 200, 200, 200, R"("check":"postgres")"},
      {"/api/v1/actions", 403, 403, 200, R"("operation":"export")"},
      {"/api/v1/explain?word=undecryptable", 200, 200, 200, "undecryptable"},
      {"/api/v1/openapi.json", 200, 200, 200, "wxpipe console"},
      {"/api/v1/nothing", 404, 404, 404, "not_found"},
  };
  OpenApiShape shape("console/openapi.json");
  for (const auto& one : all) {
    const auto answer = get(one.target);
    const auto path = one.target.substr(0, one.target.find('?'));
    if (answer.status == 200 && path != "/api/v1/events/export" && path != "/api/v1/openapi.json") {
      EXPECT_THAT(shape.misfits(path, "200", answer.body), testing::IsEmpty()) << one.target << answer.body;
    }
    EXPECT_EQ(answer.status, one.oper) << one.target << answer.body;
    EXPECT_THAT(answer.body, HasSubstr(one.says)) << one.target;
    EXPECT_EQ(get(one.target, "viewer").status, one.viewer) << one.target;
    EXPECT_EQ(get(one.target, "analyst").status, one.analyst) << one.target;
    EXPECT_EQ(get(one.target, "unknown").status, 401) << one.target;
    const bool open = one.target == "/api/v1/openapi.json" || one.target == "/api/v1/nothing";
    EXPECT_EQ(get(one.target, "").status, open ? one.oper : 401) << one.target;
    EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff");
    EXPECT_THAT(answer.header("Content-Security-Policy").value_or(""), StartsWith("default-src 'none'"));
  }

  // What a stranger wrote is JSON text, and each role sees what it may.
  const auto whole = get("/api/v1/events/" + id);
  EXPECT_EQ(whole.header("Content-Type"), "application/json");
  EXPECT_THAT(whole.body, AllOf(HasSubstr(kScript), HasSubstr("13800138000")));
  EXPECT_THAT(get("/api/v1/events/" + id, "analyst").body,
              AllOf(HasSubstr(kScript), HasSubstr("138****8000"), Not(HasSubstr("13800138000")),
                    HasSubstr(R"("masked":true)")));
  for (const std::string& target :
       std::vector<std::string>{"/api/v1/events/" + id, "/api/v1/events", "/api/v1/people?person=o_asker"})
    EXPECT_THAT(get(target, "viewer").body,
                AllOf(Not(HasSubstr("onerror")), Not(HasSubstr("价格")), Not(HasSubstr("0138000"))))
        << target;

  for (const std::string& action : std::vector<std::string>{
           "/api/v1/dead-letters/retry", "/api/v1/dead-letters/drop", "/api/v1/replays", "/api/v1/bookmarks",
           "/api/v1/custody/repair", "/api/v1/accounts/shop/probe", "/api/v1/tasks/x/stop"}) {
    EXPECT_EQ(post(action, "{}", "viewer").status, 403) << action;
    EXPECT_EQ(post(action, "{}", "analyst").status, 403) << action;
    EXPECT_EQ(post(action, "{}", "").status, 401) << action;
  }
  EXPECT_EQ(post("/api/v1/diffs", R"({"schema":"x"})", "viewer").status, 403);
}

// Accounts whose secret stands in the address.
std::string senders() {
  std::string text;
  for (const auto* sender : {"caoliao", "jinshuju", "ocean_engine"})
    text += fmt::format(
        "[[accounts]]\nname = \"{0}\"\nkind = \"channel\"\nchannel = \"{0}\"\nsender = \"{0}\"\n"
        "secret_env = \"TEST_WEBHOOK_SECRET\"\n",
        sender);
  return text;
}

TEST_F(ConsoleTest, AnAccountsAddressIsTheOneThatCheckConfigSays) {
  std::ofstream(config_, std::ios::app) << senders();
  for (const std::string& base : std::vector<std::string>{"", "https://hooks.example.com"}) {
    const Environment more{{"WXPIPE_INGEST__PUBLIC_URL", base}};
    const auto checked = command({"check-config", "--ndjson"}, more);
    ASSERT_EQ(checked.code(), 0) << checked.errors;
    start_console(more);
    const auto answer = get("/api/v1/accounts", "viewer");
    ASSERT_EQ(answer.status, 200) << answer.body;
    std::map<std::string, std::string> said, shown;
    const auto add = [](std::map<std::string, std::string>& to, auto&& row) {
      const auto account = std::string(row["account"].get_string().value());
      to[account] = std::string(row["address"].get_string().value());
    };
    std::istringstream rows(checked.output);
    for (std::string row; std::getline(rows, row);) add(said, json::thread_reader().iterate(row));
    auto document = json::thread_reader().iterate(answer.body);
    for (auto row : document["accounts"].get_array()) add(shown, row);
    EXPECT_EQ(shown, said);
    const auto host = base.empty() ? std::string("https://<your host>") : base;
    EXPECT_EQ(shown["shop"], host + "/callback/shop");
    EXPECT_EQ(shown["authorised"], host + "/callback/authorised/$APPID$");
    EXPECT_EQ(shown["suitedata"], host + "/callback/suitedata/$CORPID$");
    for (const auto* sender : {"caoliao", "jinshuju", "ocean_engine"})
      EXPECT_EQ(shown[sender], fmt::format("{}/callback/{}?key=<secret>", host, sender));
    EXPECT_THAT(answer.body + checked.output, Not(HasSubstr(std::string(kWebhookSecret))));
  }
}

TEST_F(ConsoleTest, TakesAccountsThatChangeWhileItRuns) {
  start_console();
  EXPECT_THAT(get("/api/v1/session").body, Not(HasSubstr("caoliao")));
  std::ofstream(config_, std::ios::app) << senders();
  EXPECT_TRUE(eventually([&] { return get("/api/v1/session").body.find(R"("name":"caoliao")") != std::string::npos; }))
      << console_->log();
  EXPECT_THAT(get("/api/v1/accounts").body, HasSubstr("/callback/caoliao?key=<secret>"));
}

TEST_F(ConsoleTest, PagesOfEventsComeOneBehindTheOther) {
  start_all();
  for (int i = 1; i <= 7; ++i)
    send(shop(mp_text("o_" + std::to_string(i % 2), i, "第" + std::to_string(i), system_clock().now() - 60s + i * 1s)));
  ASSERT_TRUE(settled(7));
  ASSERT_TRUE(eventually([&] { return count("account_health") > 0; }));
  std::set<std::string> seen;
  std::string next;
  for (int page = 0; page < 4; ++page) {
    const auto body = get("/api/v1/events?limit=3" + (next.empty() ? "" : "&after=" + next)).body;
    for (size_t at = 0; (at = body.find("\"id\":\"", at)) != body.npos; at += 6)
      EXPECT_TRUE(seen.insert(body.substr(at + 6, 36)).second);
    const auto at = body.find("\"next\":\"");
    if (at == body.npos) break;
    next = body.substr(at + 8, body.find('"', at + 8) - at - 8);
    next.replace(next.find('|'), 1, "%7C");
  }
  EXPECT_EQ(seen.size(), 7u);
  const auto line = get("/api/v1/people?person=o_1&limit=2").body;
  EXPECT_THAT(line, AllOf(HasSubstr("第7"), HasSubstr("第5"), Not(HasSubstr("第3"))));
}

TEST_F(ConsoleTest, GroupsTellWhoHoldsWhatAndThatAStartMovedIt) {
  start_all();
  std::string body;
  EXPECT_TRUE(eventually([&] {
    body = get("/api/v1/groups").body;
    return body.find(R"("cause":"started")") != body.npos;
  })) << body;
  EXPECT_THAT(body, AllOf(HasSubstr(R"("group":"sink.messages","cause":"started","by":")"),
                          HasSubstr(R"({"reader":"process","topic":")")));
}

TEST_F(ConsoleTest, DeadLettersArePutBackAndTheLogSaysByWhom) {
  start_all();
  for (int i = 1; i <= 3; ++i)
    send(encrypted_request("shop", "<xml><ToUserName>" + std::to_string(i), {.receiveid = "wxapp"}));
  ASSERT_TRUE(settled(3));
  EXPECT_THAT(get("/api/v1/dead-letters").body, HasSubstr(R"("by_reason":[{"reason":"malformed_xml","letters":3}])"));
  const auto id = value("select dead_letter_id from dead_letters limit 1");
  EXPECT_THAT(get("/api/v1/dead-letters/" + id).body, AllOf(HasSubstr("<xml>"), HasSubstr(R"("masked":false)")));
  EXPECT_THAT(get("/api/v1/dead-letters/" + id, "analyst").body, Not(HasSubstr("<xml>")));

  EXPECT_EQ(post("/api/v1/dead-letters/drop", R"({"filter":{}})").status, 400) << "nothing is chosen";
  EXPECT_EQ(post("/api/v1/dead-letters/drop", R"({"filter":{"reason":"malformed_xml"},"dry_run":false})").status, 400)
      << "no why";
  EXPECT_THAT(done(post("/api/v1/dead-letters/drop", R"({"filter":{"reason":"malformed_xml"}})")),
              AllOf(HasSubstr(R"("state":"done")"), HasSubstr("nothing was changed; 3 letters would be dropped")));
  EXPECT_THAT(
      done(post("/api/v1/dead-letters/retry", R"({"filter":{"reason":"malformed_xml"},"why":"try","dry_run":false})")),
      AllOf(HasSubstr(R"("put_back":0)"), HasSubstr("still malformed_xml")));
  EXPECT_THAT(done(post("/api/v1/dead-letters/drop",
                        fmt::format(R"({{"filter":{{"id":"{}"}},"why":"a scanner","dry_run":false}})", id))),
              HasSubstr(R"("dropped":1)"));
  EXPECT_EQ(
      lines("select operator, address, operation, affected, reason from audit_logs where resource_type <> 'topics'"),
      (Lines{R"((operator,127.0.0.1,"dlq drop",1,"a scanner"))"}));
  EXPECT_THAT(get("/api/v1/actions").body, HasSubstr("a scanner"));
}

TEST_F(ConsoleTest, ReplaysIntoASideSchemaAndComparesIt) {
  start_all();
  for (int i = 1; i <= 5; ++i) send(shop(mp_text("o_1", i, "请问价格")));
  ASSERT_TRUE(settled(5));
  EXPECT_THAT(done(post("/api/v1/replays", R"({"into":"tables"})")),
              HasSubstr("nothing was written; 5 records would be"));
  EXPECT_THAT(done(post("/api/v1/replays", R"({"into":"schema:try","dry_run":false,"why":"look"})")),
              AllOf(HasSubstr(R"("state":"done")"), HasSubstr("5 records replayed"), HasSubstr(R"("unit":"records")")));
  EXPECT_THAT(done(post("/api/v1/diffs", R"({"schema":"try"})")), HasSubstr(R"("schema":"try")"));
  EXPECT_EQ(
      lines("select operator, operation, reason from audit_logs where resource_type <> 'topics' order by occurred_at"),
      (Lines{R"((operator,"replay begun",look))", "(operator,replay,look)"}));
  EXPECT_EQ(post("/api/v1/replays", R"({"into":"files:/tmp/x"})").status, 400);
  EXPECT_EQ(post("/api/v1/replays", R"({"into":"tables","where":"colour=red"})").status, 400);
  EXPECT_THAT(post("/api/v1/bookmarks", R"({"name":"here"})").body, HasSubstr(R"("name":"here")"));
  EXPECT_EQ(post("/api/v1/bookmarks", R"({"name":"here"})").status, 400) << "it is there already";
  EXPECT_THAT(done(post("/api/v1/custody/audit", "{}", "viewer")), HasSubstr(R"("unaccounted":0)"));
  EXPECT_THAT(done(post("/api/v1/custody/repair", "{}")), HasSubstr("there is nothing to repair"));
}

// Reads a stream until `enough` of it has come.
std::string read_stream(uint16_t port, const std::string& target, const std::string& last_id,
                        const std::function<bool(const std::string&)>& enough) {
  http::Connection connection(*http::parse_url(fmt::format("http://127.0.0.1:{}", port)), {});
  const auto deadline = steady_clock::now() + 30s;
  connection.open(deadline);
  HttpRequest request{.target = target, .headers = {{"Authorization", "Bearer operator"}}};
  if (!last_id.empty()) request.headers.emplace_back("Last-Event-ID", last_id);
  connection.write(support::to_bytes(request, "127.0.0.1"), deadline);
  std::string text;
  while (!enough(text) && connection.read(text, deadline)) {
  }
  return text;
}
size_t callbacks_in(const std::string& text) {
  size_t found = 0;
  for (size_t at = 0; (at = text.find("event: callback\n", at)) != text.npos; ++at) ++found;
  return found;
}

TEST_F(ConsoleTest, TheLiveViewTellsEachFateAndGoesOnWhereItWas) {
  start_all();
  const auto once = shop(mp_text("o_1", 1, kScript));
  send(once), send(once);
  const auto first = read_stream(port_, "/api/v1/live?since=5m&where=account=shop", "", [](const auto& text) {
    return callbacks_in(text) >= 2 && text.find("id: ") != text.npos && text.ends_with("\n\n");
  });
  EXPECT_THAT(first,
              AllOf(HasSubstr("Content-Type: text/event-stream"), HasSubstr(R"("fate":"stored")"),
                    HasSubstr(R"("fate":"repeat")"), HasSubstr("onerror"), HasSubstr(R"("behind":0,"left_out":0)")));
  const auto at = first.rfind("id: ");
  const auto id = first.substr(at + 4, first.find('\n', at) - at - 4);
  send(shop(mp_text("o_1", 2, "behind the gap")));
  const auto second = read_stream(port_, "/api/v1/live?where=account=shop", id,
                                  [](const auto& text) { return callbacks_in(text) >= 1; });
  EXPECT_THAT(second, AllOf(HasSubstr("behind the gap"), Not(HasSubstr("onerror"))));
  EXPECT_EQ(get("/api/v1/live?where=colour=red").status, 400);
}

TEST_F(ConsoleTest, LogsInByPasswordAndOtherSitesPagesGetNothing) {
  start_console();
  const HttpRequest login{.method = "POST",
                          .target = "/api/v1/login",
                          .headers = {{"Content-Type", "application/json"}, {"Sec-Fetch-Site", kSameOrigin}},
                          .body = R"({"name":"mei","password":"a good password"})"};
  const auto in = ask(login);
  ASSERT_EQ(in.status, 200) << in.body;
  EXPECT_THAT(in.body, HasSubstr(R"("name":"mei","role":"operator")"));
  const auto cookie = in.header("Set-Cookie").value_or("");
  EXPECT_THAT(cookie, AllOf(HasSubstr("HttpOnly"), HasSubstr("SameSite=Strict")));
  const auto with_cookie = [&](HttpRequest request) {
    request.headers.emplace_back("Cookie", cookie.substr(0, cookie.find(';')));
    return ask(request);
  };
  EXPECT_EQ(with_cookie({.target = "/api/v1/session"}).status, 200);
  const HttpRequest action{.method = "POST",
                           .target = "/api/v1/tasks/x/stop",
                           .headers = {{"Content-Type", "application/json"}},
                           .body = "{}"};
  const auto from = [&](const char* name, const char* value) {
    auto request = action;
    request.headers.emplace_back(name, value);
    return with_cookie(request).status;
  };
  EXPECT_EQ(from("Sec-Fetch-Site", kSameOrigin), 404);
  EXPECT_EQ(from("Sec-Fetch-Site", "cross-site"), 403);
  EXPECT_EQ(from("Origin", "https://evil.example.com"), 403);
  EXPECT_EQ(with_cookie(action).status, 403) << "no browser, but a cookie";
  EXPECT_EQ(with_cookie({.target = "/api/v1/session", .headers = {{"Host", "evil.example.com"}}}).status, 421);
  EXPECT_EQ(ask({.target = "/", .headers = {{"Host", "evil.example.com"}}}).status, 421);
  auto wrong = login;
  wrong.body = R"({"name":"mei","password":"a bad password"})";
  EXPECT_EQ(ask(wrong).status, 401);
  EXPECT_EQ(
      with_cookie({.method = "POST", .target = "/api/v1/logout", .headers = {{"Sec-Fetch-Site", kSameOrigin}}}).status,
      200);
  EXPECT_EQ(with_cookie({.target = "/api/v1/session"}).status, 401);
  EXPECT_THAT(console_->log(),
              AllOf(HasSubstr("event=console_login "), Not(HasSubstr("good password")), Not(HasSubstr("wxp_"))));
}

TEST_F(ConsoleTest, PagesAreServedGzippedAndOnlyWhenTheyChanged) {
  start_console();
  const auto plain = ask({.target = "/"});
  EXPECT_EQ(plain.status, 200);
  EXPECT_THAT(plain.header("Content-Type").value_or(""), StartsWith("text/html"));
  EXPECT_EQ(ask({.target = "/e/018f"}).body, plain.body) << "pages have addresses of their own";
  EXPECT_EQ(ask({.target = "/nothing.js"}).status, 404);
  const auto zipped = ask({.target = "/", .headers = {{"Accept-Encoding", "gzip, br"}}});
  EXPECT_EQ(zipped.header("Content-Encoding"), "gzip");
  EXPECT_THAT(zipped.body, StartsWith("\x1f\x8b"));
  const auto same = ask({.target = "/", .headers = {{"If-None-Match", plain.header("ETag").value_or("none")}}});
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.body, "");
  EXPECT_EQ(ask({.method = "POST", .target = "/"}).status, 405);
}

TEST_F(ConsoleTest, SaysWhichServerIsAway) {
  start_console({{"DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none"}});
  for (const std::string& target :
       std::vector<std::string>{"/api/v1/overview", "/api/v1/events", "/api/v1/accounts", "/api/v1/custody"}) {
    const auto answer = get(target);
    EXPECT_EQ(answer.status, 503) << target << answer.body;
    EXPECT_THAT(answer.body, HasSubstr(R"("code":"postgres_away")")) << target;
  }
  console_->stop();
  start_console({{"KAFKA_BOOTSTRAP", "127.0.0.1:1"}});
  const auto overview = get("/api/v1/overview");
  EXPECT_EQ(overview.status, 200) << overview.body;
  EXPECT_THAT(overview.body, HasSubstr("can't be asked for"));
  EXPECT_EQ(get("/api/v1/events").status, 200);
  EXPECT_EQ(get("/api/v1/groups").status, 503);
  EXPECT_THAT(
      read_stream(port_, "/api/v1/live", "", [](const auto& text) { return text.find("event: error") != text.npos; }),
      HasSubstr(R"("code":"kafka_away")"));
  EXPECT_THAT(done(post("/api/v1/custody/audit", "{}")), HasSubstr(R"("state":"failed")"));
}

TEST_F(ConsoleTest, IsPartOfRunWhereTheConfigurationSaysSoAndStopsWithIt) {
  all_ = start({"run"}, {{"WXPIPE_CONSOLE__IN_RUN", "true"}, {"WXPIPE_CONSOLE__LISTEN", "127.0.0.1:0"}});
  ASSERT_TRUE(all_->ready()) << all_->readiness();
  port_ = port_of(all_->log());
  EXPECT_EQ(get("/api/v1/session").status, 200);
  const auto exit = all_->stop();
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->code, 0);
}

TEST_F(ConsoleTest, WithoutALoginItStaysOnThisMachine) {
  folder_.write("open.toml", configuration());
  const auto open = (folder_ / "open.toml").string();
  const auto refused = command({"console", "-c", open}, {{"WXPIPE_CONSOLE__LISTEN", "0.0.0.0:0"}});
  EXPECT_EQ(refused.code(), 2);
  EXPECT_THAT(refused.errors, HasSubstr("nobody would have to log in"));
  start_console({{"WXPIPE_CONFIG", open}});
  EXPECT_THAT(get("/api/v1/session", "").body,
              AllOf(HasSubstr(R"("login":"none")"), HasSubstr(R"("role":"operator")")));
}

TEST_F(ConsoleTest, MakesHashesForTheConfiguration) {
  const auto token = command({"console", "token", "ci", "--role", "viewer"});
  EXPECT_EQ(token.code(), 0) << token.errors;
  EXPECT_THAT(token.output, AllOf(HasSubstr("[[console.users]]\nname = \"ci\"\nrole = \"viewer\"\ntoken = \"sha256:"),
                                  HasSubstr("wxp_")));
  EXPECT_EQ(command({"console", "passwd", "mei"}).code(), 2) << "no password came";
}

}  // namespace
}  // namespace wxpipe::whole_path
