#include "cli/erase_command.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "common/result.hpp"
#include "operate/erase_report.hpp"

namespace wxpipe::cli {

void add_erase_command(Program& program) {
  auto& command = *program.app.add_subcommand(
      "erase",
      "Takes a person out of all tables, and keeps replays from bringing them back; without --yes it only counts");
  command.group("Operation");
  const auto request = std::make_shared<operate::EraseRequest>();
  add_config_options(command, program);
  add_report_options(command, program, Rows::some);
  command
      .add_option("--subject", request->subject, "What an account calls the person: openid, external user id, phone …")
      ->type_name("ID");
  command
      .add_option("--customer", request->customer,
                  "Instead: a customer's id, for every identity of theirs (`wxpipe customers explain` shows them)")
      ->type_name("UUID")
      ->excludes("--subject");
  command.add_option("--account", request->account, "With --subject: only in this account. Default: in all")
      ->type_name("NAME")
      ->excludes("--customer");
  command.add_option("--reason", request->reason, "Why, for wxpipe.erasures and audit_logs. Don't name the person")
      ->type_name("TEXT");
  command.add_flag("--yes", request->yes, "Do it. It can't be taken back");
  add_examples(command,
               {{"wxpipe erase --subject oUser1 -c wxpipe.toml", "what is there, and who else is the same person?"},
                {"wxpipe erase --customer 1f0c8a52-3c5e-4d0b-9c0f-2b7e7b8f6a11 --reason 'request 2026-117' --yes -c "
                 "wxpipe.toml",
                 "in all accounts"},
                {"wxpipe erase --subject 13800138000 --account forms --json -c wxpipe.toml", "for programs"}});
  command.callback([&program, request] {
    if (request->subject.empty() && request->customer.empty()) throw UsageError("say who: --subject or --customer");
    const auto settings = load_settings(program, config::kForPostgres);
    conclude(program, operate::run_erase(settings, *request, [](const std::vector<operate::Known>& people) {
               fmt::print(
                   stderr,
                   "erasing, and until it says so it isn't done: if it is interrupted, say each of these again\n");
               for (const auto& one : people)
                 fmt::print(stderr, "  --subject {} --account {}\n", one.subject, one.account);
             }));
  });
}

}  // namespace wxpipe::cli
