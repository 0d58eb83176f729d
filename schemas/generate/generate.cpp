// Writes the files that are derived from the declarations of facts (schemas/facts, schemas/registry.hpp):
// schemas/kafka/*.schema.json, and the generated blocks of docs/topics.md (topics) and docs/tables.md (columns).
//
//   generate REPOSITORY           writes the files that differ, and names them
//   generate REPOSITORY --check   only names them; exit code 1 if there are any
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>

#include "schemas/fact_list.hpp"
#include "schemas/fact_sample.hpp"
#include "schemas/topics.hpp"

namespace wxpipe::schemas {
namespace {
namespace fs = std::filesystem;
using Files = std::map<fs::path, std::string>;

std::string json_text(std::string_view text) {
  std::string out;
  json::append_string(out, text);
  return out;
}

// Formats compact JSON with two blanks per level.
std::string pretty(std::string_view json) {
  std::string out;
  size_t depth = 0;
  bool in_text = false;
  const auto line = [&] { out.append(1, '\n').append(2 * depth, ' '); };
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_text) {
      out += c;
      if (c == '\\') out += json[++i];
      if (c == '"') in_text = false;
    } else if (c == '"') {
      in_text = true;
      out += c;
    } else if (c == '{' || c == '[') {
      out += c;
      ++depth;
      line();
    } else if (c == '}' || c == ']') {
      --depth;
      line();
      out += c;
    } else if (c == ',') {
      out += c;
      line();
    } else if (c == ':') {
      out += ": ";
    } else {
      out += c;
    }
  }
  return out + '\n';
}

// The JSON Schema of a field's values.
template <class Fact, size_t I>
std::string value_schema() {
  constexpr const auto& f = kField<Fact, I>;
  std::string out;
  const auto add = [&](std::string_view key, std::string_view value) {
    out += fmt::format("{}\"{}\":{}", out.empty() ? "" : ",", key, value);
  };
  switch (kFieldType<Fact, I>) {
    case Type::text:
      if (!f.words_allowed.empty()) {
        std::string words;
        for (auto rest = f.words_allowed; !rest.empty();) {
          const auto word = rest.substr(0, rest.find(' '));
          words += (words.empty() ? "" : ",") + json_text(word);
          rest.remove_prefix(std::min(word.size() + 1, rest.size()));
        }
        add("enum", fmt::format("[{}]", words));
      } else {
        add("type", "\"string\"");
        if (!f.form.empty()) add("pattern", fmt::format("\"{}\"", f.form));
        if (f.in_json == InJson::required && f.form.empty()) add("minLength", "1");
      }
      break;
    case Type::bytes:
      add("type", "\"string\"");
      add("contentEncoding", "\"base64\"");
      break;
    case Type::boolean:
      add("type", "\"boolean\"");
      break;
    case Type::int4:
    case Type::int8:
      add("type", "\"integer\"");
      if (f.least != INT64_MIN) add("minimum", fmt::format("{}", f.least));
      break;
    case Type::time:
      add("type", "\"string\"");
      add("pattern", R"("^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{6}Z$")");
      break;
    case Type::uuid:
      add("type", "\"string\"");
      add("pattern", R"("^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")");
      break;
    case Type::attributes:
      add("type", "\"object\"");
      // A tree's members may be objects and lists of any depth; its texts are still the only values.
      if constexpr (!std::is_same_v<FieldValue<Fact, I>, AttributeTree>)
        add("additionalProperties",
            R"({"anyOf":[{"type":"string"},{"type":"array","items":{"type":"string"},"minItems":2}]})");
      else
        add("additionalProperties", R"({"type":["string","object","array"]})");
      break;
    case Type::reason: {
      std::string words;
      for (int i = 0; i < kReasonCount; ++i)
        words += (i == 0 ? "" : ",") + json_text(to_string(static_cast<Reason>(i)));
      add("enum", fmt::format("[{}]", words));
      break;
    }
    case Type::other:
      out = f.json_schema.substr(1, f.json_schema.size() - 2);
      break;
    case Type::verbatim:
      throw std::logic_error("a verbatim record is no field in JSON");
  }
  add("description", json_text(f.meaning));
  return fmt::format("{{{}}}", out);
}

