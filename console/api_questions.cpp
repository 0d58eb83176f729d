// What changes nothing.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <thread>

#include "common/config/units.hpp"
#include "common/crypto/base64.hpp"
#include "common/json/write.hpp"
#include "common/report/cells.hpp"
#include "common/result.hpp"
#include "console/api.hpp"
#include "console/masking.hpp"
#include "operate/audit_log.hpp"
#include "operate/away.hpp"
#include "operate/bookmarks.hpp"
#include "operate/counts.hpp"
#include "operate/doctor_report.hpp"
#include "operate/event_export.hpp"
#include "operate/event_list.hpp"
#include "operate/lag_report.hpp"
#include "operate/letter_report.hpp"
#include "operate/moment.hpp"
#include "operate/person.hpp"
#include "operate/rebalances.hpp"
#include "operate/scale_report.hpp"
#include "operate/trace_report.hpp"
#include "schemas/facts/log_written.hpp"

namespace wxpipe::console {
namespace {
using namespace std::chrono_literals;
using report::Level, report::Report, report::Value;

constexpr size_t kMostExported = 10'000;
constexpr auto kDoctorIsGood = 30s;
constexpr auto kKafkaAnswers = 3s;

const std::vector<std::string_view> kEventFilter{"key", "account", "type", "person", "text", "from", "to"};
std::vector<std::string_view> with(std::vector<std::string_view> names, std::initializer_list<std::string_view> more) {
  names.insert(names.end(), more);
  return names;
}

operate::EventQuestion question_of(const Parameters& values, Timestamp now, size_t limit) {
  return {values.text("account"),
          values.text("type"),
          values.text("person"),
          values.text("text"),
          operate::moment("from", values.text("from"), now),
          operate::moment("to", values.text("to"), now),
          values.text("after"),
          limit};
}

operate::LetterWords letter_words(const Parameters& values) {
  operate::LetterWords words;
  words.account = values.text("account");
  words.stage = values.text("stage");
  words.reason = values.text("reason");
  words.from = values.text("from");
  words.to = values.text("to");
  if (values.has("state")) words.state = values.text("state");
  return words;
}

// Asks those databases that can be reached, and says which can't. question(databases, all): a report.
template <class Question>
auto with_all(Question&& question) {
  return [question = std::forward<Question>(question)](sinks::FamilyConnections& databases) -> Report {
    std::vector<std::string> away;
    const auto all = databases.reachable(away);
    Report report = question(databases, all);
    operate::add_away(report, "rows", away);
    return report;
  };
}

Problem no_such(std::string_view what) {
  return {404, "not_found", fmt::format("there is no {}", what),
          "It may still be on its way: the page Groups shows the lag. What was refused is on the account's page."};
}

// The one row that the id names.
operate::Match match_of(sinks::FamilyConnections& databases, const std::string& id) {
  const auto found = operate::find(databases, {.key = id, .account = {}, .from = {}, .to = {}, .limit = 1});
  if (found.empty() || found.front().id != id) throw no_such(fmt::format("event {}", id));
  return found.front();
}
}  // namespace

Response Api::overview(const Call& call) {
  const auto now = clock_.now();
  const auto looks = watch_.looks();
  auto report = operate::report_of(looks.before, looks.now, operate::TopOrder::address);
  // Without Kafka there are no readers, and a finding says why.
  const auto has_readers = std::ranges::any_of(report.tables, [](const auto& table) { return table.key == "readers"; });
  if (!has_readers) report.tables.push_back({"readers", "", {{"reader"}}, {}});
  const auto has = [&](std::string_view key) {
    return std::ranges::any_of(report.facts, [&](const auto& fact) { return fact.key == key; });
  };
  const operate::OverviewQuestion question{
      call.values.has("range") ? call.values.text("range") : "hour", call.values.text("account"), now,
      operate::moment("today", call.values.text("today"), now).value_or(std::chrono::floor<std::chrono::days>(now))};
  return ask(call, [&](postgres::Connection& connection) {
    auto whole = report;
    if (!has("unaccounted")) {  // Kafka was away before Postgres was asked for these
      whole.facts.push_back({"unaccounted", "", looks.now.servers.unaccounted});
      whole.facts.push_back({"open_dead_letters", "", looks.now.servers.open_letters});
    }
    operate::add_overview(whole, connection, question, counts_);
    return whole;
  });
}

Response Api::events(const Call& call) {
  const auto now = clock_.now();
  const auto limit = static_cast<size_t>(call.values.number("limit", 50, 1, 200));
  return ask(call, [&](sinks::FamilyConnections& databases) {
    const auto question = question_of(call.values, now, limit);
    if (!call.values.has("key"))
      return operate::report_of(operate::list_events(databases.of<schemas::Event>(), question));
    const operate::Search search{call.values.text("key"), question.account, question.from, question.to, limit};
    const auto matches = operate::find(databases, search);
    return operate::report_of(operate::EventList{matches, {}, static_cast<int64_t>(matches.size()), {}});
  });
}

Response Api::event(const Call& call) {
  auto story = databases_.ask([&](sinks::FamilyConnections& databases) {
    return operate::story_of(databases, match_of(databases, call.part));
  });
  std::vector<report::Finding> findings;
  if (call.values.flag("hops", false)) try {
      operate::add_hops(story, quiet_settings());
      story = databases_.ask([&](sinks::FamilyConnections& databases) {
        operate::add_replays(story, databases);
        return std::move(story);
      });
    } catch (const Unavailable& error) {
      findings.push_back({Level::warning, fmt::format("its places on the topics are missing: {}", error.what())});
    }
  auto report = operate::report_of(call.part, story);
  report.facts.push_back({"masked", "", is_masked(call.who)});
  report.findings.insert(report.findings.end(), findings.begin(), findings.end());
  return json(std::move(report), call.who);
}

Response Api::export_events(const Call& call) {
  const auto now = clock_.now();
  const auto format = operate::export_format(call.values.text("format"));
  const bool csv = format == operate::ExportFormat::csv;
  auto list = databases_.ask([&](sinks::FamilyConnections& databases) {
    auto question = question_of(call.values, now, kMostExported);
    question.summary = operate::kWholeContent;
    if (!call.values.has("key")) return operate::list_events(databases.of<schemas::Event>(), question);
    return operate::EventList{operate::find(databases, {call.values.text("key"), question.account, question.from,
                                                        question.to, kMostExported}),
                              {},
                              0,
                              {}};
  });
  const Report shown = masked({.tables = {operate::matches_table(list.matches)}}, call.who);
  const auto& table = shown.tables.front();
  auto out = operate::export_head(table, format) + operate::export_rows(table, format);
  // What leaves the house is remembered.
  const auto databases = at_postgres([&] { return databases_.connect(Databases::For::changes, 5s); });
  postgres::Transaction transaction(databases->of<schemas::Event>());
  std::string filter;
  for (const auto name : kEventFilter)
    if (call.values.has(name))
      filter += fmt::format("{}{}={}", filter.empty() ? "" : " ", name, call.values.text(name));
  operate::write(transaction, {call.who.name, call.who.address},
                 {operate::new_command_id(), "export", "READ", "messages", "", filter, "",
                  static_cast<int64_t>(list.matches.size())});
  transaction.commit();
  Response response{.type = csv ? "text/csv; charset=utf-8" : "application/x-ndjson", .body = std::move(out)};
  response.headers.emplace_back("Content-Disposition",
                                fmt::format("attachment; filename=\"events.{}\"", csv ? "csv" : "ndjson"));
  if (!list.next.empty()) response.headers.emplace_back("X-Wxpipe-Next", list.next);
  return response;
}

Response Api::body(const Call& call) {
  const auto body =
      databases_.ask([&](sinks::FamilyConnections& databases) { return operate::body_of(databases.all(), call.part); });
  if (!body) throw no_such(fmt::format("event {}", call.part));
  const auto clean = report::with_valid_utf8(*body);
  Value exact;
  if (clean != *body) {
    std::string base64;
    crypto::append_base64(base64, *body);
    exact = base64;
  }
  return json(report::to_json(
      {.facts = {{"id", "", call.part}, {"text", "", clean}, {"base64", "", exact}, {"bytes", "", body->size()}}}));
}

Response Api::live(const Call& call) {
  const auto now = clock_.now();
  LiveQuestion question{operate::EventFilter(call.values.text("where"), call.values.texts("match")),
                        operate::moment("since", call.values.text("since"), now).value_or(now),
                        {}};
  std::string last(call.request.header("last-event-id"));
  if (last.empty()) last = call.values.text("last_event_id");
  if (!last.empty()) question.place = operate::parse_tail_place(last);
  return live_.open(std::move(question), call.who);
}

Response Api::custody(const Call& call) {
  const auto now = clock_.now();
  using std::chrono::minutes;
  const operate::CountWindow window{
      std::chrono::floor<minutes>(operate::moment("from", call.values.text("from"), now).value_or(now - 1h)),
      std::chrono::ceil<minutes>(operate::moment("to", call.values.text("to"), now).value_or(now)), 60s,
      call.values.text("account")};
  return ask(call, [&](postgres::Connection& connection) { return operate::custody_report(connection, window); });
}

Response Api::refusals(const Call& call) const {
  const auto limit = static_cast<size_t>(call.values.number("limit", 50, 1, 200));
  operate::RefusedLately all;
  std::vector<report::Finding> away;
  size_t answered = 0;
  for (const auto& address : admin_addresses(settings_)) try {
      const auto some = operate::refused_callbacks(address, call.part, limit);
      all.list.insert(all.list.end(), some.list.begin(), some.list.end());
      all.verified.insert(all.verified.end(), some.verified.begin(), some.verified.end());
      ++answered;
    } catch (const UsageError&) {  // another role than ingest: it refuses nothing
    } catch (const Unavailable& error) {
      away.push_back({Level::warning, error.what(), "Name each role's [admin] listen in [console] admin."});
    }
  std::ranges::stable_sort(all.list, std::greater<>(), &operate::Refused::at);
  if (all.list.size() > limit) all.list.resize(limit);
  std::ranges::stable_sort(all.verified, std::greater<>(), &operate::VerifiedAddress::at);
  auto report = operate::report_of(all, call.part);
  if (answered == 0) report.findings.clear();
  report.findings.insert(report.findings.end(), away.begin(), away.end());
  return json(std::move(report), call.who);
}

Response Api::groups(const Call& call) {
  const auto looks = watch_.looks();
  if (!looks.before.servers.lag || !looks.now.servers.lag)
    throw Problem(503, "server_away",
                  looks.now.servers.trouble.empty() ? "not looked at yet; ask again" : looks.now.servers.trouble,
                  "`wxpipe doctor` says what is wrong.");
  auto report = operate::report_of(*looks.before.servers.lag, *looks.now.servers.lag, true);
  {
    const std::lock_guard lock(holders_mutex_);
    at_kafka([&] {
      if (!holders_) holders_.emplace(quiet_settings().kafka, kKafkaAnswers);
      report.tables.push_back(operate::holders_table(*holders_, settings_));
    });
  }
  return ask(call, [&](sinks::FamilyConnections& databases) {
    auto whole = report;
    whole.tables.push_back(operate::claims_table(databases));
    operate::add_rebalances(whole, databases.of<schemas::LogWritten>(), clock_.now());
    return whole;
  });
}

Response Api::advice(const Call& call) {
  auto target = std::chrono::milliseconds(60s);
  if (call.values.has("target")) {
    const auto parsed = config::parse_duration(call.values.text("target"));
    if (!parsed || parsed->count() <= 0) throw UsageError("target: write a duration, such as 60s or 10m");
    target = *parsed;
  }
  const auto looks = watch_.looks();
  if (!looks.before.servers.lag || !looks.now.servers.lag)
    throw Problem(503, "server_away", looks.now.servers.trouble, "`wxpipe doctor` says what is wrong.");
  return json(at_kafka([&] {
                return operate::scale_advice(quiet_settings(), *looks.before.servers.lag, *looks.now.servers.lag,
                                             target)
                    .report;
              }),
              call.who);
}

Response Api::doctor() {
  const std::lock_guard lock(doctor_mutex_);
  const auto now = clock_.now();
  if (!doctor_ || now - doctor_->first > kDoctorIsGood) {
    const auto examination = std::make_shared<operate::Examination>();
    examination->loaded.settings = quiet_settings();
    examination->needs = config::kForPostgres;
    examination->admin = admin_addresses(settings_);
    examination->must_answer = !settings_.console.admin.empty();
    auto report = operate::report_of(operate::examine(examination));
    report.facts.push_back({"at", "", now});
    doctor_ = {now, to_json(report)};
  }
  return json(doctor_->second);
}

void Api::add_questions(std::vector<Route>& routes) {
  const auto get = [&](std::string_view path, std::vector<std::string_view> parameters, auto handler,
                       Role least = Role::viewer, Right right = Right::none) {
    routes.push_back({"GET", path, least, right, std::move(parameters), std::move(handler)});
  };
  get("/api/v1/overview", {"range", "account", "today"}, [this](const Call& call) { return overview(call); });
  get("/api/v1/events", with(kEventFilter, {"limit", "after"}), [this](const Call& call) { return events(call); });
  get(
      "/api/v1/events/export", with(kEventFilter, {"format", "after"}),
      [this](const Call& call) { return export_events(call); }, Role::viewer, Right::export_);
  get("/api/v1/events/{id}", {"hops"}, [this](const Call& call) { return event(call); });
  get(
      "/api/v1/events/{id}/body", {}, [this](const Call& call) { return body(call); }, Role::analyst, Right::bodies);
  get("/api/v1/live", {"where", "match", "since", "last_event_id"}, [this](const Call& call) { return live(call); });
  get("/api/v1/dead-letters", {"account", "stage", "reason", "from", "to", "state", "by", "limit"},
      [this](const Call& call) {
        const auto filter = operate::filter_of(letter_words(call.values), clock_.now());
        const auto& by = call.values.text("by");
        if (!by.empty() && std::ranges::find(operate::kCountedBy, by) == operate::kCountedBy.end())
          throw UsageError("by: write reason, account, stage, hour or state");
        const auto limit = static_cast<size_t>(call.values.number("limit", 50, 1, 1000));
        return ask(call, with_all([&](auto&, const operate::Databases& all) {
                     return operate::list_report(all, filter, by, limit);
                   }));
      });
  get("/api/v1/dead-letters/{id}", {}, [this](const Call& call) {
    auto report = databases_.ask(
        [&](sinks::FamilyConnections& databases) { return operate::show_report(databases.all(), call.part); });
    if (report.tables.empty()) throw no_such(fmt::format("dead letter {}", call.part));
    report.facts.push_back({"masked", "", is_masked(call.who)});
    return json(std::move(report), call.who);
  });
  get("/api/v1/bookmarks", {}, [this](const Call& call) {
    return ask(call, [](sinks::FamilyConnections& databases) { return operate::bookmarks_report(databases.main()); });
  });
  get("/api/v1/tasks", {}, [this](const Call& call) { return json(tasks_.list(call.who)); });
  get("/api/v1/tasks/{id}", {}, [this](const Call& call) { return json(tasks_.show(call.part, call.who)); });
  get("/api/v1/people", {"person", "account", "limit", "after"}, [this](const Call& call) {
    const operate::PersonQuestion question{call.values.needed("person"), call.values.text("account"),
                                           call.values.text("after"),
                                           static_cast<size_t>(call.values.number("limit", 50, 1, 200))};
    return ask(call, [&](postgres::Connection& connection) {
      auto report = operate::person_report(connection, question);
      report.facts.push_back({"masked", "", is_masked(call.who)});
      return report;
    });
  });
  get("/api/v1/custody", {"account", "from", "to"}, [this](const Call& call) { return custody(call); });
  get("/api/v1/accounts", {}, [this](const Call& call) {
    return ask(call, with_all([&](sinks::FamilyConnections& databases, const operate::Databases& all) {
                 return operate::accounts_report(databases.of<schemas::Event>(), all, *settings(), clock_.now());
               }));
  });
  get("/api/v1/accounts/{name}/refusals", {"limit"}, [this](const Call& call) { return refusals(call); });
  get("/api/v1/groups", {}, [this](const Call& call) { return groups(call); });
  get("/api/v1/groups/advice", {"target"}, [this](const Call& call) { return advice(call); });
  get("/api/v1/doctor", {}, [this](const Call&) { return doctor(); });
  get(
      "/api/v1/actions", {"limit", "operator"},
      [this](const Call& call) {
        const auto limit = static_cast<size_t>(call.values.number("limit", 100, 1, 500));
        return ask(call, with_all([&](auto&, const operate::Databases& all) {
                     return operate::actions_report(all, call.values.text("operator"), limit);
                   }));
      },
      Role::operator_);
}

}  // namespace wxpipe::console
