// Everything is read first; all errors are collected with their places, sorted, and reported together. Secrets are
// resolved last, because the environment may have overridden where they come from.
#include "common/config/settings_file.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <set>

#include "common/config/checks.hpp"
#include "common/config/keys.hpp"
#include "common/config/nearest.hpp"
#include "common/config/toml_value.hpp"
#include "common/result.hpp"

namespace wxpipe::config {
namespace {

// The variables that many tools around Kafka and Postgres know, and one of ours for the secret that must not be in a
// file.
struct Alias {
  std::string_view variable, key;
};
constexpr std::array<Alias, 3> kAliases{{{"KAFKA_BOOTSTRAP", "kafka.bootstrap_servers"},
                                         {"DATABASE_URL", "postgres.url"},
                                         {"WXPIPE_SEALING_KEY", "sealing.key"}}};
constexpr std::string_view kPrefix = "WXPIPE_";
constexpr std::string_view kFamilies = "postgres.families.";  // what follows is a family's name
const std::vector<std::string_view> kNothing;

std::string variable_of(std::string_view key) {
  std::string name(kPrefix);
  for (const char c : key) {
    if (c == '.')
      name += "__";
    else
      name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return name;
}

std::string collapsed(std::string_view variable) {
  std::string out;
  for (const char c : variable)
    if (c != '_' || out.empty() || out.back() != '_') out += c;
  return out;
}

// Leaves no copy of the text in freed memory: the stream has no buffer, and the string seldom grows. `end` is put
// behind the text.
Secret read_file(const std::string& path, std::string_view end = {}) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) throw UsageError(fmt::format("{}: is a folder, not a file", path));
  std::ifstream in;
  in.rdbuf()->pubsetbuf(nullptr, 0);
  in.open(path, std::ios::binary);
  if (!in) throw UsageError(fmt::format("{}: can't be opened: {}", path, std::strerror(errno)));
  std::string text;
  text.reserve(256 << 10);
  std::array<char, 4096> block;
  while (in.read(block.data(), block.size()) || in.gcount() > 0)
    text.append(block.data(), static_cast<size_t>(in.gcount()));
  explicit_bzero(block.data(), block.size());
  text.append(end);
  Secret whole(std::move(text));
  if (in.bad()) throw UsageError(fmt::format("{}: can't be read", path));
  return whole;
}

void wipe_texts(toml::node& node) {
  if (auto* text = node.as_string()) wipe(text->get());
  if (auto* array = node.as_array())
    for (auto& element : *array) wipe_texts(element);
  if (auto* table = node.as_table())
    for (auto&& [name, element] : *table) wipe_texts(element);
}
struct WipeTexts {
  void operator()(toml::table* table) const {
    wipe_texts(*table);
    delete table;
  }
};
using Tables = std::unique_ptr<toml::table, WipeTexts>;

// A value while it is read; wiped at the end.
struct PassingValue {
  explicit PassingValue(Value read) : value(std::move(read)) {}
  ~PassingValue() {
    if (auto* text = std::get_if<std::string>(&value)) wipe(*text);
    if (auto* text = std::get_if<Untyped>(&value)) wipe(text->text);
    if (auto* texts = std::get_if<Texts>(&value))
      for (auto& text : *texts) wipe(text);
  }
  PassingValue(const PassingValue&) = delete;
  PassingValue& operator=(const PassingValue&) = delete;
  Value value;
};

struct Problem {
  Place place;
  std::string key, text;
};

// JSON as TOML has it: accounts from elsewhere are read as those of the file. A null is left out.
template <class Put>
void put_toml(const simdjson::dom::element& value, Put&& put);

toml::table toml_of(const simdjson::dom::object& object) {
  toml::table table;
  for (const auto& [name, value] : object)
    put_toml(value, [&, key = std::string(name)](auto&& node) { table.insert_or_assign(key, std::move(node)); });
  return table;
}

toml::array toml_of(const simdjson::dom::array& list) {
  toml::array array;
  for (const auto& value : list) put_toml(value, [&](auto&& node) { array.push_back(std::move(node)); });
  return array;
}

template <class Put>
void put_toml(const simdjson::dom::element& value, Put&& put) {
  using Type = simdjson::dom::element_type;
  switch (value.type()) {
    case Type::OBJECT:
      return put(toml_of(value.get_object().value_unsafe()));
    case Type::ARRAY:
      return put(toml_of(value.get_array().value_unsafe()));
    case Type::STRING:
      return put(std::string(value.get_string().value_unsafe()));
    case Type::INT64:
      return put(value.get_int64().value_unsafe());
    case Type::UINT64:  // beyond int64
    case Type::DOUBLE:
      return put(value.get_double().value_unsafe());
    case Type::BOOL:
      return put(value.get_bool().value_unsafe());
    case Type::NULL_VALUE:
      return;
  }
}

// Where a secret is to be found; looked up at the end.
struct SecretSource {
  enum class Kind { value, variable, file } kind;
  Secret text;
  Place place;
  std::string key;  // as written: "postgres.url_env"
};

class SettingsReader {
 public:
  SettingsReader(const Environment& environment, const Needs& needs) : environment_(environment), needs_(needs) {}

