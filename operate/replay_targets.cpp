#include "operate/replay_targets.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <thread>

#include "common/kafka/admin.hpp"
#include "common/kafka/error.hpp"
#include "common/postgres/migrations.hpp"
#include "common/postgres/sqlstate.hpp"
#include "common/result.hpp"
#include "common/runtime/backoff.hpp"
#include "operate/side_schema.hpp"
#include "schemas/fact_list.hpp"
#include "schemas/record_side.hpp"
#include "sinks/families.hpp"
#include "sinks/family_databases.hpp"

namespace wxpipe::operate {
namespace {
using namespace std::chrono_literals;
constexpr int kTries = 8;  // of a batch that met a lock
}  // namespace

// --- tables ---

struct Tables::Family {
  Family(const schemas::FamilyInfo& family, const Tables& tables)
      : info(family),
        database(sinks::database_of(tables.settings_, family)),
        batch(sinks::make_sink(family)),
        writer(family, tables.no_offsets_, tables.settings_.sink, "replay", tables.clock_, sinks::Refused::reported) {}
  const schemas::FamilyInfo& info;
  const sinks::FamilyDatabase database;
  sinks::ReadBatch batch;
  sinks::BatchWriter writer;
};

Tables::Tables(const config::Settings& settings, const postgres::Schemas& schemas, const Clock& clock)
    : settings_(settings),
      schemas_(schemas),
      clock_(clock) {}
Tables::~Tables() = default;

Tables::Family& Tables::family_of(schemas::TopicName topic) {
  auto& family = families_[topic];
  if (family) return *family;
  for (const auto* info : sinks::all_families())
    if (info->topic.name == topic) family = std::make_unique<Family>(*info, *this);
  return *family;
}

void Tables::take(std::span<const Made> records) {
  std::map<schemas::TopicName, std::vector<sinks::InputRecord>> by_topic;
  for (const auto& one : records)
    by_topic[one.topic].push_back({.topic = schemas::topic(one.topic).suffix,
                                   .key = one.key,
                                   .value = one.value,
                                   .timestamp = one.timestamp,
                                   .header = {}});
  for (const auto& [topic, inputs] : by_topic) write(family_of(topic), inputs);
}

void Tables::write(Family& family, std::span<const sinks::InputRecord> records) {
  runtime::Backoff backoff(100ms, 2s);
  sinks::BatchOutcome outcome;
  family.batch.clear();
  family.batch.read(records);
  for (int tries = 1;; ++tries) try {
      auto& connection = connections_[family.database.name];
      if (!connection) {
        auto fresh = sinks::connect(family.database, "wxpipe replay", postgres::Purpose::sink, schemas_);
        if (schemas_ == postgres::Schemas())
          postgres::require_schema(*fresh);
        else
          postgres::require_schema(*fresh, side_migrations());
        connection = std::move(fresh);
      }
      family.writer.write(*connection, family.batch, {}, outcome);
      break;
    } catch (const postgres::InDoubt&) {  // written once more, it changes nothing
      connections_.erase(family.database.name);
      if (tries >= kTries) throw;
    } catch (const postgres::SqlError& error) {
      if (classify(error) != postgres::Verdict::retry || tries >= kTries) throw;
      std::this_thread::sleep_for(backoff.next());
    }
  auto& written = written_[family.info.name];
  written.records += static_cast<int64_t>(records.size());
  written.fresh += outcome.written.fresh;
  for (const auto& letter : outcome.dead_letters) ++written.refused[std::string(to_string(letter.reason))];
  family.batch.clear();
}

// --- another topic ---

OtherTopic::OtherTopic(const config::KafkaSettings& settings, const std::string& topic)
    : producer_(settings, fmt::format("{}replay.{}", settings.topic_prefix, topic), std::vector{topic},
                {{"message.max.bytes", fmt::format("{}", schemas::kMaxMessageBytes)}}) {
  const auto ours = schemas::topic_names(settings.topic_prefix);
  if (std::ranges::find(ours, topic) != ours.end())
    throw UsageError(
        fmt::format("--into: {} is one of wxpipe's own topics, which it reads itself; name another one, or "
                    "say --into tables",
                    topic));
  if (!kafka::Admin(settings).view().topics.contains(topic))
    throw UsageError(
        fmt::format("--into: there is no topic {}; make it first, with as many partitions as you want", topic));
}

void OtherTopic::take(std::span<const Made> records) {
  try {
    if (!std::exchange(begun_, true)) producer_.init();
    producer_.begin();
    for (const auto& one : records) {
      const kafka::Header traceparent{schemas::kTraceparentHeader, one.traceparent};
      const std::span headers(&traceparent, one.traceparent.empty() ? 0 : 1);
      producer_.produce(0, {one.key, one.value.value_or(std::string_view()), headers, one.timestamp});
    }
    producer_.commit();
  } catch (const kafka::TransactionAborted& error) {
    producer_.abort();
    throw Unavailable(fmt::format("a transaction was aborted: {}", error.what()));
  } catch (const Fenced& error) {
    throw Unavailable(fmt::format("the producer was refused (by another replay into this topic?): {}", error.what()));
  }
}

// --- files ---

namespace {
// The kind of fact that a value is: its file's name and its columns.
struct Kind {
  std::string name;
  std::vector<std::string_view> columns;
};
template <class Fact>
void take_kind(Kind& kind, std::string_view name) {
  kind = {std::string(name), {}};
  schemas::for_each_field<Fact>([&](auto i) { kind.columns.push_back(schemas::kField<Fact, i>.name); });
}

Kind kind_of(std::string_view value, schemas::TopicName topic) {
  Kind kind;
  schemas::for_each_family([&]<class First, class... Others>(const schemas::Family<First, Others...>& family) {
    if (family.topic.name != topic) return;
    take_kind<First>(kind, family.name);
    ((schemas::begins_as<Others>(value) ? take_kind<Others>(kind, fmt::format("{}s", Others::kName)) : void()), ...);
  });
  return kind;
}

// A list of facts as one value for each; anything else as it is.
std::vector<std::string> singles(std::string_view value, schemas::TopicName topic) {
  std::vector<std::string> values;
  schemas::for_each_fact([&]<class Fact>(const schemas::FamilyInfo& family) {
    if constexpr (schemas::Listed<Fact>) {
      if (family.topic.name != topic || !schemas::begins_as_list<Fact>(value)) return;
      if (const auto facts = schemas::decode_list<Fact>(value))
        for (const auto& fact : *facts) schemas::encode(fact, values.emplace_back());
    }
  });
  if (values.empty()) values.emplace_back(value);
  return values;
}

void append_cell(std::string& line, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == text.npos) {
    line += text;
    return;
  }
  line += '"';
  for (const char c : text) line.append(c == '"' ? 2 : 1, c);
  line += '"';
}

std::string csv_line(std::string_view json, const std::vector<std::string_view>& columns) {
  thread_local simdjson::dom::parser parser;
  simdjson::dom::object object;
  std::string line;
  const bool readable = parser.parse(json.data(), json.size()).get(object) == simdjson::SUCCESS;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) line += ',';
    simdjson::dom::element value;
    if (!readable || object[columns[i]].get(value) != simdjson::SUCCESS || value.is_null()) continue;
    if (std::string_view text; value.get(text) == simdjson::SUCCESS)
      append_cell(line, text);
    else
      append_cell(line, simdjson::minify(value));
  }
  return line + "\r\n";
}
}  // namespace

