// What all command files share: the parser, the options that name a configuration, how reports are printed, and exit
// codes. A command registers itself with add_<name>_command(Program&). Its callback runs after parsing, on the main
// thread, and ends with conclude() or throws.
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/settings_file.hpp"
#include "common/report/report.hpp"

namespace wxpipe::cli {

enum ExitCode : int {
  kFine = 0,
  kFoundWrong = 1,  // done, but it found an error; or it failed
  kWrongUsage = 2,  // or a wrong configuration
  kServerAway = 3   // a server that it needs is away
};

enum class Format { text, json, ndjson };

struct Program {
  CLI::App app;
  std::string config_file;       // --config, else WXPIPE_CONFIG; empty: defaults and environment
  std::string instance;          // --instance; empty: WXPIPE_INSTANCE, [instance] name or the host's name
  Format format = Format::text;  // --json or --ndjson, as given to the command that ran
  int exit_code = kFine;
  std::vector<std::string> words;  // of the command line, without the program's name
};

// A text for a shell, in single quotes.
std::string in_shell_quotes(std::string_view text);
// The command that was given, with `more` behind it: to be copied into a shell.
std::string said_again(const Program& program, std::string_view more);

// Adds the options that most commands share, with the same names and help texts.
void add_config_options(CLI::App& command, Program& program);
// Adds --json; and --ndjson if the report has rows.
enum class Rows { none, some };
void add_report_options(CLI::App& command, Program& program, Rows rows);

// Checks of numbers, as sentences. CLI11's own print the largest double with all of its 309 digits.
CLI::Validator above_zero();
CLI::Validator zero_or_more();

struct Example {
  std::string command;  // "wxpipe migrate --config wxpipe.toml"
  std::string meaning;
};
// Adds examples, shown below the options in --help.
void add_examples(CLI::App& command, const std::vector<Example>& examples);

// Prints the report in the wanted format. Its findings decide the exit code: an error is kFoundWrong, a
// misconfiguration is kWrongUsage; their texts go to standard error. If called several times, the worst exit code
// counts.
void conclude(Program& program, const report::Report& report);

// UsageError: kWrongUsage. Unavailable: kServerAway. Any other: kFoundWrong.
ExitCode exit_code_of(const std::exception& error);
// What to check when Kafka or Postgres is away. Empty: the error is another one, or says so itself.
std::string remedy_of(const std::exception& error);

// The text to print when the words after `app` name none of its commands: the help if there is no word, the nearest
// command if the word is wrong. Empty: they name one. CLI11 says "a subcommand is required" in both cases.
std::string missing_command(const CLI::App& app, std::span<const char* const> words);

// The process's environment, with --instance.
config::Environment environment_of(const Program& program);

// Reads the settings for this command line, with the accounts wherever they stand, and sets up the log. Kafka's
// client logs nothing, unless [kafka] properties say log_level: a command says in a sentence what it can't do. Throws
// UsageError with everything that is wrong, Unavailable if the accounts can't be had.
config::Settings load_settings(const Program& program, const config::Needs& needs);

}  // namespace wxpipe::cli
