#include "cli/accounts_command.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

#include "common/postgres/migrations.hpp"
#include "common/report/cells.hpp"
#include "common/result.hpp"
#include "operate/accounts.hpp"

namespace wxpipe::cli {
namespace {
using operate::Order, operate::StoredAccount;
using report::counted, report::Kind, report::Level, report::Report, report::Table;

// Where a new secret is to be found. Never on the command line itself: other users of the machine can read that.
struct SecretFrom {
  std::string_view key, option;
  std::string variable{}, file{};
};

struct Options {
  std::string name, from, why;
  std::array<SecretFrom, 3> secrets{{{"token", "token"}, {"encoding_aes_key", "aes-key"}, {"secret", "secret"}}};
  bool yes = false, replace = false, finish = false;
};

constexpr config::Needs kNoSecrets{.accounts = false, .sealing = false, .postgres = false, .console = false};
constexpr config::Needs kPostgresAndSealing{.accounts = false, .console = false};

constexpr std::string_view kTakenSoon =
    "Every ingest and process takes it within five seconds, and says configuration_taken in its log.";

// What to edit where the accounts stand in the file.
std::string to_edit(const Program& program, std::string_view verb, const std::string& name) {
  const auto what = verb == "add"      ? std::string("add an [[accounts]] table there")
                    : verb == "retire" ? fmt::format("remove the [[accounts]] table of {} there", name)
                                       : fmt::format(
                                             "in the [[accounts]] table of {0}, make the present token the "
                                             "previous_token and write the new one as token (so with "
                                             "encoding_aes_key and secret); when the console has switched, "
                                             "remove the previous_ keys",
                                             name);
  return fmt::format(
      "the accounts stand in {}, not in Postgres: {}. A running process takes the change by itself, or at "
      "once on SIGHUP. ([accounts_from] postgres = true is for accounts in Postgres)",
      program.config_file.empty() ? "the configuration file" : program.config_file, what);
}

config::Settings load(const Program& program, std::string_view verb, const std::string& name) {
  if (!load_settings(program, kNoSecrets).accounts_from.postgres) throw UsageError(to_edit(program, verb, name));
  return load_settings(program, kPostgresAndSealing);
}

struct Session {
  Session(const Program& program, std::string_view verb, const std::string& name)
      : settings(load(program, verb, name)),
        sealer(settings.sealing.key, settings.sealing.previous_keys),
        connection(settings.postgres.url, "wxpipe accounts", postgres::Purpose::administration) {
    postgres::require_schema(connection);
  }
  config::Settings settings;
  crypto::Sealer sealer;
  postgres::Connection connection;
};

Order order_of(const Options& options) {
  return {options.yes ? operate::Do::it : operate::Do::try_it, operate::this_operator(), options.why};
}

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, ", ")); }

Table table_of(std::string key, const std::vector<StoredAccount>& accounts) {
  Table table{std::move(key),
              "",
              {{"account", "account"},
               {"kind", "kind"},
               {"title", "title"},
               {"keys", "keys"},
               {"previous", "also accepted"},
               {"state", "state"},
               {"updated_at", "changed", Kind::time},
               {"updated_by", "by"}},
              {}};
  for (const auto& one : accounts)
    table.rows.push_back(
        {one.name, one.kind, one.title, joined(one.keys), joined(one.previous), one.retired ? "retired" : "active",
         one.updated_at == Timestamp{} ? report::Value() : report::Value(one.updated_at), one.updated_by});
  return table;
}

void list(Program& program) {
  std::vector<StoredAccount> accounts;
  const auto settings = load_settings(program, kNoSecrets);
  if (settings.accounts_from.postgres) {
    const auto with_url = load_settings(program, config::kForPostgres);
    postgres::Connection connection(with_url.postgres.url, "wxpipe accounts", postgres::Purpose::administration);
    postgres::require_schema(connection);
    accounts = operate::list_accounts(connection);
  } else {
    const auto of_file = load_settings(program, {.sealing = false, .postgres = false});
    for (const auto& account : of_file.accounts) accounts.push_back(operate::described(account));
  }
  Report report;
  report.facts = {{"from", "", settings.accounts_from.postgres ? "postgres" : "file"}};
  report.tables = {table_of("accounts", accounts)};
  const auto rotating = std::ranges::count_if(accounts, [](const auto& one) { return !one.previous.empty(); });
  report.findings.push_back({Level::note, counted(accounts.size(), "account")});
  if (rotating > 0)
    report.findings.push_back({Level::note,
                               fmt::format("{} in a rotation: previous keys are accepted too",
                                           counted(static_cast<uint64_t>(rotating), "account")),
                               settings.accounts_from.postgres
                                   ? "When the console has switched: `wxpipe accounts rotate NAME --finish`."
                                   : "When the console has switched, remove the previous_ keys."});
  conclude(program, report);
}

