#include "cli/replay_command.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <memory>

#include "cli/moment.hpp"
#include "common/postgres/migrations.hpp"
#include "common/result.hpp"
#include "common/runtime/stop_signals.hpp"
#include "operate/audit_log.hpp"
#include "operate/replay.hpp"
#include "operate/replay_targets.hpp"
#include "operate/side_schema.hpp"

namespace wxpipe::cli {
namespace {
using namespace std::chrono_literals;
using report::counted, report::grouped, report::Kind, report::Level, report::Report, report::Table;
using schemas::TopicName;
using std::chrono::steady_clock;

constexpr auto kTellEvery = 2s;
// Steps name accounts, menus and channels.
constexpr config::Needs kForTables{.accounts = false, .sealing = false, .reference = true};

struct Options {
  std::vector<std::string> topics{"events"};
  std::string from, to, where, into = "tables", format = "ndjson", rules, why;
  std::vector<std::string> match;
  int partition = -1;
  double rate = 0;
  bool renormalize = false, dry_run = false, resume = false, yes = false;
};

// events.v1 is called events.
std::string_view word_of(const schemas::Topic& topic) { return topic.suffix.substr(0, topic.suffix.find('.')); }

std::vector<TopicName> topics_of(const std::vector<std::string>& words) {
  std::vector<TopicName> topics;
  for (const auto& word : words) {
    std::vector<std::string_view> names;
    const auto before = topics.size();
    for (const auto& topic : schemas::kTopics) {
      if (topic.name == TopicName::seen_ids) continue;  // holds ids alone
      names.push_back(word_of(topic));
      if (names.back() == word) topics.push_back(topic.name);
    }
    if (topics.size() == before)
      throw UsageError(fmt::format("there is no topic '{}' to replay; there are {}", word, fmt::join(names, ", ")));
  }
  return topics;
}

// bookmark:NAME, offset:N, or a moment.
operate::Place place(postgres::Connection& connection, const char* option, std::string_view text) {
  constexpr std::string_view kBookmark = "bookmark:", kOffset = "offset:";
  if (text.empty()) return {};
  if (text.starts_with(kBookmark)) return operate::find_bookmark(connection, text.substr(kBookmark.size()));
  if (text.starts_with(kOffset)) {
    int64_t offset = -1;
    const auto* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + kOffset.size(), end, offset);
    if (error == std::errc{} && stop == end && offset >= 0) return offset;
  } else if (const auto at = parse_moment(text, system_clock().now())) {
    return *at;
  }
  throw UsageError(
      fmt::format("{}: '{}' is no place; {}; or bookmark:NAME, or offset:1200", option, text, kMomentForms));
}

// Where to: the word before the colon and what follows it.
struct Into {
  std::string kind, name;
};
Into into_of(const Options& options) {
  const auto colon = options.into.find(':');
  Into into{options.into.substr(0, colon), colon == std::string::npos ? "" : options.into.substr(colon + 1)};
  const bool named = into.kind == "schema" || into.kind == "topic" || into.kind == "files";
  if ((!named && into.kind != "tables") || named == into.name.empty())
    throw UsageError(
        fmt::format("--into: '{}' is no target; write tables, schema:NAME, topic:NAME or files:FOLDER", options.into));
  return into;
}

std::string words(const Options& options) {
  std::string out = "into=" + options.into;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) out += fmt::format(" {}={}", name, value);
  };
  add("from", options.from);
  add("to", options.to);
  add("where", options.where);
  for (const auto& one : options.match) add("match", one);
  if (options.partition >= 0) add("partition", fmt::format("{}", options.partition));
  if (options.renormalize) out += " renormalize";
  add("rescore", options.rules);
  return out;
}

