#include "sinks/sink_role.hpp"

#include <algorithm>
#include <deque>
#include <utility>

#include "common/postgres/sqlstate.hpp"
#include "common/result.hpp"
#include "common/runtime/memory.hpp"
#include "common/runtime/stop_wait.hpp"
#include "common/worker/crew.hpp"
#include "sinks/autopilot.hpp"
#include "sinks/custody/custody_watch.hpp"
#include "sinks/families.hpp"
#include "sinks/family_databases.hpp"
#include "sinks/sink_worker.hpp"

namespace wxpipe::sinks {
namespace {
using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds kAutopilotEvery = 1h;
constexpr milliseconds kAutopilotAgainAfter = 10s;

// The parts of one family that outlive its workers.
struct Family {
  Family(const schemas::FamilyInfo& family, const runtime::RoleContext& context)
      : info(family),
        name(family.name),
        metrics(context.metrics, family),
        database(database_of(context.settings, family), "wxpipe sink " + name, postgres::Purpose::sink) {}
  const schemas::FamilyInfo& info;
  const std::string name;
  SinkMetrics metrics;
  Database database;
};

class SinkRole : public runtime::Role {
 public:
  SinkRole(const runtime::RoleContext& context, const Clock& clock, OtherCopies others)
      : context_(context),
        clock_(clock),
        custody_database_(database_of<schemas::CustodyMark>(context.settings), "wxpipe sink custody",
                          postgres::Purpose::administration),
        custody_watch_(context.settings, custody_database_, context.metrics, std::move(others)),
        crew_(context, clock, teams()) {
    for (auto& database : family_databases(context_.settings))
      if (std::ranges::any_of(families_, [&](const Family& family) { return database.has(family.info); }))
        keepers_.emplace_back(std::move(database), "wxpipe sink autopilot", postgres::Purpose::administration);
  }

  std::string_view name() const override { return "sink"; }

  void run(std::stop_token stop) override {
    std::vector<std::string> topics;
    for (const auto& family : families_) topics.push_back(topic_of(context_.settings.kafka, family.info));
    // The process that stores marks also runs the custody watch.
    const bool has_marks = std::any_of(families_.begin(), families_.end(), [](const auto& family) {
      return &family.info == &schemas::family_of<schemas::CustodyMark>();
    });
    for (auto& keeper : keepers_) crew_.start([this, &keeper](const std::stop_token& until) { keep(keeper, until); });
    crew_.run(stop, {.topics = topics,
                     .begun =
                         [&] {
                           if (has_marks)
                             crew_.start([this](const std::stop_token& until) { custody_watch_.run(until); });
                         },
                     .cut_off = [&] { interrupt(); }});
  }

 private:
  std::vector<worker::Team> teams() {
    std::vector<worker::Team> teams;
    for (const auto* info : chosen_families(context_.settings.sink)) {
      auto& family = families_.emplace_back(*info, context_);
      teams.push_back(
          {.name = "sink." + family.name,
           .label = {"sink", family.name},
           .events = {"sink_ready", "sink_waiting", "sink_fenced", "sink_hindered"},
           .work =
               [this, &family](size_t, worker::Status& status, const std::stop_token& stop) {
                 SinkWorker(context_.settings, family.info, clock_, family.database, family.metrics, status).run(stop);
               },
           .fenced = [&family] { family.metrics.retried("fenced"); }});
    }
    return teams;
  }

  // Statements that don't end in time are interrupted; the offsets in Postgres say where to go on.
  void interrupt() {
    for (auto& family : families_) family.database.interrupt();
    for (auto& keeper : keepers_) keeper.interrupt();
    custody_database_.interrupt();
  }

  // The autopilot's thread for one database, so that one that is away holds up no other.
  void keep(Database& database, const std::stop_token& stop) const {
    const auto tables = partitioned_tables(database.where());
    while (!stop.stop_requested()) {
      auto next = kAutopilotEvery;
      const auto later = [&](std::string_view why) {
        telemetry::log_warn("autopilot_hindered", {{"database", database.where().name}, {"why", why}});
        next = kAutopilotAgainAfter;
      };
      try {
        keep_tables(database.connection(), tables, clock_.now(), context_.settings.sink);
      } catch (const Unavailable& error) {
        later(error.what());
      } catch (const UsageError& error) {
        later(error.what());
      } catch (const postgres::SqlError& error) {
        later(error.what());
      }
      database.disconnect();
      runtime::wait(stop, next);
    }
  }

  runtime::RoleContext context_;
  const Clock& clock_;
  std::deque<Family> families_;
  std::deque<Database> keepers_;  // one for each database that its families lie in
  Database custody_database_;
  CustodyWatch custody_watch_;
  worker::Crew crew_;  // its threads use the rest
};
}  // namespace

std::unique_ptr<runtime::Role> make_sink_role(const runtime::RoleContext& context, const Clock& clock,
                                              OtherCopies others) {
  runtime::give_memory_back();
  return std::make_unique<SinkRole>(context, clock, std::move(others));
}

}  // namespace wxpipe::sinks