Files::Files(std::filesystem::path folder, Format format, runtime::OutputFile::Compression compression)
    : folder_(std::move(folder)),
      format_(format),
      compression_(compression) {
  std::error_code failed;
  std::filesystem::create_directories(folder_, failed);
  if (failed) throw UsageError(fmt::format("--into files:{}: {}", folder_.string(), failed.message()));
}

Files::Open& Files::file_of(std::string_view value, schemas::TopicName topic) {
  auto [name, columns] = kind_of(value, topic);
  auto& open = open_[name];
  if (open.out) return open;
  open.columns = std::move(columns);
  open.out = std::make_unique<runtime::OutputFile>(
      folder_ / fmt::format("{}{}{}", name, format_ == Format::csv ? ".csv" : ".ndjson",
                            compression_ == runtime::OutputFile::Compression::zstd ? ".zst" : ""),
      compression_);
  if (format_ == Format::csv) {
    std::string line;
    for (const auto column : open.columns) line.append(line.empty() ? "" : ",").append(column);
    open.out->write(line + "\r\n");
  }
  return open;
}

void Files::take(std::span<const Made> records) {
  std::string line;
  for (const auto& one : records) {
    if (!one.value) continue;
    for (const auto& value : singles(*one.value, one.topic)) {
      auto& open = file_of(value, one.topic);
      if (format_ == Format::csv) {
        line = csv_line(value, open.columns);
      } else {
        line = value;
        std::ranges::replace(line, '\n', ' ');  // between JSON's tokens; inside of a text it is \n
        line += '\n';
      }
      open.out->write(line);
      ++open.rows;
    }
  }
}

void Files::finish() {
  for (auto& [name, open] : open_) open.out->finish();
}

std::vector<Files::File> Files::files() const {
  std::vector<File> all;
  for (const auto& [name, open] : open_) all.push_back({open.out->path(), open.rows});
  return all;
}

}  // namespace wxpipe::operate