  Loaded read(const std::string& path) {
    if (!path.empty() && !read_configuration(path)) return finish();  // other errors would only confuse
    read_environment();
    for (auto& [secret, source] : setting_secrets_) resolve(*secret, source);
    if (settings_.instance.name.empty()) settings_.instance.name = environment_.host_name;
    if (!settings_.score.rules_file.empty()) read_rules_file(settings_.score.rules_file);
    check();
    return finish();
  }

  // Only accounts, from elsewhere.
  Loaded read_accounts_from(std::string_view json, const std::string& where, const OpenSecret& open) {
    file_ = where;
    simdjson::dom::parser parser;
    simdjson::dom::array list;
    if (parser.parse(json).get(list) != simdjson::SUCCESS) {
      complain({where}, "accounts", "is not a list of accounts in JSON");
      return finish();
    }
    const auto accounts = toml_of(list);
    if (!accounts.empty()) read_accounts(accounts);
    for (auto& account : settings_.accounts)
      for (const auto& key : account_keys())
        if (key.is_secret()) open_secret(account, key, open);
    return finish();
  }

 private:
  void open_secret(AccountSettings& account, const Key<AccountSettings>& key, const OpenSecret& open) {
    auto& secret = std::get<Field<AccountSettings, Secret>>(key.field)(account);
    if (secret.empty()) return;
    if (auto opened = open(secret.reveal())) {  // a seal, no secret yet
      secret = std::move(*opened);
    } else {
      secret = {};
      complain({account.where}, fmt::format("accounts.{}.{}", account.name, key.name),
               "no sealing key opens it: is the key that sealed it among [sealing] previous_keys?");
    }
  }

  void complain(Place place, std::string key, std::string text) {
    problems_.push_back({std::move(place), std::move(key), std::move(text)});
  }

  // Null: it can't be read.
  Tables parse(const std::string& path) {
    try {
      // toml++ reads each text into the same buffer, and frees it as it is. So the last text, a long one, is ours.
      static const std::string last = "\n[\"\"]\n\"\" = \"" + std::string(1024, 'x') + "\"\n";
      files_.push_back(path);
      Tables tables(new toml::table(toml::parse(read_file(path, last).reveal(), path)));
      tables->erase("");
      return tables;
    } catch (const toml::parse_error& error) {
      complain(place_of(path, error.source()), "not valid TOML", std::string(error.description()));
    } catch (const UsageError& error) {
      complain({}, "", error.what());
    }
    return nullptr;
  }

  // --- the file ---

