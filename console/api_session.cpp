// Who is logged in, and what everybody may ask.
#include <fmt/format.h>

#include "common/json/write.hpp"
#include "console/api.hpp"
#include "console/masking.hpp"
#include "operate/explain.hpp"

namespace wxpipe::console {
namespace {
void append_list(std::string& out, const std::vector<std::string>& words) {
  out += '[';
  for (const auto& word : words) {
    if (!out.ends_with('[')) out += ',';
    json::append_string(out, word);
  }
  out += ']';
}

Response explanations(const Call& call) {
  static const auto all = operate::explanations(operate::operations_page());
  const auto& word = call.values.needed("word");
  std::string out = R"({"word":)";
  json::append_string(out, word);
  out += R"(,"explanations":[)";
  for (const auto* one : operate::explain(all, word)) {
    if (!out.ends_with('[')) out += ',';
    out += R"({"section":)";
    json::append_string(out, one->section);
    out += R"(,"anchor":)";
    json::append_string(out, one->anchor);
    out += R"(,"words":)";
    append_list(out, one->words);
    out += R"(,"cells":[)";
    for (const auto& [title, text] : one->cells) {
      if (!out.ends_with('[')) out += ',';
      report::append_row(out, {{"title"}, {"text"}}, {title, text});
    }
    out += "]}";
  }
  return json(out + "]}");
}
}  // namespace

Api::Api(const config::Settings& settings, const Clock& clock, Gate& gate)
    : settings_(settings),
      fresh_(std::make_shared<const config::Settings>(settings)),
      clock_(clock),
      gate_(gate),
      databases_(settings),
      watch_(settings),
      live_(settings, databases_),
      tasks_(clock) {}

Response json(std::string body, int status) { return {.status = status, .body = std::move(body)}; }
Response json(report::Report report, const Identity& who) {
  return json(report::to_json(masked(std::move(report), who)));
}

std::function<void()> Api::prepare(const config::Settings& fresh) {
  auto next = std::make_shared<config::Settings>(settings_);
  next->accounts = fresh.accounts;
  next->score = fresh.score;
  next->sealing = fresh.sealing;
  return [this, next = std::shared_ptr<const config::Settings>(std::move(next))] {
    const std::lock_guard lock(fresh_mutex_);
    fresh_ = next;
  };
}

std::shared_ptr<const config::Settings> Api::settings() const {
  const std::lock_guard lock(fresh_mutex_);
  return fresh_;
}

config::Settings Api::quiet_settings() const {
  auto quiet = *settings();
  quiet.kafka.properties.insert_or_assign("log_level", "0");  // what it would log is in the answer
  return quiet;
}

Response Api::session(const Identity& who) const {
  report::Table accounts{"accounts", "", {{"name"}, {"title"}, {"kind"}}, {}};
  const auto now = settings();
  for (const auto& account : now->accounts) accounts.rows.push_back({account.name, account.title, account.kind});
  return json(report::to_json({.facts = {{"name", "", who.name},
                                         {"role", "", to_string(who.role)},
                                         {"bodies", "", who.bodies},
                                         {"export", "", who.may_export},
                                         {"login", "", to_string(who.login)},
                                         {"expires_at", "", who.expires_at},
                                         {"version", "", WXPIPE_VERSION},
                                         {"instance", "", settings_.instance.name}},
                               .tables = {std::move(accounts)}}));
}

void Api::add_session(std::vector<Route>& routes) {
  routes.push_back(
      {"POST", "/api/v1/login", Role::anybody, Right::none, {"name", "password"}, [this](const Call& call) {
         const auto entered = gate_.log_in(call.request, call.values.needed("name"), call.values.needed("password"));
         auto response = session(entered.who);
         response.headers.emplace_back("Set-Cookie", entered.cookie);
         return response;
       }});
  routes.push_back({"POST", "/api/v1/logout", Role::anybody, Right::none, {}, [this](const Call& call) {
                      auto response = json("{}");
                      response.headers.emplace_back("Set-Cookie", gate_.log_out(call.request));
                      return response;
                    }});
  routes.push_back({"GET", "/api/v1/session", Role::viewer, Right::none, {}, [this](const Call& call) {
                      return session(call.who);
                    }});
  routes.push_back({"GET", "/api/v1/explain", Role::viewer, Right::none, {"word"}, explanations});
  routes.push_back({"GET", "/api/v1/openapi.json", Role::anybody, Right::none, {}, [](const Call&) {
                      return json(std::string(openapi_file()));
                    }});
}

std::vector<Route> Api::routes() {
  std::vector<Route> routes;
  add_session(routes);
  add_questions(routes);
  add_actions(routes);
  return routes;
}

}  // namespace wxpipe::console
