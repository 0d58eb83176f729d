#include "cli/trace_command.hpp"

#include <fmt/format.h>

#include <charconv>
#include <memory>

#include "common/result.hpp"
#include "operate/known_names.hpp"
#include "operate/moment.hpp"
#include "operate/refused.hpp"
#include "operate/trace.hpp"
#include "operate/trace_report.hpp"

namespace wxpipe::cli {
namespace {
using operate::Search;
using report::Level;

struct Options {
  std::string key, account, from, to;
  size_t limit = 20;
  bool rows_only = false, refused = false;
  std::string admin;
};

// host:port, :port or port.
config::Endpoint endpoint(const std::string& text) {
  const auto colon = text.rfind(':');
  const auto host = colon == text.npos || colon == 0 ? std::string("127.0.0.1") : text.substr(0, colon);
  const auto digits = colon == text.npos ? text : text.substr(colon + 1);
  config::Endpoint found{host, 0};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), found.port);
  if (error != std::errc() || end != digits.data() + digits.size() || found.port == 0)
    throw UsageError(fmt::format("--admin: '{}' is not HOST:PORT", text));
  if (found.host.starts_with('[') && found.host.ends_with(']'))
    found.host = found.host.substr(1, found.host.size() - 2);
  return found;
}

// Where a process that listens on every address can be asked.
config::Endpoint asked_at(config::Endpoint listen) {
  if (listen.host == "0.0.0.0") listen.host = "127.0.0.1";
  if (listen.host == "::") listen.host = "::1";
  return listen;
}

void show_refused(Program& program, const Options& options) {
  if (!options.key.empty() || !options.from.empty() || !options.to.empty())
    throw UsageError("--refused takes no KEY, --from or --to: what is refused has no id, and is kept for a day");
  const auto admin = !options.admin.empty() ? endpoint(options.admin)
                                            : asked_at(load_settings(program, config::kForProcess).admin.listen);
  conclude(program, report_of(operate::refused_callbacks(admin, options.account, options.limit), options.account));
}

void run(Program& program, const Options& options) {
  if (options.refused) return show_refused(program, options);
  if (!options.admin.empty()) throw UsageError("--admin is for --refused");
  if (options.key.empty()) throw UsageError("name a KEY, or --refused; --help has examples");
  const auto now = system_clock().now();
  const Search search{options.key, options.account, operate::moment("--from", options.from, now),
                      operate::moment("--to", options.to, now), options.limit};
  operate::require_order(search.from, search.to);
  const auto settings = load_settings(program, config::kForPostgres);
  // Read only, and no question may take long: this runs beside the pipeline.
  sinks::FamilyConnections databases(
      settings, "wxpipe trace",
      fmt::format("set default_transaction_read_only = on; set statement_timeout = '10s'; {}", sinks::kReadByIndex));
  const auto matches = operate::find(databases, search);
  if (matches.empty()) {
    operate::require_account(options.account, settings, databases);
    return conclude(program, operate::nothing_found(
                                 options.key, operate::dropped_with(databases.of<schemas::Event>(), options.key)));
  }
  if (matches.size() > 1) return conclude(program, choice(options.key, matches));
  auto story = operate::story_of(databases, matches.front());
  auto report = report_of(options.key, story);
  if (!options.rows_only) try {
      add_hops(story, settings);
      add_replays(story, databases);
      report = report_of(options.key, story);
    } catch (const Unavailable& error) {
      report.findings.push_back(
          {Level::warning, fmt::format("its places on the topics are missing: {}", error.what())});
    }
  conclude(program, report);
}
}  // namespace

void add_trace_command(Program& program) {
  auto& command = *program.app.add_subcommand(
      "trace", "Says what happened to a callback: every delivery, topic, row, score and replay");
  command.group("Operation");
  add_config_options(command, program);
  add_report_options(command, program, Rows::some);
  const auto options = std::make_shared<Options>();
  command
      .add_option("key", options->key,
                  "Event id, dead letter id, receipt, MsgId, identity, or a person's openid or external_userid")
      ->type_name("KEY");
  command.add_option("--account", options->account, "Of this account only")->type_name("NAME");
  command.add_option("--from", options->from, "Received from then on; UTC, or how long ago: 2h")->type_name("TIME");
  command.add_option("--to", options->to, "… and before then")->type_name("TIME");
  command.add_option("--limit", options->limit, "Longest list, if the key means several. Default: 20")
      ->check(CLI::Range(1, 1000))
      ->type_name("N");
  command.add_flag("--rows-only", options->rows_only, "From Postgres alone; don't look at the topics");
  command.add_flag("--refused", options->refused,
                   "What an ingest process refused lately, and what to do about it: why a console can't verify the "
                   "address");
  command.add_option("--admin", options->admin, "With --refused: the process's admin port. Default: [admin] listen")
      ->type_name("HOST:PORT");
  add_examples(
      command,
      {{"wxpipe trace 01934f2a-7e48-8c4e-9b1f-5a0c7d21e3b4 -c wxpipe.toml", "one event"},
       {"wxpipe trace 23871900536422002 -c wxpipe.toml", "the message with this MsgId"},
       {"wxpipe trace edge-1/19ab1f5b2c0/42 -c wxpipe.toml", "the callback with this receipt, as audit names it"},
       {"wxpipe trace oABCD1234567890abcdefghijklmn --from 2d -c wxpipe.toml",
        "the newest callbacks about a person, to choose from"},
       {"wxpipe trace --refused --account shop -c wxpipe.toml", "why is the address of this account refused?"},
       {"wxpipe trace 23871900536422002 --json -c wxpipe.toml | jq '.stations'", "for programs"}});
  command.callback([&program, options] { run(program, *options); });
}

}  // namespace wxpipe::cli
