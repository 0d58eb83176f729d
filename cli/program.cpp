#include "cli/program.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "common/config/nearest.hpp"
#include "common/result.hpp"
#include "common/telemetry/log.hpp"
#include "operate/accounts_source.hpp"

namespace wxpipe::cli {
namespace {
report::Style style_of(std::FILE* out) {
  const int file = ::fileno(out);
  winsize size{};
  const bool terminal = ::isatty(file) == 1;
  if (terminal) ::ioctl(file, TIOCGWINSZ, &size);
  const auto environment = config::process_environment();
  return report::style_for(terminal, size.ws_col, environment.get("NO_COLOR"), environment.get("TERM"));
}

ExitCode exit_code_of(const report::Report& report) {
  ExitCode code = kFine;
  for (const auto& finding : report.findings) {
    if (finding.level == report::Level::misconfigured) return kWrongUsage;
    if (finding.level == report::Level::error) code = kFoundWrong;
  }
  return code;
}

void print_rows(const report::Table& table) {
  std::string line;
  for (const auto& row : table.rows) {
    line.clear();
    report::append_row(line, table.columns, row);
    fmt::print("{}\n", line);
  }
}

CLI::Validator number(std::string wanted, bool (*good)(double)) {
  return CLI::Validator(
      [wanted = std::move(wanted), good](const std::string& text) {
        double value = 0;
        if (CLI::detail::lexical_cast(text, value) && good(value)) return std::string();
        return fmt::format("'{}' is not {}", text, wanted);
      },
      "");
}

// After a full disk or a closed pipe, an incomplete report must not look complete.
void flush(std::FILE* out) {
  if (std::fflush(out) != 0) throw std::system_error(errno, std::generic_category(), "the report could not be written");
}
}  // namespace

void add_config_options(CLI::App& command, Program& program) {
  // Not CLI11's envname: it sets the shared variable for commands that weren't called too, and so would override -c.
  if (program.config_file.empty()) program.config_file = config::process_environment().get("WXPIPE_CONFIG");
  command.add_option("-c,--config", program.config_file, "Configuration file (TOML). Default: WXPIPE_CONFIG")
      ->type_name("FILE");
  command
      .add_option("--instance", program.instance,
                  "Name of this process among those of its role. Default: WXPIPE_INSTANCE, else the host's name")
      ->type_name("NAME");
}

void add_report_options(CLI::App& command, Program& program, Rows rows) {
  auto* json = command.add_flag_callback(
      "--json", [&program] { program.format = Format::json; }, "Report as one JSON object, for programs");
  if (rows == Rows::none) return;
  command
      .add_flag_callback(
          "--ndjson", [&program] { program.format = Format::ndjson; },
          "Only the rows of the report's table, a JSON object a line")
      ->excludes(json);
}

void conclude(Program& program, const report::Report& report) {
  const auto code = exit_code_of(report);
  auto* out = stdout;
  if (program.format == Format::json) {
    fmt::print("{}\n", to_json(report));
  } else if (program.format == Format::ndjson) {
    print_rows(report.tables.at(report.main));
    flush(stdout);
    if (code != kFine) fmt::print(stderr, "{}", to_text(report.findings, style_of(stderr)));
  } else {
    if (code == kWrongUsage) out = stderr;
    fmt::print(out, "{}", to_text(report, style_of(out)));
  }
  flush(out);
  program.exit_code = std::max<int>(program.exit_code, code);
}

ExitCode exit_code_of(const std::exception& error) {
  if (dynamic_cast<const UsageError*>(&error)) return kWrongUsage;
  if (dynamic_cast<const Unavailable*>(&error)) return kServerAway;
  return kFoundWrong;
}

std::string remedy_of(const std::exception& error) {
  if (dynamic_cast<const Unavailable*>(&error) == nullptr) return {};
  const std::string_view what = error.what();
  const auto says = [&](std::string_view words) { return what.find(words) != what.npos; };
  if (says("`wxpipe ")) return {};
  const auto where = says("[postgres.families]") ? "[postgres.families]" : "[postgres] url or DATABASE_URL";
  constexpr std::string_view kNoDatabase = "database \"";
  if (says("Postgres") && says(kNoDatabase) && says("\" does not exist")) {
    const auto begin = what.find(kNoDatabase) + kNoDatabase.size();
    return fmt::format("Make it with `createdb {}` and `wxpipe migrate`, or correct {}.",
                       what.substr(begin, what.find('"', begin) - begin), where);
  }
  if (says("Postgres"))
    return fmt::format("Is Postgres running there? {} says where it is; `wxpipe doctor` says more.", where);
  if (says("Kafka") || says("the cluster ") || says("the coordinator ") || says("broker") || says("Broker"))
    return "Is Kafka running there? [kafka] bootstrap_servers or KAFKA_BOOTSTRAP says where it is; `wxpipe doctor` "
           "says more.";
  return {};
}

std::string in_shell_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text)
    if (c == '\'')
      out += R"('\'')";
    else
      out += c;
  return out + "'";
}

std::string said_again(const Program& program, std::string_view more) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,@%+";
  std::string line = "wxpipe";
  for (const auto& word : program.words) {
    const bool plain = !word.empty() && word.find_first_not_of(kPlain) == word.npos;
    line += ' ' + (plain ? word : in_shell_quotes(word));
  }
  return fmt::format("{} {}", line, more);
}

CLI::Validator above_zero() {
  return number("a number above 0", [](double value) { return value > 0; });
}
CLI::Validator zero_or_more() {
  return number("a number, 0 or more", [](double value) { return value >= 0; });
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

config::Environment environment_of(const Program& program) {
  auto environment = config::process_environment();
  if (!program.instance.empty()) environment.variables["WXPIPE_INSTANCE"] = program.instance;
  return environment;
}

config::Settings load_settings(const Program& program, const config::Needs& needs) {
  auto loaded = operate::read_configuration(program.config_file, environment_of(program), needs);
  if (!loaded.errors.empty()) throw UsageError(fmt::format("{}", fmt::join(loaded.errors, "\n")));
  telemetry::configure_log(loaded.settings.log.level, loaded.settings.log.format);
  loaded.settings.kafka.properties.try_emplace("log_level", "0");
  return std::move(loaded.settings);
}

}  // namespace wxpipe::cli
