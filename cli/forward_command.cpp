#include "cli/forward_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>

#include "cli/moment.hpp"
#include "cli/one_account.hpp"
#include "common/crypto/sealer.hpp"
#include "common/http/client.hpp"
#include "common/http/peer.hpp"
#include "common/result.hpp"
#include "common/runtime/stop_signals.hpp"
#include "common/runtime/stop_wait.hpp"
#include "operate/recorded_events.hpp"
#include "simulate/wire.hpp"

namespace wxpipe::cli {
namespace {
using namespace std::chrono_literals;
using report::Column, report::Kind, report::Level, report::Report, report::Table;
using std::chrono::steady_clock;

constexpr auto kPause = 200ms;        // between two looks for new ones
constexpr size_t kMostRows = 10'000;  // kept for the report as JSON
constexpr int kMostFailures = 5;      // in a row, without an answer
constexpr std::string_view kSealed = "sealed:v1:";

struct Options {
  std::string account, to, since, where;
  std::vector<std::string> match;
  double rate = 0;
  bool follow = false, anywhere = false, insecure = false;
};

// What of an event its account's platform said.
simulate::Said said_again(const schemas::Event& event, const std::optional<crypto::Sealer>& sealer) {
  simulate::Said said;
  const auto& recorded = event.body_bytes.empty() ? event.raw : event.body_bytes;
  said.body = sealer ? sealer->open_all(recorded) : recorded;
  const auto first = said.body.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  said.format =
      first != said.body.npos && said.body[first] == '<' ? simulate::BodyFormat::xml : simulate::BodyFormat::json;
  said.tenant = event.tenant;
  said.subject = event.sender;
  constexpr std::string_view kWebhook = "webhook|";
  said.webhook_id = event.identity.starts_with(kWebhook) ? event.identity.substr(kWebhook.size()) : to_string(event.id);
  uint64_t seed = 0;
  for (const auto byte : event.id.bytes) seed = seed * 31 + byte;
  said.signed_as = seed * 4 + 1;
  return said;
}

// --to, with what the platforms put in for a tenant.
std::string path_for(std::string path, const std::string& tenant) {
  for (const auto placeholder : {ingest::kAppIdInPath, ingest::kCorpIdInPath})
    if (const auto at = path.find(placeholder); at != path.npos) path.replace(at, placeholder.size(), tenant);
  return path.empty() ? "/" : path;
}

http::Url destination(const Options& options) {
  auto url = http::parse_url(options.to);
  if (!url) throw UsageError(fmt::format("--to: '{}' is not http://host:port/path", options.to));
  if (options.anywhere) return *url;
  const auto addresses = http::resolve(*url, steady_clock::now() + 5s);
  const auto is_here = [](const auto& endpoint) { return endpoint.address().is_loopback(); };
  if (!std::ranges::all_of(addresses, is_here))
    throw UsageError(
        fmt::format("--to: {} is not this machine, and recorded callbacks are what people wrote; --anywhere "
                    "sends them all the same",
                    url->host));
  return *url;
}

// Everything that is sent, and what came of it.
class Forwarding {
 public:
  Forwarding(Program& program, const config::AccountSettings& account, std::optional<crypto::Sealer> sealer,
             http::Url url, const Options& options)
      : program_(program),
        sealer_(std::move(sealer)),
        path_(std::exchange(url.prefix, {})),
        speaker_(simulate::make_speaker(account, 1, 1)),
        client_(std::move(url), {.connect = 3s, .request = 15s, .verify = !options.insecure}) {}

