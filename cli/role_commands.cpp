#include "cli/role_commands.hpp"

#include <openssl/rand.h>

#include <utility>

#include "common/crypto/base64.hpp"
#include "common/kafka/mock_cluster.hpp"
#include "common/runtime/durability_role.hpp"
#include "common/runtime/run_roles.hpp"
#include "common/telemetry/log.hpp"
#include "console/console_role.hpp"
#include "ingest/ingest_role.hpp"
#include "micro/micro_role.hpp"
#include "operate/copies_in_spools.hpp"
#include "operate/lag.hpp"
#include "operate/live_configuration.hpp"
#include "operate/logs_to_kafka.hpp"
#include "operate/version_bookmark.hpp"
#include "processors/process_role.hpp"
#include "schemas/topics.hpp"
#include "sinks/sink_role.hpp"

namespace wxpipe::cli {
namespace {
using runtime::MakeRole;
using runtime::RoleContext;

const MakeRole kIngest = [](RoleContext context) { return ingest::make_ingest_role(context); };
const MakeRole kProcess = [](RoleContext context) { return processors::make_process_role(context); };
const MakeRole kMicro = [](RoleContext context) { return micro::make_micro_role(context); };
const MakeRole kSink = [](RoleContext context) {
  return sinks::make_sink_role(context, system_clock(),
                               operate::copies_in_spools(context.settings,
                                                         [](const std::vector<std::string>& lines) {
                                                           for (const auto& line : lines)
                                                             telemetry::log_warn("spool_not_searched", {{"why", line}});
                                                         }),
                               operate::readers_for_alerts(context.settings));
};
const MakeRole kConsole = [](RoleContext context) { return console::make_console_role(context); };
// Beside the others.
const MakeRole kVersionBookmark = [](RoleContext context) { return operate::make_version_bookmark_role(context); };
const MakeRole kDurability = [](RoleContext context) {
  return runtime::make_durability_role(context, schemas::topic_names(context.settings.kafka.topic_prefix));
};

CLI::App& add(Program& program, const std::string& name, const std::string& meaning, const config::Needs& needs,
              std::vector<MakeRole> roles) {
  auto& command = *program.app.add_subcommand(name, meaning);
  command.group("Roles");
  add_config_options(command, program);
  command.callback([&program, name, needs, roles = std::move(roles)] {
    operate::LiveConfiguration configuration(program.config_file, environment_of(program), needs);
    const auto settings = configuration.settings();
    runtime::run_roles(settings, operate::with_lines_to_kafka(roles, settings, name), configuration, settings);
  });
  return command;
}

// All roles, on an in-memory broker of their own without any guarantee. A spool holds what was acknowledged: this
// broker must not get it.
void run_on_mock_broker(operate::LiveConfiguration& configuration, const config::Settings& read,
                        const std::vector<MakeRole>& roles) {
  auto settings = read;
  std::vector<kafka::MockTopic> topics;
  for (const auto& topic : schemas::kTopics)
    topics.push_back({schemas::topic_name(settings.kafka.topic_prefix, topic.name), topic.partitions});
  runtime::block_signals();  // before the broker starts its threads
  const kafka::MockCluster broker(topics);
  settings.kafka.bootstrap_servers = broker.bootstrap_servers();
  const bool has_spool = !std::exchange(settings.spool.directory, "").empty();
  telemetry::log_warn("mock_broker", {{"listens_at", settings.kafka.bootstrap_servers},
                                      {"lacks", kafka::kMockLacks},
                                      {"spool", has_spool ? "left alone" : "none"}});
  configuration.send_records_to(settings.kafka);
  runtime::run_roles(settings, roles, configuration, read);
}

void add_run(Program& program) {
  auto& command = add(program, "run", "All roles in one process: take callbacks, process them, store them",
                      config::kEverything, {});
  const auto meaning =
      fmt::format("Without a Kafka: a broker inside this process, for a look around only ({})", kafka::kMockLacks);
  const auto* on_mock = command.add_flag("--mock-broker", meaning);
  command.callback([&program, on_mock] {
    operate::LiveConfiguration configuration(program.config_file, environment_of(program), config::kEverything);
    const auto settings = configuration.settings();
    std::vector<MakeRole> roles{kIngest, kProcess, kSink};
    if (settings.console.in_run) roles.push_back(kConsole);
    if (on_mock->count() > 0) return run_on_mock_broker(configuration, settings, roles);
    roles.push_back(kDurability);
    roles.push_back(kVersionBookmark);
    runtime::run_roles(settings, operate::with_lines_to_kafka(roles, settings, "run"), configuration, settings);
  });
  add_examples(command, {{"wxpipe run --config wxpipe.toml", "everything, until SIGTERM or Ctrl-C"},
                         {"curl -s localhost:9464/readyz", "is it ready, and if not, what is it waiting for"}});
}

// What micro seals, nobody opens later: without a key of the user's, one of this moment does.
config::Environment with_some_sealing_key(config::Environment environment) {
  std::string bytes(32, '\0'), text;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size())) != 1)
    throw std::runtime_error("the system has no random bytes to give");
  crypto::append_base64(text, bytes);
  environment.variables.try_emplace("WXPIPE_SEALING_KEY", text);
  return environment;
}

void add_micro(Program& program) {
  auto& command = add(program, "micro", "All roles in memory, for tests of others: no Kafka, no Postgres, no promise",
                      config::kForIngest, {});
  command.callback([&program] {
    operate::LiveConfiguration configuration(program.config_file, with_some_sealing_key(environment_of(program)),
                                             config::kForIngest);
    const auto settings = configuration.settings();
    run_on_mock_broker(configuration, settings, {kIngest, kProcess, kMicro});
  });
  add_examples(command,
               {{"wxpipe micro --config wxpipe.toml", "takes callbacks of these accounts; nothing survives its end"},
                {"curl 'localhost:9464/micro/good?type=message.text&tag=run-17&count=2'",
                 "waits for two texts that have run-17 somewhere; at most five seconds"},
                {"curl localhost:9464/micro/bad", "what could not be read, with the reason; /micro/all has both"},
                {"curl localhost:9464/micro/reset", "forgets all, between two tests"}});
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
  add_examples(add(program, "sink", "Writes facts to Postgres in batches", config::kForSink,
                   {kSink, kDurability, kVersionBookmark}),
               {{"wxpipe sink --config wxpipe.toml --instance sink-1", "every family of tables"},
                {"WXPIPE_SINK__FAMILIES=messages wxpipe sink -c wxpipe.toml --instance sink-m",
                 "only the journal, so that it scales by itself"}});
  add_micro(program);
}

}  // namespace wxpipe::cli
