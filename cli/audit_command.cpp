#include "cli/audit_command.hpp"

#include <fmt/format.h>

#include <memory>

#include "cli/moment.hpp"
#include "common/config/units.hpp"
#include "common/json/write.hpp"
#include "common/postgres/migrations.hpp"
#include "common/result.hpp"
#include "sinks/custody/audit.hpp"

namespace wxpipe::cli {
namespace {
using namespace std::chrono_literals;
using sinks::AuditReport;
using sinks::Tally;

constexpr size_t kNamedForPeople = 50;  // the JSON names all

struct Options {
  std::string from, to, account;
  std::string wait = "10s";
  bool minutes = false;
};

Timestamp moment(const char* option, const std::string& text) {
  const auto at = parse_moment(text, system_clock().now());
  if (!at) throw UsageError(fmt::format("{}: '{}' is not a moment; {}", option, text, kMomentForms));
  return *at;
}

sinks::Wanted wanted_of(const Options& options) {
  sinks::Wanted wanted;
  wanted.account = options.account;
  if (!options.from.empty()) wanted.from = std::chrono::floor<std::chrono::minutes>(moment("--from", options.from));
  if (!options.to.empty()) wanted.to = std::chrono::ceil<std::chrono::minutes>(moment("--to", options.to));
  if (wanted.from && wanted.to && *wanted.from >= *wanted.to)
    throw UsageError(fmt::format("--to: {} is not after --from, {}", to_iso8601(*wanted.to), to_iso8601(*wanted.from)));
  return wanted;
}

// Accounts as the configuration has them are not asked for: rows of an account that was taken out are audited too.
std::map<std::string, Tally> by_account(const AuditReport& report) {
  std::map<std::string, Tally> sums;
  for (const auto& [where, tally] : report.tallies) sums[where.first] += tally;
  return sums;
}

std::string json_text(std::string_view text) {
  std::string out;
  json::append_string(out, text);
  return out;
}
std::string json_or_null(const std::optional<Timestamp>& at) {
  return at ? fmt::format("\"{}\"", to_iso8601(*at)) : "null";
}

template <class Items, class Each>
std::string json_list(const Items& items, Each&& each) {
  std::string out = "[";
  for (const auto& item : items) {
    if (out.size() > 1) out += ',';
    out += each(item);
  }
  return out + "]";
}

std::string fields_of(const Tally& tally) {
  return fmt::format(
      "\"acknowledged\":{},\"stored\":{},\"duplicates\":{},\"dead_letters\":{},\"in_flight\":{},\"unaccounted\":{}",
      tally.acknowledged, tally.stored, tally.duplicates, tally.dead_letters, tally.in_flight, tally.unaccounted);
}

std::string json_of(const sinks::Boot& boot) {
  return fmt::format(
      "{{\"instance\":{},\"boot\":{},\"marked_up_to\":{},\"marked_at\":\"{}\",\"ended\":{},\"spool_events\":{}}}",
      json_text(boot.instance), json_text(boot.boot), boot.marked_up_to, to_iso8601(boot.marked_at), boot.ended,
      boot.spool_events ? fmt::format("{}", *boot.spool_events) : "null");
}

void report_json(const AuditReport& report, bool minutes) {
  std::string out = fmt::format("{{\"from\":{},\"to\":{},\"account\":{},{},\"in_doubt\":{},\"voided\":{}",
                                json_or_null(report.wanted.from), json_or_null(report.wanted.to),
                                report.wanted.account.empty() ? "null" : json_text(report.wanted.account),
                                fields_of(report.total()), report.in_doubt.size(), report.voided);
  out += ",\"missing\":" + json_list(report.missing, [](const auto& one) {
           return fmt::format("{{\"receipt\":{},\"account\":{},\"minute\":\"{}\"}}", json_text(one.receipt),
                              json_text(one.account), to_iso8601(one.minute));
         });
  out += ",\"in_doubt_receipts\":" + json_list(report.in_doubt, [](const auto& receipt) { return json_text(receipt); });
  out += ",\"marks_missing\":" + json_list(report.marks_missing, [](const auto& gap) {
           return fmt::format("{{\"instance\":{},\"boot\":{},\"first\":{},\"next\":{}}}", json_text(gap.instance),
                              json_text(gap.boot), gap.first, gap.next);
         });
  out += ",\"waiting_for\":" + json_list(report.waiting_for, [](const auto& what) { return json_text(what); });
  out += ",\"by_account\":" + json_list(by_account(report), [](const auto& entry) {
           return fmt::format("{{\"account\":{},{}}}", json_text(entry.first), fields_of(entry.second));
         });
  if (minutes)
    out += ",\"by_minute\":" + json_list(report.tallies, [](const auto& entry) {
             return fmt::format("{{\"account\":{},\"minute\":\"{}\",{}}}", json_text(entry.first.first),
                                to_iso8601(entry.first.second), fields_of(entry.second));
           });
  out += ",\"boots\":" + json_list(report.boots, [](const auto& boot) { return json_of(boot); });
  fmt::print("{}}}\n", out);
}

void print_row(std::string_view name, const Tally& tally) {
  fmt::print("{:<32} {:>13} {:>13} {:>12} {:>13} {:>11} {:>12}\n", name, tally.acknowledged, tally.stored,
             tally.duplicates, tally.dead_letters, tally.in_flight, tally.unaccounted);
}

template <class Items, class Each>
void print_some(const Items& items, Each&& each) {
  size_t shown = 0;
  for (const auto& item : items) {
    if (shown++ == kNamedForPeople)
      return fmt::print("  … and {} more; --json names all\n", items.size() - kNamedForPeople);
    each(item);
  }
}

void report_text(const AuditReport& report, bool minutes) {
  fmt::print("{:<32} {:>13} {:>13} {:>12} {:>13} {:>11} {:>12}\n", minutes ? "account, minute (UTC)" : "account",
             "acknowledged", "stored", "duplicates", "dead letters", "in flight", "unaccounted");
  if (minutes) {
    for (const auto& [where, tally] : report.tallies)
      print_row(fmt::format("{} {}", where.first, to_iso8601(where.second).substr(0, 16)), tally);
  } else {
    for (const auto& [account, tally] : by_account(report)) print_row(account, tally);
  }
  print_row("all", report.total());
  for (const auto& what : report.waiting_for) fmt::print("waiting for {}\n", what);
  if (report.voided > 0) fmt::print("{} callbacks were answered with a failure and sent again\n", report.voided);
  if (!report.in_doubt.empty()) {
    fmt::print("in doubt, behind the last mark of a process that was killed: {}\n", report.in_doubt.size());
    print_some(report.in_doubt, [](const auto& receipt) { fmt::print("  {}\n", receipt); });
  }
  for (const auto& gap : report.marks_missing)
    fmt::print("marks missing: {}/{} from {} to {} (look for dead letters of stage sink.custody)\n", gap.instance,
               gap.boot, gap.first, gap.next - 1);
  if (!report.missing.empty()) fmt::print("unaccounted:\n");
  print_some(report.missing, [](const auto& one) {
    fmt::print("  {} of {}, received in the minute {}\n", one.receipt, one.account,
               to_iso8601(one.minute).substr(0, 16));
  });
  fmt::print("{}\n", !report.fine()               ? "not everything that was acknowledged is accounted for"
                     : report.waiting_for.empty() ? "everything that was acknowledged is accounted for"
                                                  : "nothing is lost as far as can be told; some is still on its way");
}

void run(Program& program, const Options& options) {
  const auto wanted = wanted_of(options);
  const auto patience = config::parse_duration(options.wait);
  if (!patience) throw UsageError(fmt::format("--wait: '{}' is not a duration; write 10s or 2m", options.wait));
  const auto settings = load_settings(program, config::kForPostgres);
  postgres::Connection connection(settings.postgres.url, "wxpipe audit", postgres::Purpose::administration);
  postgres::require_schema(connection);
  sinks::Drain drain(settings);
  const auto report = sinks::audit(connection, drain, wanted, *patience);
  program.json ? report_json(report, options.minutes) : report_text(report, options.minutes);
  program.exit_code = report.fine() ? 0 : 1;
}
}  // namespace

void add_audit_command(Program& program) {
  auto& command = *program.app.add_subcommand(
      "audit", "Proves that everything that was acknowledged is stored; names what isn't (exit code 1)");
  command.group("Proof");
  add_config_options(command, program);
  add_json_option(command, program);
  const auto options = std::make_shared<Options>();
  command.add_option("--from", options->from, "Callbacks received from this minute on; UTC, or how long ago: 2h")
      ->type_name("TIME");
  command.add_option("--to", options->to, "… and before this one")->type_name("TIME");
  command.add_option("--account", options->account, "Of this account only")->type_name("NAME");
  command.add_option("--wait", options->wait, "How long process and sinks may take to catch up. Default: 10s")
      ->type_name("DURATION");
  command.add_flag("--minutes", options->minutes, "A line for each account and minute");
  add_examples(command,
               {{"wxpipe audit --config wxpipe.toml", "everything since the first callback"},
                {"wxpipe audit --from 2026-11-24T08:00 --to 2026-11-24T12:00 --account shop -c wxpipe.toml",
                 "one morning of one account"},
                {"wxpipe audit --from 24h --json -c wxpipe.toml", "for monitoring: exit code 1 means a loss"}});
  command.callback([&program, options] { run(program, *options); });
}

}  // namespace wxpipe::cli
