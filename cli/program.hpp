// What every command file shares: the parser it registers with, the options that name a configuration, and how it
// reports its end. A command registers itself with add_<name>_command(Program&); its callback runs after parsing, on
// the main thread, and sets exit_code (0 fine, 1 found something wrong) or throws (UsageError: 2, Unavailable: 3, else
// 1).
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>
#include <vector>

#include "common/config/settings_file.hpp"

namespace wxpipe::cli {

struct Program {
  CLI::App app;
  std::string config_file;  // --config, else WXPIPE_CONFIG; empty: defaults and environment
  std::string instance;     // --instance; empty: WXPIPE_INSTANCE, [instance] name or the host's name
  bool json = false;        // --json of the command that ran
  int exit_code = 0;
};

// The options most commands share, under the same names and with the same help everywhere.
void add_config_options(CLI::App& command, Program& program);
void add_json_option(CLI::App& command, Program& program);

struct Example {
  std::string command;  // "wxpipe migrate --config wxpipe.toml"
  std::string meaning;
};
// Stands below the options in --help.
void add_examples(CLI::App& command, const std::vector<Example>& examples);

// What to say when the words behind `app` name no command of its: the help where there is no word, the nearest command
// where there is a wrong one; empty: they name one. CLI11 itself says "a subcommand is required" to both.
std::string missing_command(const CLI::App& app, std::span<const char* const> words);

// The settings this command line asks for, and the log configured by them. Throws UsageError with everything that is
// wrong.
config::Settings load_settings(const Program& program, const config::Needs& needs);

}  // namespace wxpipe::cli