void check(const Options& options, const Into& into, const std::vector<TopicName>& topics) {
  const bool only_events = std::ranges::all_of(topics, [](auto topic) { return topic == TopicName::events; });
  const bool filterable = std::ranges::all_of(
      topics, [](auto topic) { return topic == TopicName::events || topic == TopicName::messages; });
  if ((options.renormalize || !options.rules.empty()) && !only_events)
    throw UsageError("--renormalize and --rescore make facts anew out of events; replay the topic events alone");
  if ((!options.where.empty() || !options.match.empty()) && !filterable)
    throw UsageError("--where and --match choose events; they work on the topics events and messages");
  if (!options.rules.empty() && into.kind == "tables")
    throw UsageError(
        "--rescore: points of other rules would be added to those that are in the tables; take --into schema:NAME and "
        "compare");
  if (!options.rules.empty() && into.kind == "topic")
    throw UsageError("--rescore: another topic gets the events themselves, which have no score");
  if (options.resume && into.kind == "files")
    throw UsageError("--resume: files can't be gone on with; write them anew, in another folder");
}

// Other scoring rules: a file as [score] rules_file names it.
std::vector<config::ScoreRule> rules_in(const std::string& file) {
  const config::Environment environment{{{"WXPIPE_SCORE__RULES_FILE", file}}, {}};
  return config::load_settings("", environment, config::kForProcess).score.rules;
}

class Progress {
 public:
  void tell(const operate::Replayed& done) {
    const auto now = steady_clock::now();
    if (now - told_ < kTellEvery) return;
    told_ = now;
    const double seconds = std::chrono::duration<double>(now - began_).count();
    const double rate = static_cast<double>(done.offsets) / seconds;
    const auto left = static_cast<double>(done.offsets_in_all - done.offsets) / std::max(rate, 1e-3);
    fmt::print(stderr, "{} of {} offsets, {}/s, {} left\n", grouped(static_cast<uint64_t>(done.offsets)),
               grouped(static_cast<uint64_t>(done.offsets_in_all)), grouped(static_cast<uint64_t>(rate)),
               report::duration_words(std::chrono::microseconds(static_cast<int64_t>(left * 1e6))));
  }

 private:
  const steady_clock::time_point began_ = steady_clock::now();
  steady_clock::time_point told_ = began_;
};

struct Done {
  operate::Replayed sum;
  Table topics{"topics",
               "",
               {{"topic", "topic"},
                {"offsets", "offsets", Kind::count},
                {"records", "records", Kind::count},
                {"taken", "taken", Kind::count}},
               {}};
};

void add(Done& done, std::string_view topic, const operate::Replayed& one) {
  done.topics.rows.push_back({topic, one.offsets, one.records, one.taken});
  auto& sum = done.sum;
  sum.offsets += one.offsets;
  sum.offsets_in_all += one.offsets_in_all;
  sum.records += one.records;
  sum.taken += one.taken;
  sum.stopped = sum.stopped || one.stopped;
  for (const auto& [name, count] : one.made) sum.made[name] += count;
  for (const auto& [why, count] : one.as_they_were) sum.as_they_were[why] += count;
}

Table table_of(std::string key, std::string what, std::string title, const std::map<std::string, int64_t>& counts) {
  Table table{std::move(key), "", {{std::move(what), std::move(title)}, {"records", "records", Kind::count}}, {}};
  for (const auto& [name, count] : counts) table.rows.push_back({name, count});
  return table;
}

void add_rows(Report& report, const operate::Tables& tables, int64_t& fresh) {
  Table rows{"rows",
             "rows",
             {{"family", "family"},
              {"records", "records", Kind::count},
              {"fresh", "new", Kind::count},
              {"refused", "refused", Kind::count}},
             {}};
  for (const auto& [family, written] : tables.written()) {
    int64_t refused = 0;
    for (const auto& [reason, count] : written.refused) {
      refused += count;
      report.findings.push_back(
          {Level::error,
           fmt::format("{}: {} not stored: {}", family, counted(static_cast<uint64_t>(count), "record"), reason),
           "The sink made dead letters of them when they first came: `wxpipe dlq ls`."});
    }
    rows.rows.push_back({family, written.records, written.fresh, refused});
    fresh += written.fresh;
  }
  report.tables.push_back(std::move(rows));
}

