// What every command file shares: the parser it registers with, the options that name a configuration, how it prints
// its report, and what exit code it ends with. A command registers itself with add_<name>_command(Program&); its
// callback runs after parsing, on the main thread, and ends with conclude() or throws.
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>
#include <vector>

#include "common/config/settings_file.hpp"
#include "common/report/report.hpp"

namespace wxpipe::cli {

enum ExitCode : int {
  kFine = 0,
  kFoundWrong = 1,  // done, and it found something wrong; or it broke
  kWrongUsage = 2,  // or wrong configuration
  kServerAway = 3   // a server it needs is not there
};

enum class Format { text, json, ndjson };

struct Program {
  CLI::App app;
  std::string config_file;       // --config, else WXPIPE_CONFIG; empty: defaults and environment
  std::string instance;          // --instance; empty: WXPIPE_INSTANCE, [instance] name or the host's name
  Format format = Format::text;  // --json or --ndjson of the command that ran
  int exit_code = kFine;
};

// The options most commands share, under the same names and with the same help everywhere.
void add_config_options(CLI::App& command, Program& program);
// --json; and --ndjson where the report has rows to tell.
enum class Rows { none, some };
void add_report_options(CLI::App& command, Program& program, Rows rows);

struct Example {
  std::string command;  // "wxpipe migrate --config wxpipe.toml"
  std::string meaning;
};
// Stands below the options in --help.
void add_examples(CLI::App& command, const std::vector<Example>& examples);

// Prints the report as it was asked for. Its findings decide the exit code: an error is kFoundWrong, a
// misconfiguration is kWrongUsage, and its text goes to standard error. Of several reports the worst counts.
void conclude(Program& program, const report::Report& report);

// UsageError: kWrongUsage. Unavailable: kServerAway. Everything else: kFoundWrong.
ExitCode exit_code_of(const std::exception& error);

// What to say when the words behind `app` name no command of its: the help where there is no word, the nearest command
// where there is a wrong one; empty: they name one. CLI11 itself says "a subcommand is required" to both.
std::string missing_command(const CLI::App& app, std::span<const char* const> words);

// The settings this command line asks for, and the log configured by them. Throws UsageError with everything that is
// wrong.
config::Settings load_settings(const Program& program, const config::Needs& needs);

}  // namespace wxpipe::cli
