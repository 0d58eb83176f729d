#include "cli/export_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "common/runtime/stop_signals.hpp"
#include "operate/audit_log.hpp"
#include "operate/event_export.hpp"
#include "operate/event_list.hpp"
#include "operate/known_names.hpp"
#include "operate/moment.hpp"
#include "operate/trace_report.hpp"
#include "sinks/family_databases.hpp"

namespace wxpipe::cli {
namespace {
constexpr size_t kPage = 1'000;

struct Options {
  operate::EventQuestion question;
  std::string from, to, format;
  uint64_t limit = 0;
};

std::string filter_of(const Options& options) {
  std::string filter;
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) filter += fmt::format("{}{}={}", filter.empty() ? "" : " ", name, value);
  };
  add("account", options.question.account);
  add("type", options.question.type);
  add("person", options.question.person);
  add("text", options.question.text);
  add("from", options.from);
  add("to", options.to);
  return filter;
}

void run(Program& program, const Options& options) {
  const auto format = operate::export_format(options.format);
  auto question = options.question;
  const auto now = system_clock().now();
  question.from = operate::moment("--from", options.from, now);
  question.to = operate::moment("--to", options.to, now);
  operate::require_order(question.from, question.to);
  question.summary = operate::kWholeContent;
  const auto settings = load_settings(program, config::kForPostgres);
  const runtime::StopSignals signals;
  const auto stop = signals.token();
  sinks::FamilyConnections databases(settings, "wxpipe export");
  operate::require_account(question.account, settings, databases);
  auto& connection = databases.of<schemas::Event>();

  uint64_t exported = 0;
  const auto left = [&] { return options.limit == 0 ? kPage : std::min<uint64_t>(kPage, options.limit - exported); };
  for (bool first = true; first || !question.after.empty(); first = false) {
    if (stop.stop_requested() || left() == 0) break;
    question.limit = left();
    const auto page = operate::list_events(connection, question);
    const auto table = operate::matches_table(page.matches);
    if (first) fmt::print("{}", operate::export_head(table, format));
    fmt::print("{}", operate::export_rows(table, format));
    if (std::fflush(stdout) != 0) throw std::runtime_error("standard output is closed");
    exported += page.matches.size();
    question.after = page.next;
  }
  // What leaves the house is remembered.
  postgres::Transaction transaction(connection);
  operate::write(transaction, operate::this_operator(),
                 {operate::new_command_id(), "export", "READ", "messages", "", filter_of(options), "",
                  static_cast<int64_t>(exported)});
  transaction.commit();
  fmt::print(stderr, "{} exported, the newest first\n", report::counted(exported, "event"));
}
}  // namespace

void add_export_command(Program& program) {
  auto& command = *program.app.add_subcommand(
      "export", "Writes stored events to standard output, for spreadsheets and other programs");
  command.group("Operation");
  add_config_options(command, program);
  const auto options = std::make_shared<Options>();
  auto& question = options->question;
  command.add_option("--account", question.account, "Only events of this account");
  command.add_option("--type", question.type, "Only of this type (message.text) or family (message.*)");
  command.add_option("--person", question.person, "Only what this person sent");
  command.add_option("--text", question.text, "Only with this in the content, in small or capital letters");
  command.add_option("--from", options->from, "Only what happened then or later; UTC, or how long ago: 2h")
      ->type_name("TIME");
  command.add_option("--to", options->to, "… and before that")->type_name("TIME");
  command.add_option("--format", options->format, "ndjson (an object a line) or csv. Default: ndjson")
      ->type_name("FORMAT");
  command.add_option("--limit", options->limit, "At most so many. Default: all")->type_name("N");
  add_examples(command, {{"wxpipe export --account shop --from 24h --format csv -c wxpipe.toml > shop.csv",
                          "a day for a spreadsheet"},
                         {"wxpipe export --type 'follower.*' --from 2026-11-01 -c wxpipe.toml | jq -r .subject",
                          "who came and went this month"}});
  command.callback([&program, options] { run(program, *options); });
}

}  // namespace wxpipe::cli
