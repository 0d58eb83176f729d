#include "cli/program.hpp"

#include <fmt/format.h>

#include "common/config/nearest.hpp"
#include "common/telemetry/log.hpp"

namespace wxpipe::cli {

void add_config_options(CLI::App& command, Program& program) {
  // Not CLI11's envname: it would set the shared variable for the commands that were not called, too, and so beat -c.
  if (program.config_file.empty()) program.config_file = config::process_environment().get("WXPIPE_CONFIG");
  command.add_option("-c,--config", program.config_file, "Configuration file (TOML). Default: WXPIPE_CONFIG")
      ->type_name("FILE");
  command
      .add_option("--instance", program.instance,
                  "Name of this process among those of its role. Default: WXPIPE_INSTANCE, else the host's name")
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

std::string missing_command(const CLI::App& app, std::span<const char* const> words) {
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  if (commands.empty()) return {};
  if (words.empty()) return app.help();
  const std::string_view word = words.front();
  if (word.starts_with('-')) return {};
  std::vector<std::string_view> names;
  for (const auto* command : commands) {
    if (command->get_name() == word) return missing_command(*command, words.subspan(1));
    names.push_back(command->get_name());
  }
  return fmt::format("there is no command '{}'; the nearest is '{}', --help lists all", word,
                     config::nearest(word, names));
}

config::Settings load_settings(const Program& program, const config::Needs& needs) {
  auto environment = config::process_environment();
  if (!program.instance.empty()) environment.variables["WXPIPE_INSTANCE"] = program.instance;
  auto settings = config::load_settings(program.config_file, environment, needs);
  telemetry::configure_log(settings.log.level, settings.log.format);
  return settings;
}

}  // namespace wxpipe::cli