// An object's schema, without the braces around it.
struct Object {
  std::string properties, required;

  void add(std::string_view name, std::string_view schema, bool always) {
    properties += fmt::format("{}{}:{}", properties.empty() ? "" : ",", json_text(name), schema);
    if (always) required += (required.empty() ? "" : ",") + json_text(name);
  }
  // The fact's fields for which wanted(field) is true.
  template <class Fact, class Wanted>
  void add_fields(Wanted&& wanted) {
    for_each_field<Fact>([&](auto i) {
      constexpr const auto& f = kField<Fact, i>;
      if constexpr (f.in_json != InJson::never)
        if (wanted(f)) add(f.name, value_schema<Fact, i>(), f.in_json != InJson::unless_empty);
    });
  }
  std::string text() const {
    return fmt::format(R"("type":"object","properties":{{{}}},"required":[{}],"additionalProperties":false)",
                       properties, required);
  }
};

std::string schema_text(std::string_view schema, std::string_view title, std::string_view meaning, const Topic& topic,
                        const Object& object, std::string_view example) {
  return pretty(fmt::format(
      R"({{"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"urn:wxpipe:schema:{}:v1","title":{},)"
      R"("description":{},{},"examples":[{}]}})",
      schema_name(schema), json_text(title),
      json_text(fmt::format("{} Value of {}; key: {}.", meaning, topic.suffix, topic.key)), object.text(), example));
}

std::string constant(std::string_view text) { return fmt::format("{{\"const\":{}}}", json_text(text)); }

template <class Fact>
std::string schema_file(std::string_view schema, const FamilyInfo& family) {
  Object object;
  object.add("schema", constant(schema), true);
  object.add_fields<Fact>([](const auto&) { return true; });
  std::string example;
  encode(sample<Fact>(), schema, example);
  const auto& topic = schema == kEventSchema ? schemas::topic(TopicName::events) : family.topic;
  return schema_text(schema, Fact::kTitle, Fact::kMeaning, topic, object, example);
}

template <Listed Fact>
std::string list_schema_file(const FamilyInfo& family) {
  Object object, each;
  object.add("schema", constant(Fact::kListSchema), true);
  object.add_fields<Fact>([](const auto& field) { return !field.is_of_each; });
  each.add_fields<Fact>([](const auto& field) { return field.is_of_each; });
  object.add(Fact::kListName,
             fmt::format(R"({{"type":"array","minItems":1,"items":{{{}}},"description":"What differs between them"}})",
                         each.text()),
             true);
  std::string example;
  encode_list<Fact>(std::vector{sample<Fact>(), sample<Fact>()}, example);
  return schema_text(
      Fact::kListSchema, Fact::kListTitle,
      fmt::format("Several in one record, all of one event; each is a {}.", schema_name(Fact::kSchemas[0])),
      family.topic, object, example);
}

template <class Fact, size_t I>
std::string_view sql_type() {
  switch (kFieldType<Fact, I>) {
    case Type::bytes:
      return "bytea";
    case Type::boolean:
      return "boolean";
    case Type::int4:
      return "integer";
    case Type::int8:
      return "bigint";
    case Type::time:
      return "timestamptz(6)";
    case Type::uuid:
      return "uuid";
    case Type::attributes:
    case Type::verbatim:
      return "jsonb";
    case Type::text:
    case Type::reason:
    case Type::other:
      break;
  }
  return "text";
}

std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out.append(c == '|' ? "\\|" : std::string_view(&c, 1));
  return out;
}

template <class Fact>
std::string column_table() {
  std::string out = "\n| column | type | meaning |\n|---|---|---|\n";
  for_each_field<Fact>([&](auto i) {
    constexpr const auto& f = kField<Fact, i>;
    if constexpr (f.in_table == InTable::not_null || f.in_table == InTable::null_if_empty)
      out += fmt::format("| `{}` | {}{} | {} |\n", f.column(), sql_type<Fact, i>(),
                         f.in_table == InTable::null_if_empty ? ", may be null" : "", cell(f.meaning));
  });
  return out +
         "| `created_at` | timestamptz(6) | When the row was made |\n"
         "| `updated_at` | timestamptz(6) | When the row was changed; never |\n\n";
}

