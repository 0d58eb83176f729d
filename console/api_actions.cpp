// What changes something, and what takes so long that it runs in the background. Every change writes who did it and
// from where into audit_logs, in the transaction of its effect.
#include <fmt/format.h>

#include <algorithm>

#include "common/config/units.hpp"
#include "common/postgres/migrations.hpp"
#include "common/result.hpp"
#include "console/api.hpp"
#include "console/masking.hpp"
#include "ingest/account.hpp"
#include "operate/audit_report.hpp"
#include "operate/bookmarks.hpp"
#include "operate/diff_report.hpp"
#include "operate/doctor_report.hpp"
#include "operate/letter_report.hpp"
#include "operate/moment.hpp"
#include "operate/replay_request.hpp"

namespace wxpipe::console {
namespace {
using namespace std::chrono_literals;
using report::Report;
using Connection = postgres::Connection;

constexpr std::chrono::seconds kTaskStatement{1800};  // of one statement of a task
const std::vector<std::string_view> kLetters{
    "filter.id", "filter.account", "filter.stage", "filter.reason", "filter.from",
    "filter.to", "filter.state",   "why",          "dry_run",       "all"};

operate::Operator operator_of(const Identity& who) { return {who.name, who.address}; }

operate::LetterWords letter_words(const Parameters& values) {
  operate::LetterWords words;
  words.id = values.text("filter.id");
  words.account = values.text("filter.account");
  words.stage = values.text("filter.stage");
  words.reason = values.text("filter.reason");
  words.from = values.text("filter.from");
  words.to = values.text("filter.to");
  if (values.has("filter.state")) words.state = values.text("filter.state");
  operate::require_a_choice(words, values.flag("all", false));
  return words;
}

// Statements that may take long end when the task is stopped.
auto ended_by(const std::stop_token& stop, std::vector<Connection*> connections) {
  return std::stop_callback(stop, [all = std::move(connections)] {
    for (auto* connection : all) connection->interrupt();
  });
}

Response accepted(std::string task) { return json(std::move(task), 202); }
}  // namespace

Response Api::retry(const Call& call) {
  const auto words = letter_words(call.values);
  operate::RetryOrder order{operate::filter_of(words, clock_.now()), call.values.text("why"),
                            call.values.flag("dry_run", true), call.values.number("most", 0, 0, 1'000'000'000),
                            operator_of(call.who)};
  const auto about = order.filter.text() + (order.dry_run ? " (dry run)" : "");
  return accepted(tasks_.begin("retry", about, call.who, [this, order](const Tasks::Tell& tell, const auto& stop) {
    const auto databases = databases_.connect(Databases::For::changes, kTaskStatement);
    const auto letters = databases->all();
    const auto all = operate::count_everywhere(letters, order.filter);
    const auto done = operate::retry_everywhere(
        letters, quiet_settings(), order,
        [&](const operate::Retried& so_far) {
          tell({so_far.looked_at, all, "dead letters"});
        },
        stop);
    return operate::retried_report(letters, order, done);
  }));
}

Response Api::drop(const Call& call) {
  const auto words = letter_words(call.values);
  const auto filter = operate::filter_of(words, clock_.now());
  const bool dry_run = call.values.flag("dry_run", true);
  const auto why = dry_run ? call.values.text("why") : call.values.needed("why");
  return accepted(
      tasks_.begin("drop", filter.text() + (dry_run ? " (dry run)" : ""), call.who,
                   [this, filter, dry_run, why, who = operator_of(call.who)](const auto&, const std::stop_token& stop) {
                     const auto databases = databases_.connect(Databases::For::changes, kTaskStatement);
                     const auto letters = databases->all();
                     const auto end = ended_by(stop, letters);
                     if (dry_run)
                       return operate::preview(letters, filter, "dropped", operate::count_everywhere(letters, filter));
                     return operate::drop_report(letters, filter, why, who);
                   }));
}

Response Api::replay(const Call& call) {
  const auto& values = call.values;
  operate::ReplayRequest request;
  if (values.has("topics")) request.topics = values.texts("topics");
  request.from = values.text("from");
  request.to = values.text("to");
  request.where = values.text("where");
  request.match = values.texts("match");
  request.into = values.needed("into");
  request.why = values.text("why");
  request.rate = values.real("rate", 0);
  request.renormalize = values.flag("renormalize", false);
  request.resume = values.flag("resume", false);
  request.dry_run = values.flag("dry_run", true);
  request.yes = !request.dry_run;
  if (request.into.starts_with("files"))
    throw UsageError(
        "into: files are written by `wxpipe replay --into files:FOLDER`, on the machine where they shall be");
  operate::check(request);
  const auto about = fmt::format("into {}{}{}{}", request.into, request.from.empty() ? "" : " from " + request.from,
                                 request.to.empty() ? "" : " to " + request.to, request.dry_run ? " (dry run)" : "");
  return accepted(tasks_.begin("replay", about, call.who,
                               [this, request, who = operator_of(call.who)](const Tasks::Tell& tell, const auto& stop) {
                                 return operate::run_replay(
                                     quiet_settings(), request, who,
                                     [&](const operate::Replayed& so_far) {
                                       tell({so_far.offsets, so_far.offsets_in_all, "records"});
                                     },
                                     stop);
                               }));
}

Response Api::diff(const Call& call) {
  const auto& values = call.values;
  const auto now = clock_.now();
  const auto schema = values.needed("schema");
  const auto side = operate::named_side_schema(schema);
  const operate::DiffBounds bounds{values.text("account"), operate::moment("from", values.text("from"), now),
                                   operate::moment("to", values.text("to"), now), values.texts("ignore"),
                                   static_cast<size_t>(values.number("samples", 3, 0, 100))};
  return accepted(
      tasks_.begin("diff", schema, call.who, [this, schema, side, bounds](const auto&, const std::stop_token& stop) {
        const auto databases = databases_.connect(Databases::For::reports, kTaskStatement);
        const auto end = ended_by(stop, databases->all());
        return operate::report_of(operate::diff(*databases, side, bounds), schema);
      }));
}

Response Api::set_bookmark(const Call& call) {
  const auto& name = call.values.needed("name");
  const bool replace = call.values.flag("replace", false);
  const operate::Bookmark bookmark{name, clock_.now(), call.who.name,
                                   at_kafka([&] { return operate::ends_of_topics(quiet_settings().kafka); })};
  auto report = at_postgres([&] {
    const auto databases = databases_.connect(Databases::For::changes, 5s);
    const auto who = operator_of(call.who);
    operate::set_bookmark(databases->main(), bookmark, replace ? operate::Existing::replace : operate::Existing::refuse,
                          &who);
    return operate::bookmarks_report(databases->main());
  });
  return json(std::move(report), call.who);
}

Response Api::audit(const Call& call) {
  const auto& values = call.values;
  const auto now = clock_.now();
  const auto wanted = operate::wanted_of(values.text("account"), operate::moment("from", values.text("from"), now),
                                         operate::moment("to", values.text("to"), now));
  auto patience = std::chrono::milliseconds(10s);
  if (values.has("wait")) {
    const auto parsed = config::parse_duration(values.text("wait"));
    if (!parsed || *parsed > 10min) throw UsageError("wait: write a duration of at most 10m");
    patience = *parsed;
  }
  const auto about = values.text("account").empty() ? std::string("all accounts") : values.text("account");
  return accepted(
      tasks_.begin("audit", about, call.who, [this, wanted, patience](const auto&, const std::stop_token& stop) {
        const auto databases = databases_.connect(Databases::For::reports, kTaskStatement);
        auto& connection = databases->of<schemas::CustodyMark>();
        const auto end = ended_by(stop, {&connection});
        const auto settings = quiet_settings();
        sinks::Drain drain(settings);
        return operate::report_of(sinks::audit(connection, drain, wanted, patience), true);
      }));
}

Response Api::repair(const Call& call) {
  const auto& values = call.values;
  const auto now = clock_.now();
  const auto wanted = operate::wanted_of(values.text("account"), operate::moment("from", values.text("from"), now),
                                         operate::moment("to", values.text("to"), now));
  const bool dry_run = values.flag("dry_run", true);
  const auto about =
      (values.text("account").empty() ? "all accounts" : values.text("account")) + (dry_run ? " (dry run)" : "");
  return accepted(tasks_.begin("repair", about, call.who,
                               [this, wanted, dry_run, why = values.text("why"), who = operator_of(call.who), about](
                                   const auto&, const auto& stop) {
                                 const auto databases = databases_.connect(Databases::For::changes, kTaskStatement);
                                 const auto settings = quiet_settings();
                                 return operate::repair(
                                     settings, databases->of<schemas::CustodyMark>(),
                                     {.wanted = wanted,
                                      .mode = dry_run ? sinks::RepairMode::look : sinks::RepairMode::send,
                                      .who = who,
                                      .about = about,
                                      .why = why},
                                     stop);
                               }));
}

Response Api::probe(const Call& call) const {
  const auto now = settings();
  const auto found = std::ranges::find(now->accounts, call.part, &config::AccountSettings::name);
  if (found == now->accounts.end())
    throw Problem(404, "not_found", fmt::format("the configuration has no account '{}'", call.part));
  if (settings_.ingest.public_url.empty()) throw UsageError("which address? Set [ingest] public_url");
  std::vector<std::string> errors;
  const auto account = ingest::make_account(*found, errors);
  if (!errors.empty()) throw UsageError(errors.front());
  const auto probe = operate::probe_callback(account, settings_.ingest.public_url, 5s);
  return json(operate::report_of(probe, operate::is_verified(account)), call.who);
}

void Api::add_actions(std::vector<Route>& routes) {
  const auto post = [&](std::string_view path, std::vector<std::string_view> parameters, auto handler,
                        Role least = Role::operator_) {
    routes.push_back({"POST", path, least, Right::none, std::move(parameters), std::move(handler)});
  };
  auto with_most = kLetters;
  with_most.push_back("most");
  post("/api/v1/dead-letters/retry", with_most, [this](const Call& call) { return retry(call); });
  post("/api/v1/dead-letters/drop", kLetters, [this](const Call& call) { return drop(call); });
  post("/api/v1/replays",
       {"topics", "from", "to", "where", "match", "into", "renormalize", "rate", "resume", "dry_run", "why"},
       [this](const Call& call) { return replay(call); });
  post(
      "/api/v1/diffs", {"schema", "account", "from", "to", "ignore", "samples"},
      [this](const Call& call) { return diff(call); }, Role::analyst);
  post("/api/v1/bookmarks", {"name", "replace"}, [this](const Call& call) { return set_bookmark(call); });
  post("/api/v1/tasks/{id}/stop", {}, [this](const Call& call) { return json(tasks_.stop(call.part, call.who)); });
  post(
      "/api/v1/custody/audit", {"account", "from", "to", "wait"}, [this](const Call& call) { return audit(call); },
      Role::viewer);
  post("/api/v1/custody/repair", {"account", "from", "to", "dry_run", "why"},
       [this](const Call& call) { return repair(call); });
  post("/api/v1/accounts/{name}/probe", {}, [this](const Call& call) { return probe(call); });
}

}  // namespace wxpipe::console
