#include "sinks/sink_role.hpp"

#include <algorithm>
#include <deque>
#include <stdexcept>
#include <utility>

#include "common/runtime/memory.hpp"
#include "common/runtime/stop_wait.hpp"
#include "common/worker/crew.hpp"
#include "sinks/alerts/alert_watch.hpp"
#include "sinks/autopilot.hpp"
#include "sinks/custody/custody_watch.hpp"
#include "sinks/database.hpp"
#include "sinks/families.hpp"
#include "sinks/family_databases.hpp"
#include "sinks/retention/retention.hpp"
#include "sinks/sink_worker.hpp"

namespace wxpipe::sinks {
namespace {
using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds kAutopilotEvery = 1h;
constexpr milliseconds kAutopilotAgainAfter = 10s;
constexpr milliseconds kRetentionPatience = 10s;  // for sinks that are behind

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

// The autopilot of one database, and what retention asks elsewhere: those connect only if it is another database.
struct Keeper {
  Keeper(const config::Settings& settings, const FamilyDatabase& where)
      : here(where, kApplication, postgres::Purpose::administration),
        custody(database_of<schemas::CustodyMark>(settings), kApplication, postgres::Purpose::administration),
        main(family_databases(settings).front(), kApplication, postgres::Purpose::administration) {}

  RetentionPlace place() { return {here.where(), here.connection(), connection(custody), connection(main)}; }
  void interrupt() {
    for (auto* database : {&here, &custody, &main}) database->interrupt();
  }
  void disconnect() {
    for (auto* database : {&here, &custody, &main}) database->disconnect();
  }

  Database here, custody, main;

 private:
  static constexpr const char* kApplication = "wxpipe sink autopilot";
  postgres::Connection& connection(Database& other) {
    return other.where().name == here.where().name ? here.connection() : other.connection();
  }
};

class SinkRole : public runtime::Role {
 public:
  SinkRole(const runtime::RoleContext& context, const Clock& clock, OtherCopies others, AskReaders ask_readers)
      : context_(context),
        clock_(clock),
        custody_database_(database_of<schemas::CustodyMark>(context.settings), "wxpipe sink custody",
                          postgres::Purpose::administration),
        custody_watch_(context.settings, custody_database_, context.metrics, std::move(others)),
        alert_watch_(context.settings, clock, std::move(ask_readers)),
        crew_(context, clock, teams()) {
    table_policies(context.settings.retention);  // throws on a name that doesn't exist
    for (const auto& database : family_databases(context_.settings))
      if (database.families.empty() ||  // what operators did stands there all the same (audit_logs)
          std::ranges::any_of(families_, [&](const Family& family) { return database.has(family.info); }))
        keepers_.emplace_back(context_.settings, database);
  }

  std::string_view name() const override { return "sink"; }

  void run(std::stop_token stop) override {
    std::vector<std::string> topics;
    for (const auto& family : families_) topics.push_back(topic_of(context_.settings.kafka, family.info));
    // The process that stores marks also runs the watches: what they go by is in its tables.
    const bool has_marks = std::any_of(families_.begin(), families_.end(), [](const auto& family) {
      return &family.info == &schemas::family_of<schemas::CustodyMark>();
    });
    for (auto& keeper : keepers_) crew_.start([this, &keeper](const std::stop_token& until) { keep(keeper, until); });
    crew_.run(stop, {.topics = topics,
                     .begun =
                         [&] {
                           if (!has_marks) return;
                           crew_.start([this](const std::stop_token& until) { custody_watch_.run(until); });
                           crew_.start([this](const std::stop_token& until) { alert_watch_.run(until); });
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
  void keep(Keeper& keeper, const std::stop_token& stop) {
    const auto& where = keeper.here.where();
    const auto tables = partitioned_tables(where);
    while (!stop.stop_requested()) {
      auto next = kAutopilotEvery;
      try {
        keep_tables(keeper.here.connection(), tables, clock_.now(), context_.settings.sink);
        retain(keeper, stop);
      } catch (
          const std::runtime_error& error) {  // a server, the configuration, the disk of [retention] dump_directory
        telemetry::log_warn("autopilot_hindered", {{"database", where.name}, {"why", error.what()}});
        next = kAutopilotAgainAfter;
      }
      keeper.disconnect();
      runtime::wait(stop, next);
    }
  }

  // Drops what is older than [retention] keep says. One process does it at a time, until its connection ends.
  void retain(Keeper& keeper, const std::stop_token& stop) {
    if (context_.settings.retention.keep.empty()) return;
    Drain drain(context_.settings);
    Retention retention(context_.settings, keeper.place(), drain, {"wxpipe sink", context_.settings.instance.name});
    if (!retention.alone()) return;
    for (auto& old : retention.look(clock_.now(), Doubt::refuse, kRetentionPatience, stop)) {
      if (stop.stop_requested()) return;
      if (old.kept_because.empty()) retention.drop(old, stop);
      told(old);
    }
  }

  void told(const OldPartition& old) {
    if (old.dropped) {
      telemetry::log_info(
          "partition_dropped",
          {{"partition", old.range.name}, {"rows", old.rows}, {"bytes", old.bytes}, {"dump", old.dump_file}});
      context_.metrics.partitions_dropped.Add({{"table", old.range.table}}).Increment();
    } else {
      telemetry::log_warn("partition_kept", {{"partition", old.range.name}, {"why", old.kept_because}});
    }
  }

  runtime::RoleContext context_;
  const Clock& clock_;
  std::deque<Family> families_;
  std::deque<Keeper> keepers_;  // one for each database that it looks after
  Database custody_database_;
  CustodyWatch custody_watch_;
  AlertWatch alert_watch_;
  worker::Crew crew_;  // its threads use the rest
};
}  // namespace

std::unique_ptr<runtime::Role> make_sink_role(const runtime::RoleContext& context, const Clock& clock,
                                              OtherCopies others, AskReaders ask_readers) {
  runtime::give_memory_back();
  return std::make_unique<SinkRole>(context, clock, std::move(others), std::move(ask_readers));
}

}  // namespace wxpipe::sinks
