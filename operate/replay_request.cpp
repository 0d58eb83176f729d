#include "operate/replay_request.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <memory>

#include "common/config/environment.hpp"
#include "common/config/settings_file.hpp"
#include "common/postgres/migrations.hpp"
#include "common/result.hpp"
#include "operate/moment.hpp"
#include "operate/replay_targets.hpp"
#include "operate/replay_words.hpp"
#include "operate/side_schema.hpp"

namespace wxpipe::operate {
using report::counted, report::Kind, report::Level, report::Report, report::Table;
using schemas::TopicName;
using std::chrono::steady_clock;

namespace {
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
Place place(postgres::Connection& connection, const char* option, std::string_view text) {
  constexpr std::string_view kBookmark = "bookmark:", kOffset = "offset:";
  if (text.empty()) return {};
  if (text.starts_with(kBookmark)) return find_bookmark(connection, text.substr(kBookmark.size()));
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
Into into_of(const ReplayRequest& request) {
  const auto colon = request.into.find(':');
  Into into{request.into.substr(0, colon), colon == std::string::npos ? "" : request.into.substr(colon + 1)};
  const bool named = into.kind == "schema" || into.kind == "topic" || into.kind == "files";
  if ((!named && into.kind != "tables") || named == into.name.empty())
    throw UsageError(
        fmt::format("--into: '{}' is no target; write tables, schema:NAME, topic:NAME or files:FOLDER", request.into));
  return into;
}

void check(const ReplayRequest& request, const Into& into, const std::vector<TopicName>& topics) {
  const bool only_events = std::ranges::all_of(topics, [](auto topic) { return topic == TopicName::events; });
  const bool filterable = std::ranges::all_of(
      topics, [](auto topic) { return topic == TopicName::events || topic == TopicName::messages; });
  if ((request.renormalize || !request.rules.empty()) && !only_events)
    throw UsageError("--renormalize and --rescore make facts anew out of events; replay the topic events alone");
  if ((!request.where.empty() || !request.match.empty()) && !filterable)
    throw UsageError("--where and --match choose events; they work on the topics events and messages");
  if (!request.rules.empty() && into.kind == "tables")
    throw UsageError(
        "--rescore: points of other rules would be added to those that are in the tables; take --into schema:NAME and "
        "compare");
  if (!request.rules.empty() && into.kind == "topic")
    throw UsageError("--rescore: another topic gets the events themselves, which have no score");
  if (request.resume && into.kind == "files")
    throw UsageError("--resume: files can't be gone on with; write them anew, in another folder");
}

// Other scoring rules: a file as [score] rules_file names it.
std::vector<config::ScoreRule> rules_in(const std::string& file) {
  const config::Environment environment{{{"WXPIPE_SCORE__RULES_FILE", file}}, {}};
  return config::load_settings("", environment, config::kForProcess).score.rules;
}

struct Done {
  Replayed sum;
  Table topics{"topics",
               "",
               {{"topic", "topic"},
                {"offsets", "offsets", Kind::count},
                {"records", "records", Kind::count},
                {"taken", "taken", Kind::count}},
               {}};
};

void add(Done& done, std::string_view topic, const Replayed& one) {
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

void add_rows(Report& report, const Tables& tables, int64_t& fresh) {
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
}  // namespace

void check(const ReplayRequest& request) {
  check(request, into_of(request), topics_of(request.topics));
  const EventFilter filter(request.where, request.match);
}

report::Report run_replay(config::Settings settings, const ReplayRequest& request, const Operator& who,
                          const std::function<void(const Replayed&)>& progress, const std::stop_token& stop) {
  const auto into = into_of(request);
  const auto topics = topics_of(request.topics);
  check(request, into, topics);
  const auto format = request.format.starts_with("csv") ? Files::Format::csv : Files::Format::ndjson;
  const auto compression = request.format.ends_with(".zst") ? runtime::OutputFile::Compression::zstd
                                                            : runtime::OutputFile::Compression::none;
  ReplayOrder order{.name = words_of(request),
                    .asked_by = who.name,
                    .partition = request.partition < 0 ? std::nullopt : std::optional(request.partition),
                    .filter = EventFilter(request.where, request.match),
                    .renormalize = request.renormalize,
                    .most_per_second = request.rate,
                    .resume = request.resume};
  if (!request.rules.empty()) settings.score.rules = rules_in(request.rules);
  const postgres::Schemas side = into.kind == "schema" ? named_side_schema(into.name) : postgres::Schemas{};

  postgres::Connection connection(settings.postgres.url, "wxpipe replay", postgres::Purpose::administration);
  postgres::require_schema(connection);
  order.from = place(connection, "--from", request.from);
  order.to = place(connection, "--to", request.to);
  require_order(order.from, order.to);

  // What changes production is shown first.
  const bool dry_run = request.dry_run || (into.kind == "tables" && !request.yes);
  std::unique_ptr<ReplayTarget> target;
  std::unique_ptr<postgres::Connection> beside;  // to the side schema
  if (dry_run) {
    target = std::make_unique<Nowhere>();
  } else if (into.kind == "topic") {
    target = std::make_unique<OtherTopic>(settings.kafka, into.name);
  } else if (into.kind == "files") {
    target = std::make_unique<Files>(into.name, format, compression);
  } else {
    if (into.kind == "schema") {
      make_side_schema(settings, side);
      beside = std::make_unique<postgres::Connection>(settings.postgres.url, "wxpipe replay",
                                                      postgres::Purpose::administration, side);
    }
    target = std::make_unique<Tables>(settings, side, system_clock());
  }
  auto* const positions = dry_run || into.kind == "files" ? nullptr : beside ? beside.get() : &connection;

  const auto command = new_command_id();
  const auto remember = [&](const char* what, int64_t affected) {
    if (dry_run) return;
    postgres::Transaction transaction(connection);
    write(transaction, who,
          {command, what, into.kind == "files" ? "READ" : "CREATE", into.kind, into.name,
           fmt::format("{} {}", fmt::join(request.topics, " "), order.name), request.why, affected});
    transaction.commit();
  };
  remember("replay begun", 0);
  const auto began = steady_clock::now();
  Done done;
  for (const auto topic : topics) {
    order.topic = topic;
    add(done, word_of(schemas::topic(topic)), replay(settings, positions, order, *target, progress, stop));
    if (done.sum.stopped) break;
  }
  const double seconds = std::chrono::duration<double>(steady_clock::now() - began).count();

  Report report;
  report.facts = {{"into", "", request.into},
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
  if (const auto* tables = dynamic_cast<const Tables*>(target.get())) {
    affected = 0;
    add_rows(report, *tables, affected);
    report.facts.push_back({"fresh", "", affected});
  }
  if (auto* files = dynamic_cast<Files*>(target.get())) {
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
         request.dry_run ? "" : "Rows that are there already would stay as they are. Say it again with --yes."});
  else
    report.findings.push_back(
        {Level::fine, fmt::format("{} replayed", taken),
         into.kind == "schema" ? fmt::format("`wxpipe diff {}` compares it with production.", into.name) : ""});
  return report;
}

}  // namespace wxpipe::operate
