#include "cli/topics_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

#include "cli/topics_plan.hpp"
#include "common/json/write.hpp"
#include "common/kafka/admin.hpp"
#include "common/result.hpp"
#include "schemas/topics.hpp"

namespace wxpipe::cli {
namespace {
using namespace std::chrono_literals;

constexpr auto kVisibleWithin = 10s;  // from created to known by the broker that we ask

struct Options {
  int partitions = 0;
  bool raise_partitions = false;
};

class Session {
 public:
  Session(const Program& program, const Options& options)
      : settings_(load_settings(program, config::kForKafka).kafka),
        wishes_{settings_.topic_prefix, settings_.replication_factor, options.partitions, options.raise_partitions},
        admin_(settings_) {}

  std::vector<TopicAction> plan() {
    const auto view = admin_.view();
    std::vector<std::string> there;
    for (const auto& topic : schemas::kTopics)
      if (auto name = schemas::topic_name(wishes_.prefix, topic.name); view.topics.contains(name))
        there.push_back(std::move(name));
    return plan_topics(wishes_, view, admin_.configs(there));
  }

  // What could not be done, a line each.
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

  // The differences that are left, once what was done can be seen.
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
  config::KafkaSettings settings_;
  TopicWishes wishes_;
  kafka::Admin admin_;
};

std::string json_of(const TopicAction& action) {
  std::string out = fmt::format("{{\"action\":\"{}\",\"topic\":", to_string(action.kind));
  json::append_string(out, action.topic);
  if (action.partitions > 0) out += fmt::format(",\"partitions\":{}", action.partitions);
  if (action.replication_factor > 0) out += fmt::format(",\"replication_factor\":{}", action.replication_factor);
  if (!action.config.empty()) {
    out += ",\"config\":{";
    const char* comma = "";
    for (const auto& [key, value] : action.config) {
      out += comma;
      json::append_string(out, key);
      out += ':';
      json::append_string(out, value);
      comma = ",";
    }
    out += '}';
  }
  out += ",\"why\":";
  json::append_string(out, action.why);
  return out + "}";
}

std::string json_list(const std::vector<TopicAction>& actions) {
  std::string out = "[";
  for (const auto& action : actions) out += (out.size() > 1 ? "," : "") + json_of(action);
  return out + "]";
}

std::string text_of(const TopicAction& action) {
  std::string out = fmt::format("{:<16} {}", to_string(action.kind), action.topic);
  if (action.kind == TopicActionKind::create)
    out += fmt::format(", {} partitions, {} replicas", action.partitions, action.replication_factor);
  if (action.kind == TopicActionKind::raise_partitions) out += fmt::format(" to {}", action.partitions);
  for (const auto& [key, value] : action.config) out += fmt::format(" {}={}", key, value);
  return action.kind == TopicActionKind::create ? out : out + ": " + action.why;
}

void plan(Program& program, const Options& options) {
  Session session(program, options);
  const auto actions = session.plan();
  program.exit_code = actions.empty() ? 0 : 1;
  if (program.json) return fmt::print("{{\"differences\":{}}}\n", json_list(actions));
  for (const auto& action : actions) fmt::print("{}\n", text_of(action));
  const bool something = std::any_of(actions.begin(), actions.end(),
                                     [](const auto& action) { return action.kind != TopicActionKind::refuse; });
  fmt::print("{}\n", something         ? "run `wxpipe topics apply` to do it"
                     : actions.empty() ? "the topics are as they should be"
                                       : "nothing that apply would do");
}

void apply(Program& program, const Options& options) {
  Session session(program, options);
  auto actions = session.plan();
  const auto refused = std::stable_partition(actions.begin(), actions.end(),
                                             [](const auto& action) { return action.kind != TopicActionKind::refuse; });
  actions.erase(refused, actions.end());
  const auto failures = session.apply(actions);
  const auto left = session.plan_afterwards(failures.empty());
  program.exit_code = left.empty() && failures.empty() ? 0 : 1;
  if (program.json) {
    std::string failed = "[";
    for (const auto& line : failures) {
      if (failed.size() > 1) failed += ',';
      json::append_string(failed, line);
    }
    return fmt::print("{{\"applied\":{},\"failed\":{}],\"differences\":{}}}\n", json_list(actions), failed,
                      json_list(left));
  }
  for (const auto& action : actions) fmt::print("{}\n", text_of(action));
  for (const auto& line : failures) fmt::print(stderr, "failed: {}\n", line);
  for (const auto& action : left) fmt::print("still different: {}\n", text_of(action));
  if (program.exit_code == 0)
    fmt::print("the topics at {} are as they should be\n", session.settings().bootstrap_servers);
}

void add(CLI::App& group, Program& program, const char* name, const char* meaning,
         void (*run)(Program&, const Options&), const std::vector<Example>& examples) {
  auto& command = *group.add_subcommand(name, meaning);
  command.group("Commands");
  add_config_options(command, program);
  add_json_option(command, program);
  const auto options = std::make_shared<Options>();
  command
      .add_option("--partitions", options->partitions,
                  "Partitions of events, messages and the journal: the most process and sink workers that share them")
      ->type_name("N")
      ->check(CLI::Range(1, 10'000));
  command.add_flag("--raise-partitions", options->raise_partitions,
                   "Raise the partitions of topics that have fewer, although keys move to other partitions by it");
  add_examples(command, examples);
  command.callback([&program, run, options] { run(program, *options); });
}
}  // namespace

void add_topics_command(Program& program) {
  auto& group = *program.app.add_subcommand("topics", "Creates and checks the Kafka topics");
  group.group("Set-up");
  group.require_subcommand(1);
  add(group, program, "plan", "What apply would do; exit 1 when topics differ from what they should be", plan,
      {{"wxpipe topics plan --config wxpipe.toml", "what is missing or set too low"},
       {"wxpipe topics plan --json -c wxpipe.toml", "for deployments: is there something to do?"}});
  add(group, program, "apply", "Creates what is missing and corrects settings; never lowers anything", apply,
      {{"wxpipe topics apply --config wxpipe.toml", "with 6 partitions for events and messages"},
       {"KAFKA_BOOTSTRAP=kafka-1:9092 wxpipe topics apply --partitions 24",
        "a larger cluster, without a configuration file"},
       {"wxpipe topics apply -c wxpipe.toml --partitions 24 --raise-partitions",
        "grow existing topics: let process and sink catch up first"}});
  add_examples(group,
               {{"wxpipe topics plan", "what is missing or set too low"}, {"wxpipe topics apply", "make it so"}});
}

}  // namespace wxpipe::cli