void run(Program& program, const Options& options) {
  const auto into = into_of(options);
  const auto topics = topics_of(options.topics);
  check(options, into, topics);
  const auto format = options.format.starts_with("csv") ? operate::Files::Format::csv : operate::Files::Format::ndjson;
  const auto compression = options.format.ends_with(".zst") ? operate::OutputFile::Compression::zstd
                                                            : operate::OutputFile::Compression::none;
  operate::ReplayOrder order{.name = words(options),
                             .partition = options.partition < 0 ? std::nullopt : std::optional(options.partition),
                             .filter = operate::EventFilter(options.where, options.match),
                             .renormalize = options.renormalize,
                             .most_per_second = options.rate,
                             .resume = options.resume};
  auto settings = load_settings(program, options.renormalize ? config::kEverything : kForTables);
  if (!options.rules.empty()) settings.score.rules = rules_in(options.rules);
  const postgres::Schemas side = into.kind == "schema" ? operate::named_side_schema(into.name) : postgres::Schemas{};

  const runtime::StopSignals signals;
  postgres::Connection connection(settings.postgres.url, "wxpipe replay", postgres::Purpose::administration);
  postgres::require_schema(connection);
  order.from = place(connection, "--from", options.from);
  order.to = place(connection, "--to", options.to);

  // What changes production is shown first.
  const bool dry_run = options.dry_run || (into.kind == "tables" && !options.yes);
  std::unique_ptr<operate::ReplayTarget> target;
  std::unique_ptr<postgres::Connection> beside;  // to the side schema
  if (dry_run) {
    target = std::make_unique<operate::Nowhere>();
  } else if (into.kind == "topic") {
    target = std::make_unique<operate::OtherTopic>(settings.kafka, into.name);
  } else if (into.kind == "files") {
    target = std::make_unique<operate::Files>(into.name, format, compression);
  } else {
    if (into.kind == "schema") {
      operate::make_side_schema(settings, side);
      beside = std::make_unique<postgres::Connection>(settings.postgres.url, "wxpipe replay",
                                                      postgres::Purpose::administration, side);
    }
    target = std::make_unique<operate::Tables>(settings, side, system_clock());
  }
  auto* const positions = dry_run || into.kind == "files" ? nullptr : beside ? beside.get() : &connection;

  const auto command = operate::new_command_id();
  const auto remember = [&](const char* what, int64_t affected) {
    if (dry_run) return;
    postgres::Transaction transaction(connection);
    operate::write(transaction, operate::this_operator(),
                   {command, what, into.kind == "files" ? "READ" : "CREATE", into.kind, into.name,
                    fmt::format("{} {}", fmt::join(options.topics, " "), order.name), options.why, affected});
    transaction.commit();
  };
  remember("replay begun", 0);
  const auto began = steady_clock::now();
  Progress progress;
  Done done;
  for (const auto topic : topics) {
    order.topic = topic;
    add(done, word_of(schemas::topic(topic)),
        operate::replay(
            settings, positions, order, *target, [&](const operate::Replayed& so_far) { progress.tell(so_far); },
            signals.token()));
    if (done.sum.stopped) break;
  }
  const double seconds = std::chrono::duration<double>(steady_clock::now() - began).count();

  Report report;
  report.facts = {{"into", "", options.into},
                  {"order", "", order.name},
                  {"dry_run", "", dry_run},
                  {"offsets", "", done.sum.offsets},
                  {"records", "", done.sum.records},
                  {"taken", "", done.sum.taken},
                  {"stopped", "", done.sum.stopped},
                  {"seconds", "", seconds},
                  {"records_per_second", "", static_cast<int64_t>(static_cast<double>(done.sum.records) / seconds)}};
  report.tables = {std::move(done.topics), table_of("made", "topic", "facts of", done.sum.made)};
  int64_t affected = 0;
  for (const auto& [name, count] : done.sum.made) affected += count;
  if (const auto* tables = dynamic_cast<const operate::Tables*>(target.get())) {
    affected = 0;
    add_rows(report, *tables, affected);
    report.facts.push_back({"fresh", "", affected});
  }
  if (auto* files = dynamic_cast<operate::Files*>(target.get())) {
    files->finish();
    Table written{"files", "files", {{"file", "file"}, {"rows", "rows", Kind::count}}, {}};
    for (const auto& file : files->files()) written.rows.push_back({file.path.string(), file.rows});
    report.tables.push_back(std::move(written));
  }
  remember("replay", affected);

  report.tables.push_back(table_of("as_they_were", "why", "not normalised anew, because", done.sum.as_they_were));
  for (const auto& [why, count] : done.sum.as_they_were)
    report.findings.push_back(
        {Level::warning, fmt::format("{} taken as it was: {}", counted(static_cast<uint64_t>(count), "event"), why)});
  const auto taken = counted(static_cast<uint64_t>(done.sum.taken), "record");
  if (done.sum.stopped)
    report.findings.push_back({Level::warning, fmt::format("stopped after {}", taken),
                               positions ? "The same command with --resume goes on." : ""});
  else if (dry_run)
    report.findings.push_back(
        {Level::note, fmt::format("nothing was written; {} would be", taken),
         options.dry_run ? "" : "Rows that are there already would stay as they are. Say it again with --yes."});
  else
    report.findings.push_back(
        {Level::fine, fmt::format("{} replayed", taken),
         into.kind == "schema" ? fmt::format("`wxpipe diff {}` compares it with production.", into.name) : ""});
  conclude(program, report);
}
}  // namespace

