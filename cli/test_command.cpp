#include "cli/test_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>

#include "common/result.hpp"
#include "ingest/platforms.hpp"
#include "operate/outcome.hpp"
#include "operate/rule_case.hpp"
#include "processors/steps.hpp"
#include "simulate/wire.hpp"

namespace wxpipe::cli {
namespace {
using operate::RuleCase;
using report::Level, report::Report, report::Table;

// Accounts and rules are needed, secrets are not: the cases are signed with made-up ones.
constexpr config::Needs kNoSecrets{
    .accounts = false, .sealing = false, .postgres = false, .console = false, .reference = true};
constexpr const char* kSecret = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
constexpr const char* kAesKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
constexpr const char* kProofHeader = "x-wxpipe-test";

struct Options {
  std::string folder;
  bool update = false;
};

// The account with made-up secrets. A sender with rules of its own proves itself by a header; its other rules stay.
config::AccountSettings with_made_up_secrets(config::AccountSettings account) {
  account.token = Secret("made-up");
  account.encoding_aes_key = Secret(kAesKey);
  account.secret = Secret(kSecret);
  account.previous_token = account.previous_encoding_aes_key = account.previous_secret = {};
  if (!ingest::senders::is_declared(account)) return account;
  auto& proof = account.declared;
  proof.algorithm = "equal";
  proof.found = std::string("header:") + kProofHeader;
  proof.over.clear();
  proof.prefix.clear();
  return account;
}

class Bench {
 public:
  explicit Bench(const config::Settings& settings) : steps_(processors::make_steps(settings)) {
    for (const auto& account : settings.accounts) accounts_.push_back(with_made_up_secrets(account));
    if (accounts_.empty()) throw UsageError("no account is configured; cases are callbacks to accounts");
  }

  // The outcome of a case, as expected.json has it.
  std::string outcome_of(const RuleCase& one) const {
    const auto& settings = account_of(one);
    std::vector<std::string> errors;
    const auto account = ingest::make_account(settings, errors);
    if (!errors.empty()) throw UsageError(fmt::format("{}", fmt::join(errors, "\n")));
    const auto sealer = operate::throwaway_sealer();
    const ingest::AccountBook book({settings}, sealer, operate::no_randomness());
    auto interpretation = interpret(book, settings, one);
    auto* const accepted = std::get_if<ingest::Accepted>(&interpretation);
    processors::Facts facts;
    if (accepted != nullptr)
      for (const auto& step : steps_) step.apply(accepted->event, facts);
    return operate::render(interpretation, account, sealer, &facts);
  }

 private:
  const config::AccountSettings& account_of(const RuleCase& one) const {
    const auto named = [&](const std::string& name) {
      return std::ranges::find(accounts_, name, &config::AccountSettings::name);
    };
    if (!one.account.empty()) {
      if (const auto found = named(one.account); found != accounts_.end()) return *found;
      throw UsageError(fmt::format("{}: account '{}' is not in the configuration", one.name, one.account));
    }
    auto above = accounts_.end();
    for (const auto& part : std::filesystem::absolute(one.folder))
      if (const auto found = named(part.string()); found != accounts_.end()) above = found;
    if (above != accounts_.end()) return *above;  // the innermost
    if (accounts_.size() == 1) return accounts_.front();
    throw UsageError(
        fmt::format("{}: which account? Write account = \"…\" into its case.toml, or name a folder above it "
                    "after the account",
                    one.name));
  }

  static ingest::Interpretation interpret(const ingest::AccountBook& book, const config::AccountSettings& settings,
                                          const RuleCase& one) {
    const bool json = one.form == RuleCase::Form::json;
    if (ingest::senders::is_declared(settings)) {
      const std::vector<ingest::Header> headers{{kProofHeader, kSecret}};
      return book.interpret({.account = settings.name,
                             .tenant = {},
                             .query = {},
                             .body = one.body,
                             .content_type = json ? "application/json" : "application/x-www-form-urlencoded",
                             .webhook_id = {},
                             .webhook_timestamp = {},
                             .webhook_signature = {},
                             .headers = headers,
                             .received_at = one.received_at});
    }
    const auto speaker = simulate::make_speaker(settings, 1, 1);
    simulate::Said said;
    said.tenant = one.tenant;
    said.signed_as = one.tenant.empty() ? 0 : 1;  // 0: a suite's address without a corp id
    said.format = json ? simulate::BodyFormat::json : simulate::BodyFormat::xml;
    said.body = one.body;
    said.webhook_id = one.webhook_id;
    const auto delivery = simulate::make_delivery(said, speaker, 0, one.received_at);
    return book.interpret(delivery.callback(one.received_at));
  }

