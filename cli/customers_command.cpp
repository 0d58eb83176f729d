#include "cli/customers_command.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "common/result.hpp"
#include "operate/customers.hpp"
#include "sinks/family_databases.hpp"

namespace wxpipe::cli {
namespace {
using operate::Customer, operate::Identity;
using report::counted, report::Kind, report::Level, report::Report, report::Table;

struct Options {
  std::string key, account, kind, value, verdict, why;
  bool yes = false;
};

constexpr int64_t kTooMany = 21;

Table table_of(const std::vector<Identity>& identities) {
  Table table{"identities",
              "known as",
              {{"account", "account"},
               {"tenant", "tenant"},
               {"subject", "as"},
               {"first_seen_at", "first seen", Kind::time},
               {"last_seen_at", "last seen", Kind::time},
               {"identity_id"},
               {"customer_id"}},
              {}};
  for (const auto& one : identities)
    table.rows.push_back(
        {one.account, one.tenant, one.subject, one.first_seen_at, one.last_seen_at, one.id, one.customer_id});
  return table;
}

Report choice(const std::string& key, const std::vector<Identity>& identities) {
  if (identities.empty())
    return {.tables = {table_of(identities)},
            .findings = {
                {Level::error, fmt::format("nobody is known as '{}'", key),
                 "Say what an account calls the person (openid, external user id, phone …), or a customer's id."}}};
  return {.tables = {table_of(identities)},
          .findings = {{Level::note, fmt::format("{} may be meant", counted(identities.size(), "identity")),
                        "Name one of them with --account."}}};
}

Report report_of(const Customer& customer) {
  Table values{"values",
               "because",
               {{"kind", "kind"},
                {"value", "value"},
                {"account", "account"},
                {"subject", "of"},
                {"links", "links"},
                {"holders", "held by", Kind::count},
                {"verdict", "verdict"},
                {"evidence", "events", Kind::count},
                {"last_told_at", "last", Kind::time},
                {"first_event_id"},
                {"last_event_id", "event"}},
               {}};
  for (const auto& one : customer.values)
    values.rows.push_back({one.kind, one.value, one.account, one.subject,
                           one.links ? one.holders < kTooMany ? "yes" : "too many hold it" : "no", one.holders,
                           one.verdict, one.evidence, one.last_told_at, one.first_event_id, one.last_event_id});
  Table hints{
      "hints",
      "perhaps the same person",
      {{"kind", "kind"}, {"value", "value"}, {"account", "account"}, {"subject", "as"}, {"customer_id", "customer"}},
      {}};
  for (const auto& one : customer.hints)
    hints.rows.push_back({one.kind, one.value, one.account, one.subject, one.customer_id});
  Report report{.facts = {{"customer_id", "customer", customer.id},
                          {"name", "name", customer.name},
                          {"phone", "phone", customer.phone}},
                .tables = {table_of(customer.identities), std::move(values), std::move(hints)}};
  report.findings.push_back(
      {Level::fine, fmt::format("one customer with {} of an account", counted(customer.identities.size(), "name")),
       customer.identities.size() > 1
           ? "Is a link wrong? `wxpipe customers judge SUBJECT --kind K --value V --verdict refuted`."
           : ""});
  return report;
}

std::unique_ptr<postgres::Connection> connect(const Program& program) {
  const auto settings = load_settings(program, config::kForPostgres);
  return sinks::open(sinks::database_of<schemas::IdentityTold>(settings), "wxpipe customers");
}

void explain(Program& program, const Options& options) {
  const auto connection = connect(program);
  connection->execute("set default_transaction_read_only = on; set statement_timeout = '10s'");
  const auto found = operate::find_identities(*connection, options.key, options.account);
  bool one_customer = !found.empty();
  for (const auto& each : found) one_customer = one_customer && each.customer_id == found[0].customer_id;
  if (!one_customer) return conclude(program, choice(options.key, found));
  conclude(program, report_of(operate::customer_of(*connection, found[0].customer_id)));
}

void judge(Program& program, const Options& options) {
  if (options.yes && options.why.empty()) throw UsageError("--why: say why, for audit_logs");
  const auto connection = connect(program);
  const auto found = operate::find_identities(*connection, options.key, options.account);
  if (found.size() != 1) return conclude(program, choice(options.key, found));
  const auto judged =
      operate::judge(*connection, {found[0], options.kind, options.value, options.verdict, options.why}, options.yes);
  Report report{.facts = {{"identity_id", "", found[0].id},
                          {"written", "", options.yes},
                          {"told", "", judged.told},
                          {"customers_before", "", static_cast<int64_t>(judged.before.size())},
                          {"customers_after", "", static_cast<int64_t>(judged.after.size())}},
                .tables = {report::list("after", "customers", judged.after)}};
  if (!judged.told)
    report.findings.push_back(
        {Level::note, fmt::format("nothing has told that {} is {} yet: the verdict holds when something does",
                                  options.kind, options.value)});
  const auto what =
      judged.after.size() == judged.before.size()
          ? std::string("the same customers as before")
          : fmt::format("{} instead of {}", counted(judged.after.size(), "customer"), judged.before.size());
  report.findings.push_back(options.yes ? report::Finding{Level::fine, what, "`--verdict open` takes the verdict back."}
                                        : report::Finding{Level::note, "nothing was written; it would be " + what,
                                                          "Say it again with --yes and --why."});
  conclude(program, report);
}

CLI::App& add_verb(CLI::App& group, Program& program, Options& options, const char* name, const char* meaning) {
  auto& command = *group.add_subcommand(name, meaning);
  command.group("Commands");
  add_config_options(command, program);
  add_report_options(command, program, Rows::some);
  command.add_option("person", options.key, "What an account calls the person (openid, phone …), or a customer's id")
      ->required()
      ->type_name("SUBJECT");
  command.add_option("--account", options.account, "Of this account. Default: of the one that has it")
      ->type_name("NAME");
  return command;
}
}  // namespace

void add_customers_command(Program& program) {
  auto& group = *program.app.add_subcommand(
      "customers", "Who is who: why accounts are thought to be one person's, and your verdict");
  group.group("Operation");
  group.require_subcommand(1);
  const auto options = std::make_shared<Options>();

  auto& one = add_verb(group, program, *options, "explain", "Shows a customer, and what links its identities");
  add_examples(one, {{"wxpipe customers explain oUser1 -c wxpipe.toml", "who is this follower elsewhere, and why?"},
                     {"wxpipe customers explain 13800138000 --account forms --json -c wxpipe.toml", "for programs"}});
  one.callback([&program, options] { explain(program, *options); });

  auto& verdict = add_verb(group, program, *options, "judge",
                           "Says whether a value is theirs; without --yes it only says what that would do");
  verdict.add_option("--kind", options->kind, "The value's kind, as explain shows it")
      ->required()
      ->check(CLI::IsMember({"openid", "external_userid", "unionid", "wxid", "phone", "email", "wechat"}))
      ->type_name("KIND");
  verdict.add_option("--value", options->value, "The value, as explain shows it")->required()->type_name("VALUE");
  verdict
      .add_option("--verdict", options->verdict,
                  "refuted: it isn't theirs. confirmed: it is, and joins them with others who have it. open: the rules "
                  "decide again")
      ->required()
      ->check(CLI::IsMember({"refuted", "confirmed", "open"}))
      ->type_name("VERDICT");
  verdict.add_option("--why", options->why, "Why, for audit_logs")->type_name("TEXT");
  verdict.add_flag("--yes", options->yes, "Write it");
  add_examples(verdict,
               {{"wxpipe customers judge lead-9 --kind phone --value 13800138000 --verdict refuted --why 'a colleague "
                 "filled in the form' --yes -c wxpipe.toml",
                 "they are two people"},
                {"wxpipe customers judge oUser1 --kind phone --value 13800138000 --verdict confirmed -c wxpipe.toml",
                 "what would be joined if the phone in the chat is their own?"}});
  verdict.callback([&program, options] { judge(program, *options); });

  add_examples(group,
               {{"wxpipe customers explain oUser1 -c wxpipe.toml", "who is this follower elsewhere, and why?"},
                {"wxpipe customers judge lead-9 --kind phone --value 13800138000 --verdict refuted --why 'a typo' "
                 "-c wxpipe.toml",
                 "what would change if this number isn't theirs"}});
}

}  // namespace wxpipe::cli
