#include "cli/send_command.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "cli/one_account.hpp"
#include "common/http/client.hpp"
#include "common/result.hpp"
#include "ingest/platforms.hpp"
#include "operate/outcome.hpp"
#include "simulate/one_callback.hpp"
#include "simulate/simulation.hpp"
#include "simulate/wire.hpp"

namespace wxpipe::cli {
namespace {
using namespace std::chrono_literals;
using report::Kind, report::Level, report::Report, report::Table;
using std::chrono::steady_clock;

constexpr config::Needs kAccountsOnly{.sealing = false, .postgres = false, .console = false};
constexpr size_t kSubjects = 1;  // always the same person, unless --subject names another
constexpr size_t kShown = 500;   // bytes of an answer

struct Options {
  simulate::OneCallback order;
  std::string account, url;
  std::vector<std::string> set;
  bool print = false, insecure = false, types = false;
};

std::vector<simulate::WantedField> fields(const std::vector<std::string>& set) {
  std::vector<simulate::WantedField> list;
  for (const std::string_view one : set) {
    const auto equals = one.find('=');
    const auto name = one.substr(0, equals);
    if (equals == one.npos || name.empty() || name.find_first_of("<>&\"\\ ") != name.npos)
      throw UsageError(
          fmt::format("--set: '{}' is not FIELD=VALUE; write EventKey=PRICE or ScanCodeInfo.ScanResult=x", one));
    list.push_back({std::string(name), std::string(one.substr(equals + 1))});
  }
  return list;
}

// What ingest will make of it: the same code, without sealing keys and randomness that matter.
ingest::Interpretation foreseen(const config::AccountSettings& settings, const simulate::Delivery& delivery,
                                Timestamp at) {
  const ingest::AccountBook book({settings}, operate::throwaway_sealer(), operate::no_randomness());
  return book.interpret(delivery.callback(at));
}

void print_request(Program& program, const std::string& url, const simulate::Delivery& delivery) {
  if (program.format != Format::text) {
    Table headers{"headers", "", {{"name"}, {"value"}}, {}};
    for (const auto& [name, value] : delivery.headers()) headers.rows.push_back({name, value});
    return conclude(program, {.facts = {{"method", "", "POST"}, {"url", "", url}, {"body", "", delivery.body}},
                              .tables = {std::move(headers)}});
  }
  std::string line = "curl -i " + in_shell_quotes(url);
  for (const auto& [name, value] : delivery.headers()) line += " -H " + in_shell_quotes(name + ": " + value);
  fmt::print("{} --data-binary {}\n", line, in_shell_quotes(delivery.body));
}

void list_types(Program& program, const config::AccountSettings& settings) {
  const auto types = simulate::types_of(*ingest::account_kind(settings.kind));
  conclude(program, {.tables = {report::list("types", "", types)}});
}

void run(Program& program, const Options& options) {
  auto order = options.order;
  order.fields = fields(options.set);
  const auto settings = load_settings(program, kAccountsOnly);
  const auto& account = one_account(settings, options.account);
  const auto at = system_clock().now();
  const auto seed = static_cast<uint64_t>(at.time_since_epoch().count());
  const auto speaker = simulate::make_speaker(account, 1, kSubjects);
  if (options.types) return list_types(program, account);
  if (order.type.empty()) throw UsageError("--type is missing; --types lists those that the account can have");
  const auto said = simulate::say_one(speaker, order, seed, at);
  const auto delivery = simulate::make_delivery(said, speaker, 0, at);
  const auto base = options.url.empty() ? simulate::default_url(settings.ingest) : options.url;
  const auto url = http::parse_url(base);
  if (!url) throw UsageError(fmt::format("--url: '{}' is not http://host:port or https://host:port", base));
  if (options.print) {
    const auto prefix = base.substr(0, base.find_last_not_of('/') + 1);
    return print_request(program, prefix + delivery.target(), delivery);
  }

  const auto outcome = foreseen(account, delivery, at);
  Report report{.facts = {{"account", "account", account.name}, {"url", "sent to", url->authority}}};
  std::string event_id;
  if (const auto* accepted = std::get_if<ingest::Accepted>(&outcome)) {
    const auto& event = accepted->event;
    event_id = to_string(event.id);
    report.facts.push_back({"type", "type", event.type});
    report.facts.push_back({"subject", "subject", event.subject});
    report.facts.push_back({"event_id", "event id", event_id});
    if (event.type != order.type)
      report.findings.push_back(
          {Level::warning, fmt::format("with these fields it is {}, not {}", event.type, order.type)});
  } else if (const auto* unreadable = std::get_if<ingest::Unreadable>(&outcome)) {
    event_id = to_string(unreadable->letter.id);
    report.facts.push_back({"dead_letter_id", "dead letter", event_id});
    report.findings.push_back(
        {Level::warning, fmt::format("with these fields it is a dead letter: {} ({})",
                                     to_string(unreadable->letter.reason), unreadable->letter.detail)});
  }

  http::Client client(*url, {.request = 15s, .verify = !options.insecure});
  const auto began = steady_clock::now();
  const auto answer = [&] {
    try {
      return client.post(delivery.target(), delivery.body, delivery.headers());
    } catch (const http::Error& error) {
      if (error.failure != http::Failure::unreachable) throw;
      throw Unavailable(
          fmt::format("ingest doesn't answer at {}; is `wxpipe run` or `wxpipe ingest` running there? ([ingest] listen "
                      "or --url says where)",
                      error.what()));
    }
  }();
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - began);
  report.facts.push_back({"status", "answer", answer.status});
  report.facts.push_back({"took", "after", took.count(), Kind::duration});
  const auto reply = operate::open_reply(speaker.account, answer.body);
  if (!reply.empty())
    report.facts.push_back({"reply", "reply", reply.substr(0, kShown)});
  else
    report.facts.push_back({"body", "body", answer.body.substr(0, kShown)});
  if (answer.status < 200 || answer.status > 299)
    report.findings.push_back(
        {Level::error, fmt::format("ingest didn't take it: {} {}", answer.status, answer.body.substr(0, kShown)),
         "`wxpipe trace --refused` says why. Does it run with the same configuration?"});
  else if (!event_id.empty())
    report.findings.push_back({Level::note, "it was taken", fmt::format("wxpipe trace {}", event_id)});
  conclude(program, report);
}
}  // namespace