// What was done, or would be.
void tell(Program& program, const Options& options, std::vector<StoredAccount> accounts, std::string_view done,
          std::string_view would, std::string_view next) {
  Report report;
  report.facts = {{"changed", "", options.yes}};
  report.tables = {table_of("accounts", accounts)};
  if (options.yes)
    report.findings.push_back({Level::fine, std::string(done), fmt::format("{}{}", kTakenSoon, next)});
  else
    report.findings.push_back({Level::note, fmt::format("nothing was changed; {}", would), "Say it again with --yes."});
  conclude(program, report);
}

std::vector<StoredAccount> only(std::vector<StoredAccount> all, const std::vector<std::string>& names) {
  std::erase_if(all, [&](const auto& one) { return std::ranges::find(names, one.name) == names.end(); });
  return all;
}

void add_accounts(Program& program, const Options& options) {
  Session session(program, "add", {});
  const auto loaded =
      config::read_settings(options.from, environment_of(program), {.sealing = false, .postgres = false});
  if (!loaded.errors.empty()) throw UsageError(joined(loaded.errors));
  auto accounts = loaded.settings.accounts;
  if (!options.name.empty()) std::erase_if(accounts, [&](const auto& one) { return one.name != options.name; });
  if (accounts.empty())
    throw UsageError(fmt::format("{} has no [[accounts]] table of '{}'", options.from, options.name));
  operate::put_accounts(session.connection, session.sealer, accounts, options.replace, order_of(options));
  std::vector<StoredAccount> shown;
  for (const auto& account : accounts) shown.push_back(operate::described(account));
  const auto count = counted(accounts.size(), "account");
  tell(program, options, std::move(shown), fmt::format("{} put into Postgres", count),
       fmt::format("{} would be put into Postgres", count),
       fmt::format(" {} is needed no longer: delete it if it has secrets.", options.from));
}

Secret read_secret(const Program& program, const SecretFrom& from) {
  std::string text;
  if (!from.variable.empty()) {
    text = environment_of(program).get(from.variable);
    if (text.empty())
      throw UsageError(fmt::format("--{}-env: the environment variable {} is not set", from.option, from.variable));
  } else {
    text = config::read_secret_file(from.file).reveal();
  }
  return Secret(std::move(text));
}

void rotate(Program& program, const Options& options) {
  operate::NewSecrets fresh;
  for (const auto& from : options.secrets)
    if (!from.variable.empty() || !from.file.empty()) fresh.emplace(from.key, read_secret(program, from));
  if (options.finish == !fresh.empty())
    throw UsageError(
        "which keys? Give the new ones by --token-file, --aes-key-file or --secret-file (or -env), or say --finish when "
        "the console has switched");
  Session session(program, "rotate", options.name);
  std::vector<std::string> keys;
  if (options.finish)
    keys = operate::finish_rotation(session.connection, options.name, order_of(options));
  else
    operate::rotate_keys(session.connection, session.sealer, options.name, fresh, order_of(options));
  for (const auto& [key, secret] : fresh) keys.push_back(key);
  const auto what = joined(keys);
  const auto shown = only(operate::list_accounts(session.connection), {options.name});
  if (options.finish)
    tell(program, options, shown, fmt::format("{}: the previous {} is accepted no longer", options.name, what),
         fmt::format("the previous {} of {} would no longer be accepted", what, options.name), "");
  else
    tell(program, options, shown, fmt::format("{}: {} rotated; the one before is accepted too", options.name, what),
         fmt::format("{} of {} would be rotated, and the present one stay accepted", what, options.name),
         fmt::format(
             " Then enter the new one in the console, and when it has switched: `wxpipe accounts rotate {} --finish`.",
             options.name));
}

