#include "cli/topics_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

#include "common/config/units.hpp"
#include "common/kafka/admin.hpp"
#include "common/kafka/durability.hpp"
#include "common/result.hpp"
#include "common/runtime/stop_signals.hpp"
#include "operate/grow.hpp"
#include "operate/operation_record.hpp"
#include "operate/topics_plan.hpp"
#include "schemas/topics.hpp"

namespace wxpipe::cli {
namespace {
using namespace std::chrono_literals;
using operate::plan_topics, operate::TopicAction, operate::TopicActionKind, operate::TopicWishes;
using report::counted, report::Finding, report::Level, report::Table, report::Value;

constexpr auto kVisibleWithin = 10s;  // how long a new topic may stay unknown to the broker that we ask

struct Options {
  int partitions = 0;
};
struct GrowOptions {
  std::string topic, within = "2m";
  int to = 0;
  bool yes = false;
};

class Session {
 public:
  Session(const Program& program, const Options& options)
      : settings_(load_settings(program, config::kForKafka).kafka),
        wishes_{settings_.topic_prefix, settings_.replication_factor, options.partitions},
        admin_(settings_) {}

  std::vector<TopicAction> plan() {
    look();
    return plan_topics(wishes_, view_, configs_);
  }

  // How safe the topics are, once these actions are done; as warnings.
  std::vector<Finding> weaknesses_after(const std::vector<TopicAction>& actions) {
    std::map<std::string, kafka::TopicView> topics;
    for (const auto& name : schemas::topic_names(wishes_.prefix))
      if (const auto found = view_.topics.find(name); found != view_.topics.end()) topics.insert(*found);
    auto configs = configs_;
    for (const auto& action : actions) {
      if (action.kind == TopicActionKind::create) topics[action.topic] = {action.partitions, action.replication_factor};
      if (action.kind == TopicActionKind::refuse) continue;
      for (const auto& [name, value] : action.config) configs[action.topic][name] = {value, true};
    }
    std::vector<Finding> findings;
    const bool one_broker = settings_.durability == kafka::kOneBroker;
    for (auto& one : kafka::weaknesses(view_.brokers, topics, configs, one_broker))
      findings.push_back({Level::warning, std::move(one.sentence), std::move(one.remedy)});
    return findings;
  }

  // What could not be done, one line each.
  std::vector<std::string> apply(const std::vector<TopicAction>& actions) {
    std::vector<kafka::NewTopic> missing;
    std::vector<std::string> failures;
    for (const auto& action : actions)
      if (action.kind == TopicActionKind::create)
        missing.push_back({action.topic, action.partitions, action.replication_factor, action.config});
    failures = admin_.create_topics(missing);
    for (const auto& action : actions) try {
        if (action.kind == TopicActionKind::set_config) admin_.set_config(action.topic, action.config);
        if (action.kind == TopicActionKind::raise_partitions) admin_.raise_partitions(action.topic, action.partitions);
      } catch (const UsageError& error) {
        failures.emplace_back(error.what());
      }
    return failures;
  }

  // The differences that remain, once the changes are visible.
  std::vector<TopicAction> plan_afterwards(bool all_done) {
    const auto deadline = std::chrono::steady_clock::now() + kVisibleWithin;
    for (;;) {
      auto left = plan();
      const bool settled = std::all_of(left.begin(), left.end(),
                                       [](const auto& action) { return action.kind == TopicActionKind::refuse; });
      if (settled || !all_done || std::chrono::steady_clock::now() >= deadline) return left;
      std::this_thread::sleep_for(50ms);
    }
  }

  const config::KafkaSettings& settings() const { return settings_; }

 private:
  void look() {
    view_ = admin_.view();
    std::vector<std::string> there;
    for (auto& name : schemas::topic_names(wishes_.prefix))
      if (view_.topics.contains(name)) there.push_back(std::move(name));
    configs_ = admin_.configs(there);
  }