void add_send_command(Program& program) {
  auto& command = *program.app.add_subcommand(
      "send", "Sends one callback of any type to the running ingest, signed and encrypted as its platform does");
  command.group("Development");
  add_config_options(command, program);
  add_report_options(command, program, Rows::none);
  const auto options = std::make_shared<Options>();
  command.add_option("--account", options->account, "Which account. Default: the only one")->type_name("NAME");
  command.add_option("--type", options->order.type, "What it is to become: docs/event-types.md")->type_name("TYPE");
  command.add_option("--set", options->set, "A field of the body: instead of what would stand there, or added to it")
      ->type_name("FIELD=VALUE");
  command.add_option("--subject", options->order.subject, "Whom it is about: an openid or external_userid")
      ->type_name("ID");
  command.add_option("--tenant", options->order.tenant, "The authorised account, where several come through one")
      ->type_name("ID");
  command.add_option("--url", options->url, "Where it goes; default: [ingest] listen, on this machine")
      ->type_name("URL");
  command.add_flag("--insecure", options->insecure, "https: take any certificate");
  command.add_flag("--print", options->print, "Send nothing; print the request as a curl command");
  command.add_flag("--types", options->types, "Send nothing; list the types that the account can have");
  add_examples(
      command,
      {{"wxpipe send -c wxpipe.toml --account shop --type menu.clicked --set EventKey=PRICE", "somebody taps a menu"},
       {"wxpipe send -c wxpipe.toml --account shop --type message.text --set Content=价格 --subject oABC",
        "this follower writes"},
       {"wxpipe send -c wxpipe.toml --account shop --type message.text --print",
        "the request, for curl; it can be sent for as long as its signed time is fresh"},
       {"wxpipe send -c wxpipe.toml --account shop --types", "what can be sent"}});
  command.callback([&program, options] { run(program, *options); });
}

}  // namespace wxpipe::cli
