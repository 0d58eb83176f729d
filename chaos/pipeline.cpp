#include "chaos/pipeline.hpp"

#include <fmt/format.h>

#include <fstream>

#include "chaos/evidence.hpp"
#include "common/json/read.hpp"
#include "common/kafka/error.hpp"
#include "common/result.hpp"
#include "rig/eventually.hpp"

namespace wxpipe::chaos {
namespace {
using namespace std::chrono_literals;

constexpr int kConnections = 256;

const std::filesystem::path& fresh(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  for (const auto* part : {"logs", "clocks", "spool", "ledger.jsonl"}) std::filesystem::remove_all(folder / part);
  return folder;
}
}  // namespace

Pipeline::Pipeline(const PipelinePlan& plan)
    : plan_(plan),
      world_(make_world(plan.seed, plan.session)),
      fleet_({.program = plan.program,
              .config = fresh(plan.folder) / "wxpipe.toml",
              .folder = plan.folder,
              .members = plan.members,
              .guests = plan.guests,
              .kafka = plan.kafka_gates ? "" : plan.kafka,
              .database_url = plan.database_url,
              .environment = {{"WXPIPE_SEALING_KEY", world_.sealing_key},
                              {"WXPIPE_KAFKA__TOPIC_PREFIX", plan.topic_prefix}}}) {}

rig::Command Pipeline::wxpipe(std::vector<std::string> arguments) const {
  arguments.insert(arguments.end(), {"--config", (plan_.folder / "wxpipe.toml").string()});
  return {.program = plan_.program.string(),
          .arguments = std::move(arguments),
          .environment = {{"WXPIPE_SEALING_KEY", world_.sealing_key},
                          {"WXPIPE_KAFKA__TOPIC_PREFIX", plan_.topic_prefix},
                          {"KAFKA_BOOTSTRAP", plan_.kafka},
                          {"DATABASE_URL", plan_.database_url.reveal()}},
          .folder = {},
          .log = {}};
}

rig::Command Pipeline::sender(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), {"simulate", "--url", fmt::format("http://127.0.0.1:{}", fleet_.callback_port()),
                                       "--connections", fmt::format("{}", kConnections), "--ledger", ledger().string(),
                                       "--wait", "30s", "--no-progress", "--json"});
  auto command = wxpipe(std::move(arguments));
  command.log = plan_.folder / "logs" / "simulate.log";
  return command;
}

std::string Pipeline::must(std::vector<std::string> arguments) const {
  const auto name = arguments.front();
  rig::Process process(wxpipe(std::move(arguments)));
  if (const auto exit = process.wait(60s); exit != rig::Exit{})
    throw Unavailable(fmt::format("wxpipe {} failed: {}", name, process.errors()));
  return process.output();
}

config::KafkaSettings Pipeline::kafka() const {
  config::KafkaSettings settings;
  settings.bootstrap_servers = plan_.kafka;
  settings.topic_prefix = plan_.topic_prefix;
  return settings;
}

std::unique_ptr<postgres::Connection> Pipeline::database() const {
  return std::make_unique<postgres::Connection>(plan_.database_url, "wxpipe chaos oracle",
                                                postgres::Purpose::administration);
}

void Pipeline::set_up() {
  std::ofstream(plan_.folder / "wxpipe.toml") << world_.config << plan_.more_config;
  must({"topics", "apply"});
  must({"migrate"});
}

void Pipeline::wait_until_ready(std::chrono::seconds patience) {
  const bool ready = rig::eventually(
      [&] {
        fleet_.tick();
        return fleet_.all_ready();
      },
      patience);
  if (!ready) throw Unavailable("the roles did not become ready: " + fleet_.not_ready());
}

std::string Pipeline::still_on_its_way() {
  fleet_.tick();
  if (auto why = fleet_.not_ready(); !why.empty()) return why;
  if (const auto events = fleet_.metric(Actor::ingest, "wxpipe_spool_events"); events > 0)
    return fmt::format("{} events in spools", events);
  try {
    return still_to_take(kafka(), *database());
  } catch (const Unavailable& error) {
    return error.what();
  } catch (const Fenced& error) {
    return error.what();
  } catch (const postgres::SqlError& error) {
    return error.what();
  }
}

Verdict Pipeline::judge(bool once_on_topic) const {
  Oracle oracle(once_on_topic);
  read_ledger(ledger(), oracle);
  const auto connection = database();
  const crypto::Sealer sealer(Secret(world_.sealing_key));
  read_rows(*connection, sealer, oracle);
  read_dead_letters(*connection, sealer, oracle);
  read_topic(kafka(), oracle);
  return oracle.verdict();
}

Audit Pipeline::audit() const {
  rig::Process process(wxpipe({"audit", "--json", "--wait", "60s"}));
  const auto exit = process.wait(180s);
  if (!exit || exit->signal != 0 || exit->code > 1) throw Unavailable("wxpipe audit failed: " + process.errors());
  Audit audit;
  audit.exit_code = exit->code;
  audit.text = process.output();
  auto document = json::thread_reader().iterate(audit.text);
  for (const auto& [field, value] :
       {std::pair{"acknowledged", &audit.acknowledged}, std::pair{"unaccounted", &audit.unaccounted},
        std::pair{"in_doubt", &audit.in_doubt}, std::pair{"in_flight", &audit.in_flight}})
    if (document.find_field_unordered(field).get(*value) != simdjson::SUCCESS)
      throw Unavailable(fmt::format("wxpipe audit said nothing about {}: {}", field, audit.text));
  return audit;
}

}  // namespace wxpipe::chaos
