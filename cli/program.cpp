#include "cli/program.hpp"

#include <fmt/format.h>

#include "common/telemetry/log.hpp"

namespace wxpipe::cli {

void add_config_options(CLI::App& command, Program& program) {
  command.add_option("-c,--config", program.config_file, "Configuration file (TOML); also WXPIPE_CONFIG")
      ->envname("WXPIPE_CONFIG")
      ->type_name("FILE");
  command.add_option("--instance", program.instance,
                     "Name of this process among those of its role; also WXPIPE_INSTANCE. Default: the host's name")
      ->type_name("NAME");
}

void add_json_option(CLI::App& command, Program& program) {
  command.add_flag("--json", program.json, "Report as JSON, for programs");
}

void add_examples(CLI::App& command, const std::vector<Example>& examples) {
  std::string text = "Examples:\n";
  for (const auto& [line, meaning] : examples) text += fmt::format("  {}\n      {}\n", line, meaning);
  command.footer(text);
}

config::Settings load_settings(const Program& program, const config::Needs& needs) {
  auto environment = config::process_environment();
  if (!program.instance.empty()) environment.variables["WXPIPE_INSTANCE"] = program.instance;
  auto settings = config::load_settings(program.config_file, environment, needs);
  telemetry::configure_log(settings.log.level, settings.log.format);
  return settings;
}

}  // namespace wxpipe::cli