  void send(const schemas::Event& event) {
    const auto said = said_again(event, sealer_);
    if (said.body.find(kSealed) != said.body.npos) ++sealed_;
    const auto delivery = simulate::make_delivery(said, speaker_, 0, system_clock().now());
    auto target = path_for(path_, event.tenant);
    if (!delivery.query.empty()) target += "?" + delivery.query;
    const auto began = steady_clock::now();
    std::string answer;
    try {
      const auto response = client_.post(target, delivery.body, delivery.headers());
      answer = std::to_string(response.status);
      if (response.status < 200 || response.status > 299) ++refused_;
      failures_ = 0;
    } catch (const http::Error& error) {
      ++unanswered_;
      // Nobody was ever there, or nobody is there any more.
      if (++failures_ >= kMostFailures || sent_ + 1 == unanswered_) throw;
      answer = error.what();
    }
    ++sent_;
    ++answers_[answer];
    show(event, answer, std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - began));
  }

  void conclude(uint64_t repeats, bool has_key) {
    Report report{.facts = {{"sent", "", sent_},
                            {"refused", "", refused_},
                            {"unanswered", "", unanswered_},
                            {"repeats_left_out", "", repeats},
                            {"with_sealed_credentials", "", sealed_}}};
    Table answers{"answers", "", {{"answer", "answer"}, {"callbacks", "callbacks", Kind::count}}, {}};
    for (const auto& [answer, number] : answers_) answers.rows.push_back({answer, number});
    answers.total = {"all", sent_};
    report.tables.push_back(std::move(answers));
    if (program_.format == Format::json) {
      report.facts.push_back({"rows_left_out", "", sent_ - rows_.size()});
      report.tables.push_back({"callbacks", "", columns(), std::move(rows_)});
    }
    if (refused_ + unanswered_ > 0)
      report.findings.push_back(
          {Level::error, fmt::format("{} not answered with 2xx", report::counted(refused_ + unanswered_, "callback")),
           "Each has its answer above."});
    if (sealed_ > 0)
      report.findings.push_back(
          {Level::note, fmt::format("{} with credentials that stayed sealed", report::counted(sealed_, "callback")),
           has_key ? "No sealing key that is configured opens them."
                   : "Give WXPIPE_SEALING_KEY, and they are opened."});
    if (program_.format != Format::ndjson) cli::conclude(program_, report);
    if (program_.format == Format::ndjson && refused_ + unanswered_ > 0) program_.exit_code = kFoundWrong;
  }

 private:
  static std::vector<Column> columns() {
    return {{"received_at", "received", Kind::time},
            {"type", "type"},
            {"subject", "subject"},
            {"event_id", "event id"},
            {"answer", "answer"},
            {"took", "after", Kind::duration}};
  }
  void show(const schemas::Event& event, const std::string& answer, std::chrono::microseconds took) {
    report::Row row{event.received_at, event.type, event.subject, to_string(event.id), answer, took.count()};
    if (program_.format == Format::json) {
      if (rows_.size() < kMostRows) rows_.push_back(std::move(row));
      return;
    }
    if (program_.format == Format::ndjson) {
      std::string line;
      report::append_row(line, columns(), row);
      fmt::print("{}\n", line);
    } else {
      fmt::print("{} {} {} {}  {}\n", to_iso8601(event.received_at).substr(0, 19), answer, event.type,
                 to_string(event.id), report::duration_words(took));
    }
    if (std::fflush(stdout) != 0) throw std::runtime_error("standard output is closed");
  }