  // False: there is no such file, or it isn't TOML.
  bool read_configuration(const std::string& path) {
    file_ = path;
    const auto root = parse(path);
    if (!root) return false;
    for (const auto& [name, node] : *root) {
      const std::string section(name.str());
      if (section == "accounts")
        read_accounts(node);
      else if (!known_section(section))
        complain_unknown(place_of(file_, name.source()), section, "", sections());
      else if (const auto* table = node.as_table())
        read_section(section, *table);
      else
        complain(place_of(file_, node.source()), section,
                 fmt::format("expected a table: write [{}] above its keys", section));
    }
    return true;
  }

  static bool known_section(std::string_view section) {
    return std::any_of(setting_keys().begin(), setting_keys().end(),
                       [&](const auto& key) { return key.name.substr(0, key.name.find('.')) == section; });
  }

  void read_section(const std::string& section, const toml::table& table) {
    const bool score = section == "score", console = section == "console";
    std::vector<std::string_view> elsewhere;
    if (score) elsewhere = {"rules"};
    if (console) elsewhere = {"users"};
    if (section == "postgres") elsewhere = {"families"};
    read_table(table, setting_keys(), section, section, settings_, setting_secrets_, elsewhere);
    if (const auto* rules = score ? table.get("rules") : nullptr) read_score_rules(*rules, "score.rules");
    if (const auto* users = console ? table.get("users") : nullptr) read_console_users(*users);
    if (const auto* families = section == "postgres" ? table.get("families") : nullptr) read_families(*families);
  }

  void read_families(const toml::node& node) {
    const auto* const table = node.as_table();
    if (table == nullptr)
      return complain(place_of(file_, node.source()), "postgres.families",
                      "expected a table: write [postgres.families] above its lines");
    for (const auto& [name, value] : *table) {
      const PassingValue passing(value_of(value));
      set_family(std::string(name.str()), passing.value, place_of(file_, value.source()), /*override=*/false);
    }
  }

  // logs, logs_env or logs_file. Whether there is such a family is asked where families are known.
  void set_family(std::string name, const Value& value, const Place& place, bool override) {
    using Kind = SecretSource::Kind;
    const std::string shown = fmt::format("{}{}", kFamilies, name);
    auto how = Kind::value;
    for (const auto& [ending, kind] :
         {std::pair(env_companion("", false), Kind::variable), std::pair(file_companion("", false), Kind::file)})
      if (name.size() > ending.size() && name.ends_with(ending)) {
        name.resize(name.size() - ending.size());
        how = kind;
        break;
      }
    places_.insert_or_assign(fmt::format("{}{}", kFamilies, name), to_string(place));
    set_secret(settings_.postgres.families[name], how, shown, value, place, setting_secrets_, override);
  }

  // Reads what `keys` knows of the table; `elsewhere` are the keys that the caller reads itself.
  template <class Root>
  void read_table(const toml::table& table, std::span<const Key<Root>> keys, const std::string& section,
                  const std::string& shown, Root& root, std::map<Secret*, SecretSource>& secrets,
                  const std::vector<std::string_view>& elsewhere) {
    for (const auto& [name, node] : table) {
      if (std::find(elsewhere.begin(), elsewhere.end(), name.str()) != elsewhere.end()) continue;
      const std::string full = section.empty() ? std::string(name.str()) : fmt::format("{}.{}", section, name.str());
      const std::string shown_key = shown.empty() ? std::string(name.str()) : fmt::format("{}.{}", shown, name.str());
      const Place place = place_of(file_, node.source());
      const PassingValue passing(value_of(node));
      if (!set(keys, root, full, shown_key, passing.value, place, secrets, /*override=*/false))
        complain_unknown(place_of(file_, name.source()), shown_key, std::string(name.str()),
                         known_names(keys, section, elsewhere));
    }
  }

