// The wxpipe executable: parses the command line and calls one command. Each command has its own file.
#include <fmt/format.h>

#include <cstdio>
#include <exception>

#include "cli/accounts_command.hpp"
#include "cli/audit_command.hpp"
#include "cli/bookmark_command.hpp"
#include "cli/chaos_command.hpp"
#include "cli/check_config_command.hpp"
#include "cli/console_command.hpp"
#include "cli/customers_command.hpp"
#include "cli/diff_command.hpp"
#include "cli/dlq_command.hpp"
#include "cli/doctor_command.hpp"
#include "cli/erase_command.hpp"
#include "cli/explain_command.hpp"
#include "cli/export_command.hpp"
#include "cli/forward_command.hpp"
#include "cli/lag_command.hpp"
#include "cli/manual_command.hpp"
#include "cli/migrate_command.hpp"
#include "cli/partitions_command.hpp"
#include "cli/program.hpp"
#include "cli/replay_command.hpp"
#include "cli/role_commands.hpp"
#include "cli/scale_command.hpp"
#include "cli/score_command.hpp"
#include "cli/send_command.hpp"
#include "cli/simulate_command.hpp"
#include "cli/tail_command.hpp"
#include "cli/test_command.hpp"
#include "cli/top_command.hpp"
#include "cli/topics_command.hpp"
#include "cli/trace_command.hpp"
#include "common/runtime/memory.hpp"

namespace {
int run(int argc, char** argv) {
  using namespace wxpipe::cli;
  Program program;
  program.words.assign(argv + 1, argv + argc);
  auto& app = program.app;
  app.description(
      "wxpipe: takes every callback that WeChat and WeWork push and stores it exactly once.\n"
      "Callbacks arrive at /callback/<account>, become events on Kafka, and rows in Postgres.");
  app.name("wxpipe");
  app.set_version_flag("--version", std::string("wxpipe ") + WXPIPE_VERSION);
  app.require_subcommand(1);
  add_role_commands(program);
  add_console_command(program);
  add_check_config_command(program);
  add_accounts_command(program);
  add_migrate_command(program);
  add_topics_command(program);
  add_partitions_command(program);
  add_simulate_command(program);
  add_audit_command(program);
  add_chaos_command(program);
  add_explain_command(program);
  add_export_command(program);
  add_lag_command(program);
  add_doctor_command(program);
  add_top_command(program);
  add_scale_command(program);
  add_dlq_command(program);
  add_trace_command(program);
  add_tail_command(program);
  add_send_command(program);
  add_forward_command(program);
  add_test_command(program);
  add_replay_command(program);
  add_diff_command(program);
  add_bookmark_command(program);
  add_score_command(program);
  add_customers_command(program);
  add_erase_command(program);
  add_manual_commands(program);
  add_examples(app,
               {{"wxpipe check-config -c wxpipe.toml", "is the configuration right?"},
                {"wxpipe topics apply -c wxpipe.toml && wxpipe migrate -c wxpipe.toml", "set up Kafka and Postgres"},
                {"wxpipe run -c wxpipe.toml", "all roles in one process"},
                {"wxpipe simulate -c wxpipe.toml --rate 200 --count 5000", "play the platforms against it"},
                {"wxpipe <command> --help", "what each command does, with examples"}});
  app.footer(app.get_footer() +
             "\nExit codes: 0 done and fine; 1 done, and it found something wrong; 2 wrong usage or configuration;\n"
             "3 a server it needs is not there.\n");
  try {
    app.parse(argc, argv);
  } catch (const CLI::RequiredError& error) {
    const auto why = missing_command(app, {argv + 1, argv + argc});
    if (why.empty()) return app.exit(error), kWrongUsage;
    fmt::print(stderr, "{}{}\n", why.starts_with("there is") ? "wxpipe: " : "", why);
    return kWrongUsage;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kFine : kWrongUsage;
  }
  return program.exit_code;
}
}  // namespace

int main(int argc, char** argv) {
  try {
    wxpipe::runtime::keep_memory_private();  // before a command reads its keys
    return run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "wxpipe: {}\n", error.what());
    if (const auto remedy = wxpipe::cli::remedy_of(error); !remedy.empty()) fmt::print(stderr, "{}\n", remedy);
    return wxpipe::cli::exit_code_of(error);
  }
}
