#include "cli/role_commands.hpp"

#include <utility>

#include "common/kafka/mock_cluster.hpp"
#include "common/runtime/durability_role.hpp"
#include "common/runtime/run_roles.hpp"
#include "common/telemetry/log.hpp"
#include "console/console_role.hpp"
#include "ingest/ingest_role.hpp"
#include "processors/process_role.hpp"
#include "schemas/topics.hpp"
#include "sinks/sink_role.hpp"

namespace wxpipe::cli {
namespace {
using runtime::MakeRole;
using runtime::RoleContext;

const MakeRole kIngest = [](RoleContext context) { return ingest::make_ingest_role(context); };
const MakeRole kProcess = [](RoleContext context) { return processors::make_process_role(context); };
const MakeRole kSink = [](RoleContext context) { return sinks::make_sink_role(context); };
const MakeRole kConsole = [](RoleContext context) { return console::make_console_role(context); };
// Beside the others.
const MakeRole kDurability = [](RoleContext context) {
  return runtime::make_durability_role(context, schemas::topic_names(context.settings.kafka.topic_prefix));
};

CLI::App& add(Program& program, const std::string& name, const std::string& meaning, const config::Needs& needs,
              std::vector<MakeRole> roles) {
  auto& command = *program.app.add_subcommand(name, meaning);
  command.group("Roles");
  add_config_options(command, program);
  command.callback([&program, needs, roles = std::move(roles)] {
    const auto settings = load_settings(program, needs);
    runtime::run_roles(settings, roles);
  });
  return command;
}

// All roles, on an in-memory broker of their own without any guarantee. A spool holds what was acknowledged: this
// broker must not get it.
void run_on_mock_broker(config::Settings settings, const std::vector<MakeRole>& roles) {
  std::vector<kafka::MockTopic> topics;
  for (const auto& topic : schemas::kTopics)
    topics.push_back({schemas::topic_name(settings.kafka.topic_prefix, topic.name), topic.partitions});
  runtime::block_stop_signals();  // before the broker starts its threads
  const kafka::MockCluster broker(topics);
  settings.kafka.bootstrap_servers = broker.bootstrap_servers();
  const bool has_spool = !std::exchange(settings.spool.directory, "").empty();
  telemetry::log_warn("mock_broker", {{"listens_at", settings.kafka.bootstrap_servers},
                                      {"lacks", kafka::kMockLacks},
                                      {"spool", has_spool ? "left alone" : "none"}});
  runtime::run_roles(settings, roles);
}

void add_run(Program& program) {
  auto& command = add(program, "run", "All roles in one process: take callbacks, process them, store them",
                      config::kEverything, {});
  const auto meaning =
      fmt::format("Without a Kafka: a broker inside this process, for a look around only ({})", kafka::kMockLacks);
  const auto* on_mock = command.add_flag("--mock-broker", meaning);
  command.callback([&program, on_mock] {
    const auto settings = load_settings(program, config::kEverything);
    std::vector<MakeRole> roles{kIngest, kProcess, kSink};
    if (settings.console.in_run) roles.push_back(kConsole);
    if (on_mock->count() > 0) return run_on_mock_broker(settings, roles);
    roles.push_back(kDurability);
    runtime::run_roles(settings, roles);
  });
  add_examples(command, {{"wxpipe run --config wxpipe.toml", "everything, until SIGTERM or Ctrl-C"},
                         {"curl -s localhost:9464/readyz", "is it ready, and if not, what is it waiting for"}});
}
}  // namespace

void add_role_commands(Program& program) {
  add_run(program);
  add_examples(add(program, "ingest", "Takes callbacks: verify, decrypt, normalise, acknowledge once durable",
                   config::kForIngest, {kIngest, kDurability}),
               {{"wxpipe ingest --config wxpipe.toml --instance in-1", "one of several behind a load balancer"},
                {"WXPIPE_ADMIN__LISTEN=127.0.0.1:9465 wxpipe ingest -c wxpipe.toml --instance in-2",
                 "a second one on the same machine needs its own name and admin port"}});
  add_examples(add(program, "process", "Turns events into facts: dedupe, enrich, score, follower state",
                   config::kForProcess, {kProcess, kDurability}),
               {{"wxpipe process --config wxpipe.toml --instance proc-1",
                 "scale by starting more, up to the topic's partitions"}});
  add_examples(add(program, "sink", "Writes facts to Postgres in batches", config::kForSink, {kSink, kDurability}),
               {{"wxpipe sink --config wxpipe.toml --instance sink-1", "every family of tables"},
                {"WXPIPE_SINK__FAMILIES=messages wxpipe sink -c wxpipe.toml --instance sink-m",
                 "only the journal, so that it scales by itself"}});
}

}  // namespace wxpipe::cli