  // False: no key of that name. Companions of secrets count as keys.
  template <class Root>
  bool set(std::span<const Key<Root>> keys, Root& root, std::string_view name, const std::string& shown,
           const Value& value, const Place& place, std::map<Secret*, SecretSource>& secrets, bool override) {
    for (const auto& key : keys) {
      using Kind = SecretSource::Kind;
      std::optional<Kind> how;
      if (key.name == name)
        how = Kind::value;
      else if ((key.is_secret() || key.is_secrets()) && env_companion(key.name, key.is_secrets()) == name)
        how = Kind::variable;
      else if ((key.is_secret() || key.is_secrets()) && file_companion(key.name, key.is_secrets()) == name)
        how = Kind::file;
      if (!how) continue;
      places_.insert_or_assign(std::string(key.name), to_string(place));
      if (key.is_secret())
        set_secret(std::get<Field<Root, Secret>>(key.field)(root), *how, shown, value, place, secrets, override);
      else if (key.is_secrets())
        set_secrets(std::get<Field<Root, std::vector<Secret>>>(key.field)(root), *how, shown, value, place);
      else
        set_plain(key, root, shown, value, place);
      return true;
    }
    return false;
  }

  template <class Root>
  void set_plain(const Key<Root>& key, Root& root, const std::string& shown, const Value& value, const Place& place) {
    if (auto complaint = std::visit([&](auto field) { return assign(field(root), key.rule, value); }, key.field))
      return complain(place, shown, std::move(*complaint));
    if (key.rule.is_path) {
      auto& path = std::get<Field<Root, std::string>>(key.field)(root);
      path = resolved(path, place);
    }
  }

  void set_secret(Secret& secret, SecretSource::Kind kind, const std::string& shown, const Value& value,
                  const Place& place, std::map<Secret*, SecretSource>& secrets, bool override) {
    Secret text;
    if (auto complaint = assign(text, Rule{}, value)) return complain(place, shown, std::move(*complaint));
    SecretSource source{kind, std::move(text), place, shown};
    const auto [existing, fresh] = secrets.try_emplace(&secret, source);
    if (fresh) return;
    if (override)
      existing->second = std::move(source);
    else
      complain(place, shown, fmt::format("{} gives the same secret; keep one of them", existing->second.key));
  }

  void set_secrets(std::vector<Secret>& list, SecretSource::Kind kind, const std::string& shown, const Value& value,
                   const Place& place) {
    Texts texts;
    if (assign(texts, Rule{}, value)) return complain(place, shown, "expected an array of texts in quotes");
    for (auto& text : texts) {
      Secret secret;
      resolve(secret, {kind, Secret(std::move(text)), place, shown});
      if (!secret.empty()) list.push_back(std::move(secret));
    }
  }

  // A path in a file is relative to that file; a path from the environment is relative to the working directory.
  std::string resolved(const std::string& path, const Place& place) const {
    const std::filesystem::path given(path);
    if (place.line == 0 || path.empty() || given.is_absolute()) return path;
    return (std::filesystem::path(place.source).parent_path() / given).lexically_normal().string();
  }

  bool needed(std::string_view key) const {
    const bool elsewhere = settings_.accounts_from.postgres;
    if (key.starts_with(kFamilies)) return needs_.postgres;
    if (key.starts_with("postgres.")) return needs_.postgres || (elsewhere && needs_.reference);
    if (key.starts_with("sealing.")) return needs_.sealing || (elsewhere && needs_.accounts);
    if (key.starts_with("console.")) return needs_.console;
    return needs_.accounts;
  }

  void resolve(Secret& secret, const SecretSource& source) {
    if (!needed(source.key)) return;
    switch (source.kind) {
      case SecretSource::Kind::value:
        secret = source.text;
        return;
      case SecretSource::Kind::variable: {
        const auto value = environment_.get(source.text.reveal());
        if (value.empty())
          return complain(source.place, source.key,
                          fmt::format("the environment variable {} is not set", source.text.reveal()));
        secret = Secret(std::string(value));
        return;
      }
      case SecretSource::Kind::file:
        try {
          files_.push_back(resolved(source.text.reveal(), source.place));
          secret = read_secret_file(files_.back());
        } catch (const UsageError& error) {
          complain(source.place, source.key, error.what());
        }
    }
  }

  // --- tables that come in lists ---