  Program& program_;
  const std::optional<crypto::Sealer> sealer_;
  const std::string path_;
  const simulate::Speaker speaker_;
  http::Client client_;
  std::map<std::string, uint64_t> answers_;
  std::vector<report::Row> rows_;
  uint64_t sent_ = 0, refused_ = 0, unanswered_ = 0, sealed_ = 0;
  int failures_ = 0;  // in a row
};

// The sealing key is wanted, but not needed: without it credentials stay sealed.
config::Settings settings_with_or_without_key(const Program& program) {
  try {
    return load_settings(program, {.postgres = false});
  } catch (const UsageError&) {
    return load_settings(program, {.sealing = false, .postgres = false});  // says what else is wrong
  }
}

void run(Program& program, const Options& options) {
  const auto now = system_clock().now();
  Timestamp from = now;
  if (!options.since.empty()) {
    const auto at = parse_moment(options.since, now);
    if (!at) throw UsageError(fmt::format("--since: '{}' is not a moment; {}", options.since, kMomentForms));
    from = *at;
  } else if (!options.follow) {
    throw UsageError("say --since 2h for recorded callbacks, --follow for those that come, or both");
  }
  const auto settings = settings_with_or_without_key(program);
  const auto& account = one_account(settings, options.account);
  const auto where = fmt::format("account={}{}{}", account.name, options.where.empty() ? "" : ",", options.where);
  operate::EventFilter filter(where, options.match);
  auto url = destination(options);
  const runtime::StopSignals signals;
  const auto stop = signals.token();
  std::optional<crypto::Sealer> sealer;
  if (!settings.sealing.key.empty()) sealer.emplace(settings.sealing.key, settings.sealing.previous_keys);
  const bool has_key = sealer.has_value();
  Forwarding forwarding(program, account, std::move(sealer), std::move(url), options);
  operate::RecordedEvents recorded(settings, std::move(filter), from);

  const auto spacing =
      options.rate > 0
          ? std::chrono::duration_cast<steady_clock::duration>(std::chrono::duration<double>(1 / options.rate))
          : steady_clock::duration(0);
  auto next = steady_clock::now();
  while (!stop.stop_requested()) {
    const auto events = recorded.step();
    for (const auto& event : events) {
      const auto wait = next - steady_clock::now();
      if (wait > 0s) runtime::wait(stop, std::chrono::ceil<std::chrono::milliseconds>(wait));
      if (stop.stop_requested()) break;
      next = std::max(next, steady_clock::now() - spacing) + spacing;
      forwarding.send(event);
    }
    if (recorded.behind() > 0) continue;
    if (!options.follow) break;
    runtime::wait(stop, kPause);
  }
  forwarding.conclude(recorded.repeats(), has_key);
}
}  // namespace

void add_forward_command(Program& program) {
  auto& command = *program.app.add_subcommand(
      "forward",
      "Sends recorded callbacks of an account to a developer's machine, signed and encrypted as its platform "
      "does, then live ones");
  command.group("Development");
  add_config_options(command, program);
  add_report_options(command, program, Rows::some);
  const auto options = std::make_shared<Options>();
  command.add_option("--account", options->account, "Whose callbacks. Default: the only account")->type_name("NAME");
  command
      .add_option("--to", options->to,
                  "Where they go, with the path; $APPID$ or $CORPID$ in it becomes the authorised account")
      ->type_name("URL")
      ->required();
  command.add_option("--since", options->since, "Begin with what was received then; UTC, or how long ago: 2h")
      ->type_name("TIME");
  command.add_flag("--follow", options->follow, "Then go on with those that come, until Ctrl-C");
  command.add_option("--where", options->where, "Only such events: type=message.*,subject=oABC")
      ->type_name("NAME=PATTERN,…");
  command.add_option("--match", options->match, "Only events whose JSON has such a value: /attributes/EventKey=PRICE")
      ->type_name("POINTER=PATTERN");
  command.add_option("--rate", options->rate, "At most so many a second. Default: each after the answer to the last")
      ->type_name("N")
      ->check(above_zero());
  command.add_flag("--anywhere", options->anywhere, "Also to another machine; without it only to this one");
  command.add_flag("--insecure", options->insecure, "https: take any certificate");
  add_examples(
      command,
      {{"wxpipe forward --account shop --to http://localhost:3000/callback --since 2h -c wxpipe.toml",
        "the last two hours, to the program that you write"},
       {"wxpipe forward --account shop --to http://localhost:3000/callback --follow --where type=message.* -c "
        "wxpipe.toml",
        "messages, as they come"},
       {"wxpipe forward --account shop --to http://localhost:3000/callback --since 1d --rate 5 --json -c wxpipe.toml",
        "five a second; each with its answer, for programs"}});
  command.callback([&program, options] { run(program, *options); });
}

}  // namespace wxpipe::cli