  config::KafkaSettings settings_;
  TopicWishes wishes_;
  kafka::Admin admin_;
  kafka::ClusterView view_;  // at the last plan
  std::map<std::string, kafka::TopicConfig> configs_;
};

// What people read about an action, besides its kind and topic.
std::string details_of(const TopicAction& action) {
  std::string settings;
  for (const auto& [key, value] : action.config) settings += fmt::format(" {}={}", key, value);
  switch (action.kind) {
    case TopicActionKind::create:
      return fmt::format("{} partitions, {} replicas{}", action.partitions, action.replication_factor, settings);
    case TopicActionKind::raise_partitions:
      return fmt::format("to {}: {}", action.partitions, action.why);
    case TopicActionKind::set_config:
      return settings.substr(1) + ": " + action.why;
    case TopicActionKind::refuse:
      break;
  }
  return action.why;
}

// Into audit_logs, by way of Kafka.
void remember(const config::KafkaSettings& settings, const char* operation, int64_t affected,
              const std::string& changed, std::vector<Finding>& findings) {
  const auto why =
      operate::send(settings, operate::this_operator(),
                    {operate::new_command_id(), operation, "UPDATE", "topics", "", "", "", affected}, changed);
  if (!why.empty()) findings.push_back({Level::warning, "audit_logs will have no row of this: " + why});
}

Table table_of(std::string key, std::string title, const std::vector<TopicAction>& actions) {
  Table table{std::move(key),
              std::move(title),
              {{"action", "action"},
               {"topic", "topic"},
               {"", "what"},
               {"partitions"},
               {"replication_factor"},
               {"config"},
               {"why"}},
              {}};
  const auto if_any = [](int number) { return number > 0 ? Value(number) : Value(); };
  for (const auto& action : actions) {
    report::Object config;
    for (const auto& [setting, value] : action.config) config.push_back({setting, value});
    table.rows.push_back({to_string(action.kind), action.topic, details_of(action), if_any(action.partitions),
                          if_any(action.replication_factor), config.empty() ? Value() : Value(config), action.why});
  }
  return table;
}

void plan(Program& program, const Options& options) {
  Session session(program, options);
  const auto actions = session.plan();
  const auto refused = std::count_if(actions.begin(), actions.end(),
                                     [](const auto& action) { return action.kind == TopicActionKind::refuse; });
  const auto todo = std::ssize(actions) - refused;
  std::vector<Finding> findings;
  if (refused > 0) findings.push_back({Level::error, counted(refused, "difference") + " that apply leaves alone"});
  if (todo > 0)
    findings.push_back({Level::error, counted(todo, "change") + " to make", "Run `wxpipe topics apply` to do it."});
  if (actions.empty()) findings.push_back({Level::fine, "the topics are as they should be"});
  for (auto& weakness : session.weaknesses_after(actions)) findings.push_back(std::move(weakness));
  conclude(program, {{}, {table_of("differences", "", actions)}, std::move(findings)});
}

void apply(Program& program, const Options& options) {
  Session session(program, options);
  auto actions = session.plan();
  std::erase_if(actions, [](const auto& action) { return action.kind == TopicActionKind::refuse; });
  const auto failures = session.apply(actions);
  const auto left = session.plan_afterwards(failures.empty());
  std::vector<Finding> findings;
  if (!failures.empty()) findings.push_back({Level::error, counted(failures.size(), "change") + " failed"});
  if (!left.empty()) findings.push_back({Level::error, counted(left.size(), "difference") + " left"});
  std::string changed;
  for (const auto& action : actions)
    changed += fmt::format("{}{} {}", changed.empty() ? "" : "; ", to_string(action.kind), action.topic);
  if (findings.empty())
    findings.push_back(
        {Level::fine, fmt::format("the topics at {} are as they should be", session.settings().bootstrap_servers)});
  for (auto& weakness : session.weaknesses_after({})) findings.push_back(std::move(weakness));
  if (actions.size() > failures.size())
    remember(session.settings(), "topics apply", std::ssize(actions) - std::ssize(failures), changed, findings);
  conclude(program, {{},
                     {table_of("applied", "applied", actions), report::list("failed", "failed:", failures),
                      table_of("differences", "still different", left)},
                     std::move(findings)});
}

void add(CLI::App& group, Program& program, const char* name, const char* meaning,
         void (*run)(Program&, const Options&), const std::vector<Example>& examples) {
  auto& command = *group.add_subcommand(name, meaning);
  command.group("Commands");
  add_config_options(command, program);
  add_report_options(command, program, Rows::some);
  const auto options = std::make_shared<Options>();
  command
      .add_option("--partitions", options->partitions,
                  "Partitions of events, messages and the journal: the most process and sink workers that share them")
      ->type_name("N")
      ->check(CLI::Range(1, 10'000));
  add_examples(command, examples);
  command.callback([&program, run, options] { run(program, *options); });
}

// What people read before they say --yes.
Table steps_of(const operate::Growth& growth) {
  Table steps{"steps", "what it does", {{"", "step"}}, {}};
  const auto partitions = [](const std::string& topic, int from, int to) {
    return fmt::format("{} gets {} partitions instead of {}", topic, to, from);
  };
  if (growth.held && growth.journal_from < growth.to)
    steps.rows.push_back({partitions(growth.journal, growth.journal_from, growth.to)});
  if (growth.held) {
    steps.rows.push_back({"all ingest processes hold their events back: they answer, and store in their spools"});
    steps.rows.push_back({"process takes everything that is on the topic"});
  }
  steps.rows.push_back({partitions(growth.topic, growth.from, growth.to)});
  if (growth.held)
    steps.rows.push_back({"the events in the spools follow, in their order; new ones go on behind them"});
  return steps;
}

void grow(Program& program, const GrowOptions& options) {
  const auto limit = config::parse_duration(options.within);
  if (!limit || limit->count() <= 0)
    throw UsageError(fmt::format("--within: '{}' is not a duration; write 90s or 2m", options.within));
  const runtime::StopSignals signals;
  const auto settings = load_settings(program, config::kForKafka).kafka;
  const auto growth =
      operate::plan_growth(options.topic, options.to, settings.topic_prefix, kafka::Admin(settings).view());
  report::Report report;
  report.facts = {{"topic", "topic", growth.topic},
                  {"from", "partitions now", growth.from},
                  {"to", "wanted", growth.to},
                  {"grown", "", false}};
  const auto conclude_with = [&](Finding finding) {
    report.findings.push_back(std::move(finding));
    conclude(program, report);
  };
  if (growth.from == growth.to) return conclude_with({Level::fine, fmt::format("{} has them", growth.topic)});
  if (!options.yes) {
    report.tables.push_back(steps_of(growth));
    if (growth.held)
      report.findings.push_back(
          {Level::note, "callbacks are answered all the time, but their rows come up to a minute late",
           "Do it at a quiet hour, when `wxpipe lag` says that process keeps up. Each ingest process needs a spool."});
    else
      report.findings.push_back({Level::note,
                                 "the tables don't depend on the order of facts; programs of yours that read the topic "
                                 "may meet a key's later records first, for a moment"});
    return conclude_with({Level::note, "nothing was changed", "Say it again with --yes."});
  }
  const auto outcome = operate::grow(settings, growth, *limit, signals.token(), [&](std::string_view step) {
    if (program.format == Format::text) fmt::print(stderr, "{} …\n", step);
  });
  report.facts.back().value = outcome.grown;
  report.facts.push_back({"held_ms", "", outcome.held.count()});
  if (outcome.grown)
    remember(settings, "topics grow", 1,
             fmt::format("{}: {} partitions instead of {}", growth.topic, growth.to, growth.from), report.findings);
  if (!outcome.why.empty())
    report.findings.push_back({outcome.grown ? Level::warning : Level::error, outcome.why, outcome.remedy});
  conclude_with(outcome.grown ? Finding{Level::fine, fmt::format("{} has {} partitions", growth.topic, growth.to)}
                              : Finding{Level::note, "the topic is as it was, and ingest goes on as before"});
}

void add_grow(CLI::App& group, Program& program) {
  auto& command =
      *group.add_subcommand("grow", "Gives a topic more partitions; on events, every key keeps its order meanwhile");
  command.group("Commands");
  add_config_options(command, program);
  add_report_options(command, program, Rows::none);
  const auto options = std::make_shared<GrowOptions>();
  command.add_option("topic", options->topic, "events, messages, followers, leads or logs")
      ->required()
      ->type_name("TOPIC");
  command.add_option("--to", options->to, "So many partitions in all")
      ->required()
      ->type_name("N")
      ->check(CLI::Range(1, 10'000));
  command
      .add_option("--within", options->within,
                  "events: give up when process has not taken everything by then; nothing is changed. Default: 2m")
      ->type_name("DURATION");
  command.add_flag("--yes", options->yes, "Do it; without it, it only says what it would do");
  add_examples(command,
               {{"wxpipe topics grow events --to 24 -c wxpipe.toml", "what would happen?"},
                {"wxpipe topics grow events --to 24 --yes -c wxpipe.toml", "up to 24 processes can share it"},
                {"wxpipe topics grow messages --to 24 --yes -c wxpipe.toml", "so that more sinks can share it"}});
  command.callback([&program, options] { grow(program, *options); });
}
}  // namespace

void add_topics_command(Program& program) {
  auto& group = *program.app.add_subcommand("topics", "Creates and checks the Kafka topics");
  group.group("Set-up");
  group.require_subcommand(1);
  add(group, program, "plan", "What apply would do; exit 1 when topics differ from what they should be", plan,
      {{"wxpipe topics plan --config wxpipe.toml", "what is missing or set too low"},
       {"wxpipe topics plan --json -c wxpipe.toml", "for deployments: exit code 1 means there is something to do"}});
  add(group, program, "apply", "Creates what is missing and corrects settings; never lowers anything", apply,
      {{"wxpipe topics apply --config wxpipe.toml", "with 6 partitions for events and messages"},
       {"KAFKA_BOOTSTRAP=kafka-1:9092 wxpipe topics apply --partitions 24",
        "a larger cluster, without a configuration file"}});
  add_grow(group, program);
  add_examples(group,
               {{"wxpipe topics plan", "what is missing or set too low"}, {"wxpipe topics apply", "make it so"}});
}

}  // namespace wxpipe::cli