  // Calls read(table, place) for each [[name]] of the array.
  template <class Read>
  void each_table(const toml::node& node, const std::string& name, Read&& read) {
    const auto* array = node.as_array();
    if (!array || !array->is_array_of_tables())
      if (!array || !array->empty())
        return complain(place_of(file_, node.source()), name,
                        fmt::format("expected a list of tables: write [[{}]], with two brackets, above each", name));
    for (const auto& element : *array) read(*element.as_table(), place_of(file_, element.source()));
  }

  void read_accounts(const toml::node& node) {
    each_table(node, "accounts", [&](const toml::table& table, const Place& place) {
      AccountSettings account;
      account.where = to_string(place);
      std::map<Secret*, SecretSource> secrets;
      const std::string shown = fmt::format("accounts.{}", table["name"].value_or(std::string("?")));
      read_table(table, account_keys(), "", shown, account, secrets, {"replies", "proof", "envelope", "answer"});
      for (const std::string part : {"proof", "envelope", "answer"})
        if (const auto* const found = table.get(part)) read_part(*found, part, shown, account);
      for (auto& [secret, source] : secrets) resolve(*secret, source);
      if (const auto* replies = table.get("replies"))
        each_table(*replies, "accounts.replies", [&](const toml::table& reply, const Place&) {
          std::map<Secret*, SecretSource> none;
          read_table(reply, reply_keys(), "", shown + ".replies", account.replies.emplace_back(), none, kNothing);
        });
      settings_.accounts.push_back(std::move(account));
    });
  }

  // [accounts.proof] and the like.
  void read_part(const toml::node& node, const std::string& part, const std::string& shown, AccountSettings& account) {
    const auto* const table = node.as_table();
    const std::string shown_part = fmt::format("{}.{}", shown, part);
    if (table == nullptr)
      return complain(place_of(file_, node.source()), shown_part,
                      fmt::format("expected a table: write [accounts.{}]", part));
    std::map<Secret*, SecretSource> none;
    read_table(*table, account_keys(), part, shown_part, account, none, kNothing);
  }

  void read_console_users(const toml::node& node) {
    each_table(node, "console.users", [&](const toml::table& table, const Place& place) {
      ConsoleUser user;
      user.stands_at = to_string(place);
      std::map<Secret*, SecretSource> secrets;
      const std::string shown = fmt::format("console.users.{}", table["name"].value_or(std::string("?")));
      read_table(table, console_user_keys(), "", shown, user, secrets, kNothing);
      for (auto& [secret, source] : secrets) resolve(*secret, source);
      settings_.console.users.push_back(std::move(user));
    });
  }

  void read_score_rules(const toml::node& node, const std::string& name) {
    each_table(node, name, [&](const toml::table& table, const Place& place) {
      ScoreRule rule;
      rule.stands_at = to_string(place);
      std::map<Secret*, SecretSource> none;
      const std::string shown = fmt::format("{}.{}", name, table["name"].value_or(std::string("?")));
      read_table(table, score_rule_keys(), "", shown, rule, none, kNothing);
      settings_.score.rules.push_back(std::move(rule));
    });
  }

  void read_rules_file(const std::string& path) {
    file_ = path;
    const auto complaints = problems_.size();
    const auto root = parse(path);
    if (problems_.size() > complaints && problems_.back().key.empty()) problems_.back().key = "score.rules_file";
    if (!root) return;
    for (const auto& [name, node] : *root) {
      if (name.str() == "rules")
        read_score_rules(node, "rules");
      else
        complain(place_of(file_, name.source()), std::string(name.str()),
                 "unknown key; a file of scoring rules holds [[rules]] and nothing else");
    }
  }

  // --- the environment ---

  void read_environment() {
    for (const auto& alias : kAliases) override(alias.variable, alias.key);
    for (const auto& [variable, value] : environment_.variables) {
      if (!variable.starts_with(kPrefix) || value.empty()) continue;
      if (variable.find("__") == std::string::npos)
        complain_single_underscore(variable);
      else
        override_by_name(variable);
    }
    override("WXPIPE_INSTANCE", "instance.name");
  }