  processors::Steps steps_;
  std::vector<config::AccountSettings> accounts_;
};

void write_expected(const RuleCase& one, const std::string& text) {
  std::ofstream file(one.expected_file(), std::ios::binary | std::ios::trunc);
  file << text;
  file.flush();
  if (!file) throw std::runtime_error(fmt::format("{} can't be written", one.expected_file().string()));
}

std::vector<std::string> expected_lines(const RuleCase& one) {
  try {
    return operate::lines(*one.expected);
  } catch (const std::exception& error) {
    throw UsageError(fmt::format("{}: {}", one.expected_file().string(), error.what()));
  }
}

void run(Program& program, const Options& options) {
  const auto settings = load_settings(program, kNoSecrets);
  const Bench bench(settings);
  Table table{"cases", "", {{"case", "case"}, {"verdict", "verdict"}, {"difference", "difference"}}, {}};
  size_t different = 0, written = 0, all = 0;
  for (const auto& one : operate::read_cases(options.folder)) {
    ++all;
    const auto came = bench.outcome_of(one);
    const auto difference =
        one.expected ? operate::difference(operate::lines(came), expected_lines(one)) : std::string();
    if (one.expected && difference.empty()) {
      table.rows.push_back({one.name, "same", ""});
    } else if (options.update) {
      write_expected(one, came);
      ++written;
      table.rows.push_back({one.name, one.expected ? "written anew" : "written", ""});
    } else {
      ++different;
      if (!one.expected)
        table.rows.push_back({one.name, "nothing expected", "there is no expected.json; --update writes it"});
      // A row for each line that differs.
      for (size_t at = 0; at < difference.size();) {
        const auto end = std::min(difference.find('\n', at + 1), difference.size());
        const auto begin = std::min(difference.find_first_not_of("\n ", at), end);
        table.rows.push_back({one.name, "differs", difference.substr(begin, end - begin)});
        at = end;
      }
    }
  }
  Report report{.facts = {{"cases", "", all}, {"different", "", different}, {"written", "", written}}};
  if (different > 0)
    report.findings.push_back({Level::error,
                               fmt::format("{} of {} as expected", all - different, report::counted(all, "case")),
                               "Correct the rules; or, if this is what you want, --update writes the new outcome."});
  else if (written > 0)
    report.findings.push_back({Level::note, fmt::format("{} written", report::counted(written, "expectation")),
                               "Read each one before you keep it: from now on it is what has to come."});
  else
    report.findings.push_back({Level::fine, fmt::format("{}, all as expected", report::counted(all, "case"))});
  report.tables.push_back(std::move(table));
  conclude(program, report);
}
}  // namespace

void add_test_command(Program& program) {
  auto& command = *program.app.add_subcommand(
      "test", "Runs a folder of callbacks through the real code without servers, and compares what comes of each");
  command.group("Development");
  add_config_options(command, program);
  add_report_options(command, program, Rows::some);
  const auto options = std::make_shared<Options>();
  command
      .add_option("folder", options->folder,
                  "Each folder in it with a body.xml, body.json or body.form is a case; expected.json is the outcome")
      ->type_name("DIR")
      ->required();
  command.add_flag("--update", options->update, "Write expected.json where it is missing or differs");
  add_examples(
      command,
      {{"wxpipe test cases -c wxpipe.toml", "do the rules still give what they should? Exit 1 if not"},
       {"wxpipe test cases/price --update -c wxpipe.toml", "a new case: body.xml is there, expected.json is written"},
       {"wxpipe test cases --ndjson -c wxpipe.toml | jq 'select(.verdict != \"same\")'", "for programs"}});
  command.callback([&program, options] { run(program, *options); });
}

}  // namespace wxpipe::cli
