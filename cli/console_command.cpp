#include "cli/console_command.hpp"

#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <memory>

#include "common/result.hpp"
#include "common/runtime/run_roles.hpp"
#include "console/console_role.hpp"
#include "console/passwords.hpp"
#include "operate/live_configuration.hpp"
#include "operate/logs_to_kafka.hpp"

namespace wxpipe::cli {
namespace {
using report::Level;

constexpr size_t kShortest = 10;

struct Options {
  std::string name = "NAME", role = "operator";
};

// A line of standard input; what is typed at a terminal isn't shown.
Secret read_password(const char* prompt) {
  termios before{};
  const bool terminal = ::isatty(STDIN_FILENO) == 1 && ::tcgetattr(STDIN_FILENO, &before) == 0;
  if (terminal) {
    fmt::print(stderr, "{}", prompt);
    auto silent = before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  std::string line;
  const bool read = static_cast<bool>(std::getline(std::cin, line));
  if (terminal) {
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fmt::print(stderr, "\n");
  }
  Secret password(std::move(line));
  if (!read) throw UsageError("standard input ended before a password came");
  return password;
}

std::string lines(const Options& options, std::string_view key, std::string_view hash) {
  return fmt::format("[[console.users]]\nname = \"{}\"\nrole = \"{}\"\n{} = \"{}\"\n", options.name, options.role, key,
                     hash);
}

void make_password(Program& program, const Options& options) {
  const auto password = read_password("password: ");
  // The hash is all that is kept of it.
  if (password.reveal().size() < kShortest)
    throw UsageError(fmt::format("a password has {} characters or more", kShortest));
  if (::isatty(STDIN_FILENO) == 1 && !(read_password("once more: ") == password))
    throw UsageError("the two aren't the same");
  const auto hash = console::hash_password(password.reveal());
  if (program.format == Format::text) return fmt::print("{}", lines(options, "password", hash)), void();
  conclude(program, {.facts = {{"name", "", options.name}, {"role", "", options.role}, {"password", "", hash}}});
}

void make_token(Program& program, const Options& options) {
  const auto token = console::make_token();
  const auto& clear = token.reveal();  // shown to whoever asked for it, once
  const auto hash = console::hash_token(clear);
  if (program.format == Format::text)
    return fmt::print("{}\n# the token, shown only now: {}\n", lines(options, "token", hash), clear), void();
  conclude(
      program,
      {.facts = {
           {"name", "", options.name}, {"role", "", options.role}, {"token_hash", "", hash}, {"token", "", clear}}});
}

void add_maker(CLI::App& group, Program& program, const char* name, const char* meaning,
               const std::vector<Example>& examples, void (*make)(Program&, const Options&)) {
  auto& command = *group.add_subcommand(name, meaning);
  command.group("Commands");
  add_report_options(command, program, Rows::none);
  const auto options = std::make_shared<Options>();
  command.add_option("name", options->name, "The login")->type_name("NAME");
  command.add_option("--role", options->role, "viewer, analyst or operator. Default: operator")
      ->check(CLI::IsMember({"viewer", "analyst", "operator"}))
      ->type_name("ROLE");
  add_examples(command, examples);
  command.callback([&program, options, make] { make(program, *options); });
}
}  // namespace

void add_console_command(Program& program) {
  auto& command = *program.app.add_subcommand(
      "console", "Serves the console: events, dead letters, lag, custody and more in a browser");
  command.group("Roles");
  command.require_subcommand(0, 1);
  add_config_options(command, program);
  add_examples(command,
               {{"wxpipe console --config wxpipe.toml", "then open http://127.0.0.1:9470"},
                {"wxpipe console passwd mei --role analyst", "what the configuration needs so that mei can log in"},
                {"curl -H \"Authorization: Bearer $TOKEN\" localhost:9470/api/v1/overview", "for programs"}});
  add_maker(command, program, "passwd", "Asks for a password and prints the lines that let somebody log in",
            {{"wxpipe console passwd mei --role analyst", "asks for it, and shows nothing of it"},
             {"echo \"$PASSWORD\" | wxpipe console passwd mei --json | jq -r .password", "for scripts"}},
            make_password);
  add_maker(command, program, "token", "Makes a bearer token for a program and prints the lines that let it in",
            {{"wxpipe console token grafana --role viewer", "the token is shown once"}}, make_token);
  command.callback([&program, &command] {
    if (!command.get_subcommands().empty()) return;
    operate::LiveConfiguration configuration(program.config_file, environment_of(program), config::kEverything);
    const auto settings = configuration.settings();
    const auto make = [](runtime::RoleContext context) { return console::make_console_role(context); };
    runtime::run_roles(settings, operate::with_lines_to_kafka({make}, settings, "console"), configuration, settings);
  });
}

}  // namespace wxpipe::cli