  void override(std::string_view variable, std::string_view key) {
    const PassingValue passing(Untyped{std::string(environment_.get(variable))});
    if (std::get<Untyped>(passing.value).text.empty()) return;
    const Place place{fmt::format("environment variable {}", variable)};
    set(setting_keys(), settings_, key, std::string(key), passing.value, place, setting_secrets_, /*override=*/true);
  }

  // Every key and companion with the variable that overrides it.
  static const std::map<std::string, std::string, std::less<>>& overrides() {
    static const auto variables = [] {
      std::map<std::string, std::string, std::less<>> out;
      for (const auto& key : setting_keys()) {
        if (key.is_table()) continue;
        const bool list = key.is_secrets();
        out.emplace(variable_of(key.name), key.name);
        if (!key.is_secret() && !list) continue;
        for (const auto& companion : {env_companion(key.name, list), file_companion(key.name, list)})
          out.emplace(variable_of(companion), companion);
      }
      return out;
    }();
    return variables;
  }

  void override_by_name(const std::string& variable) {
    if (const auto known = overrides().find(variable); known != overrides().end())
      return override(variable, known->second);
    if (const auto families = variable_of(kFamilies); variable.starts_with(families)) {
      std::string name = variable.substr(families.size());
      std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      const PassingValue passing(Untyped{std::string(environment_.get(variable))});
      return set_family(std::move(name), passing.value, {fmt::format("environment variable {}", variable)},
                        /*override=*/true);
    }
    std::vector<std::string_view> names;
    for (const auto& [name, key] : overrides()) names.push_back(name);
    complain({fmt::format("environment variable {}", variable)}, "",
             fmt::format("names no setting; the nearest known one is {}", nearest(variable, names)));
  }

  // WXPIPE_INGEST_LISTEN (one _ too few) is a mistake, so it is an error. WXPIPE_SHOP_TOKEN may be a user's own secret,
  // so it is ignored.
  void complain_single_underscore(const std::string& variable) {
    for (const auto& alias : kAliases)
      if (alias.variable == variable) return;
    for (const auto& [name, key] : overrides())
      if (collapsed(name) == variable && variable != "WXPIPE_INSTANCE")
        complain({fmt::format("environment variable {}", variable)}, "",
                 fmt::format("write {}, with two underscores behind the section", name));
  }

  // --- what nobody knows ---

  static std::vector<std::string> sections() {
    std::vector<std::string> names{"accounts"};
    for (const auto& key : setting_keys()) {
      std::string section(key.name.substr(0, key.name.find('.')));
      if (names.back() != section) names.push_back(std::move(section));
    }
    return names;
  }

  template <class Root>
  static std::vector<std::string> known_names(std::span<const Key<Root>> keys, const std::string& section,
                                              const std::vector<std::string_view>& elsewhere) {
    std::vector<std::string> names(elsewhere.begin(), elsewhere.end());
    for (const auto& key : keys) {
      const auto dot = section.empty() ? 0 : section.size() + 1;
      if (!section.empty() && !key.name.starts_with(section + ".")) continue;
      const auto name = key.name.substr(dot);
      names.emplace_back(name);
      if (!key.is_secret() && !key.is_secrets()) continue;
      names.push_back(env_companion(name, key.is_secrets()));
      names.push_back(file_companion(name, key.is_secrets()));
    }
    return names;
  }

  // Names the nearest of `names`, or a key of another section that is nearer: [admin] listen for `listen` at the top.
  void complain_unknown(Place place, const std::string& shown, const std::string& own,
                        const std::vector<std::string>& names) {
    constexpr size_t kOtherSection = 2;  // a key of another section must be nearer by this much
    const std::string& typed = own.empty() ? shown : own;
    size_t fewest = std::numeric_limits<size_t>::max();
    std::string best;
    for (const auto& name : names)
      if (const size_t slips = edit_distance(typed, name); slips < fewest) {
        fewest = slips;
        best = name;
      }
    for (const auto& key : setting_keys()) {
      const auto dot = key.name.find('.');
      if (const size_t slips = edit_distance(typed, key.name.substr(dot + 1)) + kOtherSection; slips < fewest) {
        fewest = slips;
        best = fmt::format("[{}] {}", key.name.substr(0, dot), key.name.substr(dot + 1));
      }
    }
    complain(std::move(place), shown, fmt::format("unknown key; the nearest known one is {}", best));
  }