void retire(Program& program, const Options& options) {
  Session session(program, "retire", options.name);
  operate::retire_account(session.connection, options.name, order_of(options));
  tell(program, options, only(operate::list_accounts(session.connection), {options.name}),
       fmt::format("{} is retired: its callbacks are refused, its rows stay", options.name),
       fmt::format("{} would be retired", options.name),
       fmt::format(" `wxpipe accounts add FILE --name {} --replace` brings it back.", options.name));
}

CLI::App& add_verb(CLI::App& group, Program& program, const char* name, const char* meaning) {
  auto& command = *group.add_subcommand(name, meaning);
  command.group("Commands");
  add_config_options(command, program);
  add_report_options(command, program, Rows::some);
  return command;
}

void add_change_options(CLI::App& command, Options& options) {
  command.add_option("--why", options.why, "Why, for audit_logs")->type_name("TEXT");
  command.add_flag("--yes", options.yes, "Do it");
}
}  // namespace

void add_accounts_command(Program& program) {
  auto& group =
      *program.app.add_subcommand("accounts", "Accounts: lists them, and changes those that stand in Postgres");
  group.group("Set-up");
  group.require_subcommand(1);
  const auto options = std::make_shared<Options>();

  auto& ls = add_verb(group, program, "ls", "Lists the accounts and which keys they have, wherever they stand");
  add_examples(ls, {{"wxpipe accounts ls -c wxpipe.toml", "who is in a rotation, who is retired"},
                    {"wxpipe accounts ls --ndjson -c wxpipe.toml | jq -r .account", "their names"}});
  ls.callback([&program] { list(program); });

  auto& add =
      add_verb(group, program, "add",
               "Puts the [[accounts]] of a file into Postgres, secrets sealed; without --yes it only checks them");
  add.add_option("file", options->from, "A file with [[accounts]], such as the configuration until now")
      ->required()
      ->type_name("FILE");
  add.add_option("--name", options->name, "Only this account of the file")->type_name("NAME");
  add.add_flag("--replace", options->replace, "An account that is there becomes as the file has it");
  add_change_options(add, *options);
  add_examples(add, {{"wxpipe accounts add shop.toml -c wxpipe.toml", "would they be accepted?"},
                     {"wxpipe accounts add shop.toml --why 'new shop' --yes -c wxpipe.toml", "takes callbacks at once"},
                     {"wxpipe accounts add old.toml --name shop --replace --yes -c wxpipe.toml",
                      "a changed title, reply or menu"}});
  add.callback([&program, options] { add_accounts(program, *options); });

  auto& turn =
      add_verb(group, program, "rotate",
               "Changes an account's keys in two steps, so that no callback is refused; without --yes it only tries");
  turn.add_option("name", options->name, "The account")->required()->type_name("NAME");
  for (auto& from : options->secrets) {
    auto* file = turn.add_option(fmt::format("--{}-file", from.option), from.file,
                                 fmt::format("A file with the new {}", from.key))
                     ->type_name("FILE");
    turn.add_option(fmt::format("--{}-env", from.option), from.variable,
                    fmt::format("The environment variable that has the new {}", from.key))
        ->type_name("NAME")
        ->excludes(file);
  }
  turn.add_flag("--finish", options->finish, "The second step: the previous keys are no longer accepted");
  add_change_options(turn, *options);
  add_examples(turn, {{"wxpipe accounts rotate shop --token-file new_token --yes -c wxpipe.toml",
                       "from now on both are accepted; enter the new one in the console"},
                      {"wxpipe accounts rotate shop --finish --yes -c wxpipe.toml", "when the console has switched"}});
  turn.callback([&program, options] { rotate(program, *options); });

  auto& away =
      add_verb(group, program, "retire", "Refuses an account's callbacks from now on; without --yes it only says so");
  away.add_option("name", options->name, "The account")->required()->type_name("NAME");
  add_change_options(away, *options);
  add_examples(away,
               {{"wxpipe accounts retire shop --why 'shop closed' --yes -c wxpipe.toml", "its row and its data stay"}});
  away.callback([&program, options] { retire(program, *options); });

  add_examples(group, {{"wxpipe accounts ls -c wxpipe.toml", "which there are"},
                       {"wxpipe accounts add accounts.toml --yes -c wxpipe.toml", "from a file into Postgres"}});
}

}  // namespace wxpipe::cli
