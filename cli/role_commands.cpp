#include "cli/role_commands.hpp"

#include "common/runtime/run_roles.hpp"
#include "ingest/ingest_role.hpp"
#include "processors/process_role.hpp"
#include "sinks/sink_role.hpp"

namespace wxpipe::cli {
namespace {
using runtime::MakeRole;
using runtime::RoleContext;

const MakeRole kIngest = [](RoleContext context) { return ingest::make_ingest_role(context); };
const MakeRole kProcess = [](RoleContext context) { return processors::make_process_role(context); };
const MakeRole kSink = [](RoleContext context) { return sinks::make_sink_role(context); };

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
}  // namespace

void add_role_commands(Program& program) {
  add_examples(add(program, "run", "All roles in one process: take callbacks, process them, store them",
                   config::kEverything, {kIngest, kProcess, kSink}),
               {{"wxpipe run --config wxpipe.toml", "everything, until SIGTERM or Ctrl-C"},
                {"curl -s localhost:9464/readyz", "is it ready, and if not, what is it waiting for"}});
  add_examples(add(program, "ingest", "Takes callbacks: verify, decrypt, normalise, acknowledge once durable",
                   config::kForIngest, {kIngest}),
               {{"wxpipe ingest --config wxpipe.toml --instance in-1", "one of several behind a load balancer"},
                {"WXPIPE_ADMIN__LISTEN=127.0.0.1:9465 wxpipe ingest -c wxpipe.toml --instance in-2",
                 "a second one on the same machine needs its own name and admin port"}});
  add_examples(add(program, "process", "Turns events into facts: dedupe, enrich, score, follower state",
                   config::kForProcess, {kProcess}),
               {{"wxpipe process --config wxpipe.toml --instance proc-1", "scale by starting more, up to the topic's partitions"}});
  add_examples(add(program, "sink", "Writes facts to Postgres in batches", config::kForSink, {kSink}),
               {{"wxpipe sink --config wxpipe.toml --instance sink-1", "every family of tables"},
                {"WXPIPE_SINK__FAMILIES='[\"messages\"]' wxpipe sink -c wxpipe.toml --instance sink-m",
                 "only the journal, so that it scales by itself"}});
}

}  // namespace wxpipe::cli