  // --- the whole ---

  void check() {
    std::vector<Finding> findings = contradictions(settings_);
    const bool elsewhere = settings_.accounts_from.postgres;
    if (needs_.sealing || (elsewhere && needs_.accounts))
      if (auto finding = sealing_key_present(settings_)) findings.push_back(std::move(*finding));
    if (needs_.console)
      for (auto& finding : console_users_can_log_in(settings_)) findings.push_back(std::move(finding));
    if (needs_.accounts && !elsewhere)
      if (auto finding = at_least_one_account(settings_)) findings.push_back(std::move(*finding));
    std::set<std::string> complained;
    for (const auto& problem : problems_) complained.insert(problem.key.substr(0, problem.key.find("_file")));
    for (auto& finding : findings) {
      // A key that couldn't be read has its default now. Errors that follow from that are left out.
      if (complained.contains(finding.key) || complained.contains(finding.key + "_env")) continue;
      const auto place = places_.find(finding.key);
      if (finding.place.empty() && place != places_.end()) finding.place = place->second;
      whole_.push_back(finding.place.empty() ? fmt::format("{}: {}", finding.key, finding.text)
                                             : fmt::format("{}: {}: {}", finding.place, finding.key, finding.text));
    }
  }

  Loaded finish() {
    std::stable_sort(problems_.begin(), problems_.end(),
                     [](const Problem& left, const Problem& right) { return left.place < right.place; });
    Loaded loaded{std::move(settings_), {}, std::move(places_), std::move(files_)};
    for (const auto& problem : problems_) {
      std::string line = to_string(problem.place);
      for (const auto* part : {&problem.key, &problem.text})
        if (!part->empty()) line += (line.empty() ? "" : ": ") + *part;
      loaded.errors.push_back(std::move(line));
    }
    loaded.errors.insert(loaded.errors.end(), whole_.begin(), whole_.end());
    return loaded;
  }

  const Environment& environment_;
  const Needs& needs_;
  Settings settings_;
  std::string file_;
  std::map<Secret*, SecretSource> setting_secrets_;
  std::map<std::string, std::string> places_;
  std::vector<Problem> problems_;
  std::vector<std::string> whole_;
  std::vector<std::string> files_;
};

}  // namespace

Loaded read_settings(const std::string& path, const Environment& environment, const Needs& needs) {
  return SettingsReader(environment, needs).read(path);
}

Secret read_secret_file(const std::string& path) {
  const Secret whole = read_file(path);
  const std::string& text = whole.reveal();
  Secret secret(text.substr(0, text.find_last_not_of(" \t\r\n") + 1));
  if (secret.empty()) throw UsageError(fmt::format("{} is empty", path));
  return secret;
}

void add_accounts(Loaded& loaded, std::string_view json, const std::string& where, const Needs& needs,
                  const OpenSecret& open) {
  const Environment none;
  auto found = SettingsReader(none, needs).read_accounts_from(json, where, open);
  for (auto& account : found.settings.accounts) loaded.settings.accounts.push_back(std::move(account));
  loaded.errors.insert(loaded.errors.end(), found.errors.begin(), found.errors.end());
}

Settings load_settings(const std::string& path, const Environment& environment, const Needs& needs) {
  Loaded loaded = read_settings(path, environment, needs);
  if (!loaded.errors.empty()) throw UsageError(fmt::format("{}", fmt::join(loaded.errors, "\n")));
  return std::move(loaded.settings);
}

}  // namespace wxpipe::config