std::string kept(std::chrono::hours retention) {
  const auto days = retention.count() / 24;
  return fmt::format("{} day{}", days, days == 1 ? "" : "s");
}

std::string links(const std::vector<std::string_view>& schemas_there) {
  std::string out;
  for (const auto schema : schemas_there) {
    const auto name = schema_name(schema);
    out += fmt::format("{}[{}](../schemas/kafka/{}.schema.json)", out.empty() ? "" : ", ", name, name);
  }
  return out;
}

std::string topic_table() {
  std::map<TopicName, std::vector<std::string_view>> schemas_on{{TopicName::events, {kEventSchema}}};
  for_each_fact([&]<class Fact>(const FamilyInfo& family) {
    for (const auto schema : Fact::kSchemas)
      if (schema != kEventSchema) schemas_on[family.topic.name].push_back(schema);
    if constexpr (Listed<Fact>) schemas_on[family.topic.name].push_back(Fact::kListSchema);
  });
  std::string out = "\n| topic | partitions | kept | key | what it holds | schema |\n|---|---|---|---|---|---|\n";
  for (const auto& topic : kTopics) {
    const auto found = schemas_on.find(topic.name);
    out += fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", topic.suffix,
                       topic.name == TopicName::seen_ids ? "as events" : fmt::format("{}", topic.partitions),
                       kept(topic.retention), cell(topic.key), topic.meaning,
                       found == schemas_on.end() ? "binary" : links(found->second));
  }
  return out + "\n";
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Puts `text` between <!-- generated: name --> and <!-- end -->.
void fill_in(std::string& page, const std::string& name, const std::string& text) {
  const auto mark = fmt::format("<!-- generated: {} -->", name);
  constexpr std::string_view kEnd = "<!-- end -->";
  const auto at = page.find(mark);
  const auto end = at == std::string::npos ? at : page.find(kEnd, at);
  if (end == std::string::npos)
    throw std::runtime_error(fmt::format("no place for '{}': it wants {} and {}", name, mark, kEnd));
  page.replace(at + mark.size(), end - at - mark.size(), "\n" + text);
}

Files wanted(const fs::path& root) {
  Files files;
  auto& topics = files[root / "docs/topics.md"] = read_file(root / "docs/topics.md");
  auto& tables = files[root / "docs/tables.md"] = read_file(root / "docs/tables.md");
  fill_in(topics, "topics", topic_table());
  for_each_fact([&]<class Fact>(const FamilyInfo& family) {
    for (const auto schema : Fact::kSchemas)
      files[root / fmt::format("schemas/kafka/{}.schema.json", schema_name(schema))] =
          schema_file<Fact>(schema, family);
    if constexpr (Listed<Fact>)
      files[root / fmt::format("schemas/kafka/{}.schema.json", schema_name(Fact::kListSchema))] =
          list_schema_file<Fact>(family);
    if constexpr (!Fact::kTable.filled_by_merge) fill_in(tables, std::string(Fact::kTable.name), column_table<Fact>());
  });
  return files;
}

int run(const fs::path& root, bool check) {
  int differing = 0;
  const auto files = wanted(root);
  for (const auto& [path, text] : files) {
    if (read_file(path) == text) continue;
    ++differing;
    fmt::print("{} {}\n", check ? "not as declared:" : "written:", fs::relative(path, root).string());
    if (!check) std::ofstream(path, std::ios::binary) << text;
  }
  for (const auto& entry : fs::directory_iterator(root / "schemas/kafka"))
    if (!files.contains(entry.path())) {
      ++differing;
      fmt::print("of no fact: {}\n", fs::relative(entry.path(), root).string());
    }
  if (check && differing > 0) fmt::print("run `make generate`\n");
  return check && differing > 0 ? 1 : 0;
}
}  // namespace
}  // namespace wxpipe::schemas

int main(int argc, char** argv) {
  const bool check = argc == 3 && std::string_view(argv[2]) == "--check";
  if (argc != 2 && !check) {
    fmt::print(stderr, "usage: generate REPOSITORY [--check]\n");
    return 2;
  }
  try {
    return wxpipe::schemas::run(argv[1], check);
  } catch (const std::exception& error) {
    fmt::print(stderr, "generate: {}\n", error.what());
    return 1;
  }
}