void add_replay_command(Program& program) {
  auto& command = *program.app.add_subcommand(
      "replay", "Takes what is on the topics once more: into the tables, a side schema, another topic or files");
  command.group("Operation");
  add_config_options(command, program);
  add_report_options(command, program, Rows::some);
  const auto options = std::make_shared<Options>();
  command
      .add_option("topic", options->topics,
                  "events, messages, followers, leads, customers, logs, directory, receipts, dead_letters or custody; "
                  "several one after the other. Default: events, from which all but the last two follow")
      ->type_name("TOPIC");
  command
      .add_option(
          "--from", options->from,
          "Begin with what was received then (UTC, or how long ago: 2h), at bookmark:NAME or at offset:N of each "
          "partition. Default: the oldest there is")
      ->type_name("PLACE");
  command.add_option("--to", options->to, "… and end before that. Default: what is there now")->type_name("PLACE");
  command.add_option("--partition", options->partition, "Only this partition")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  command.add_option("--where", options->where, "Only such events: account=shop,type=message.*")
      ->type_name("NAME=PATTERN,…");
  command
      .add_option("--match", options->match, "Only events whose JSON has such a value: /attributes/EventKey=qrscene_*")
      ->type_name("POINTER=PATTERN");
  command
      .add_option("--into", options->into,
                  "tables (production's), schema:NAME (the same tables beside them), topic:NAME, or files:FOLDER. "
                  "Default: tables")
      ->type_name("TARGET");
  command
      .add_option("--format", options->format,
                  "Of files: ndjson or csv; with .zst behind it, compressed. Default: ndjson")
      ->check(CLI::IsMember({"ndjson", "csv", "ndjson.zst", "csv.zst"}))
      ->type_name("FORMAT");
  command.add_flag("--renormalize", options->renormalize, "Make each event anew out of its body, by today's rules");
  command.add_option("--rescore", options->rules, "Score by the [[rules]] of this file")->type_name("FILE");
  command.add_option("--rate", options->rate, "At most so many records a second. Default: as fast as it can")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  command.add_flag("--resume", options->resume, "Go on where the same command was stopped");
  command.add_option("--why", options->why, "Why, for audit_logs")->type_name("TEXT");
  command.add_flag("--dry-run", options->dry_run, "Only count");
  command.add_flag("--yes", options->yes, "Write into production's tables; without it that is a dry run");
  add_examples(
      command,
      {{"wxpipe replay --from 2026-11-24T08:00 --to 2026-11-24T12:00 -c wxpipe.toml", "how much is a morning?"},
       {"wxpipe replay --from 2026-11-24T08:00 --to 2026-11-24T12:00 --yes --why 'rows were deleted' -c wxpipe.toml",
        "rows that are missing come back, all others stay as they are"},
       {"wxpipe replay --renormalize --into schema:try -c wxpipe.toml && wxpipe diff try -c wxpipe.toml",
        "what would today's rules make of everything?"},
       {"wxpipe replay --rescore new-rules.toml --into schema:scores --where account=shop -c wxpipe.toml",
        "scores by other rules"},
       {"wxpipe replay messages --where type=message.* --into files:november --format csv -c wxpipe.toml",
        "messages for a spreadsheet"}});
  command.callback([&program, options] { run(program, *options); });
}

}  // namespace wxpipe::cli
