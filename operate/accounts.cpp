// A row of wxpipe.accounts has a column for each key of [[accounts]], by the same name: so it can be read and written
// as one JSON object, and a new key needs only its column.
#include "operate/accounts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>

#include "common/config/keys.hpp"
#include "common/config/units.hpp"
#include "common/json/write.hpp"
#include "common/result.hpp"
#include "ingest/account.hpp"

namespace wxpipe::operate {
namespace {
using config::AccountSettings;
using postgres::Connection, postgres::Parameters, postgres::Transaction;

constexpr std::array<std::string_view, 3> kSecrets{"token", "encoding_aes_key", "secret"};
constexpr size_t kMostListed = 10'000;

// The columns that are keys of [[accounts]]; "proof.over" is part of proof.
const std::vector<std::string>& config_columns() {
  static const auto columns = [] {
    std::vector<std::string> names;
    for (const auto& key : config::account_keys()) {
      const std::string top(key.name.substr(0, key.name.find('.')));
      if (std::ranges::find(names, top) == names.end()) names.push_back(top);
    }
    names.emplace_back("replies");
    return names;
  }();
  return columns;
}

void append(std::string& json, const std::string& text) { json::append_string(json, text); }
void append(std::string& json, bool flag) { json += flag ? "true" : "false"; }
void append(std::string& json, int64_t number) { json += fmt::format("{}", number); }
void append(std::string& json, config::seconds duration) { append(json, config::format_duration(duration)); }
void append(std::string& json, const config::Texts& texts) {
  json += '[';
  for (const auto& text : texts) {
    if (json.back() != '[') json += ',';
    append(json, text);
  }
  json += ']';
}
void append(std::string& json, const config::TextMap& map) {
  json += '{';
  for (const auto& [name, text] : map) {
    if (json.back() != '{') json += ',';
    append(json, name);
    json += ':';
    append(json, text);
  }
  json += '}';
}

// The members of one JSON object.
class Members {
 public:
  explicit Members(const crypto::Sealer& sealer) : sealer_(sealer) {}

  template <class T>
  void add(std::string_view name, const T& value) {
    if constexpr (std::is_same_v<T, Secret>) {
      if (!value.empty()) put(name, sealer_.seal(value.reveal()));  // a seal may stand in a row
    } else if constexpr (requires { value.has_value(); }) {
      if (value) put(name, *value);
    } else if constexpr (std::is_same_v<T, bool>) {
      put(name, value);
    } else if constexpr (requires { value.empty(); }) {
      if (!value.empty()) put(name, value);
    } else {
      static_assert(!sizeof(T), "no key of an account has this type");
    }
  }
  void add_json(std::string_view name, std::string_view json) {
    start(name);
    json_ += json;
  }
  bool empty() const { return json_.empty(); }
  std::string object() const { return "{" + json_ + "}"; }

 private:
  template <class T>
  void put(std::string_view name, const T& value) {
    start(name);
    append(json_, value);
  }
  void start(std::string_view name) {
    if (!json_.empty()) json_ += ',';
    json::append_string(json_, name);
    json_ += ':';
  }

  const crypto::Sealer& sealer_;
  std::string json_;
};

// A key's value, if its type is one that accounts and replies use.
template <class Root>
void add(Members& members, std::string_view name, const config::Key<Root>& key, Root& root) {
  std::visit(
      [&](auto field) {
        using T = std::remove_reference_t<decltype(field(root))>;
        if constexpr (requires { members.add(name, std::declval<const T&>()); } &&
                      (std::is_same_v<T, std::string> || std::is_same_v<T, Secret> || std::is_same_v<T, bool> ||
                       std::is_same_v<T, config::Texts> || std::is_same_v<T, config::TextMap> ||
                       std::is_same_v<T, std::optional<int64_t>> || std::is_same_v<T, std::optional<config::seconds>> ||
                       std::is_same_v<T, std::optional<bool>> || std::is_same_v<T, std::optional<std::string>>))
          members.add(name, field(root));
        else
          throw std::logic_error(fmt::format("accounts.{} has a type that no column has", key.name));
      },
      key.field);
}

std::string replies_json(std::vector<config::ReplyRule> replies, const crypto::Sealer& sealer) {
  std::string list;
  for (auto& reply : replies) {
    Members members(sealer);
    for (const auto& key : config::reply_keys()) add(members, key.name, key, reply);
    list += (list.empty() ? "" : ",") + members.object();
  }
  return "[" + list + "]";
}

// The row as JSON: what isn't given is not in it.
std::string row_json(AccountSettings account, const crypto::Sealer& sealer) {
  Members row(sealer);
  std::map<std::string, Members, std::less<>> parts;  // proof, envelope, answer
  for (const auto& key : config::account_keys()) {
    const auto dot = key.name.find('.');
    if (dot == std::string_view::npos)
      add(row, key.name, key, account);
    else
      add(parts.try_emplace(std::string(key.name.substr(0, dot)), sealer).first->second, key.name.substr(dot + 1), key,
          account);
  }
  for (const auto& [name, part] : parts)
    if (!part.empty()) row.add_json(name, part.object());
  if (!account.replies.empty()) row.add_json("replies", replies_json(account.replies, sealer));
  return row.object();
}

// The config columns of a row `a` as JSON, without those that are null.
std::string as_json() {
  std::vector<std::string> pairs;
  for (const auto& name : config_columns()) pairs.push_back(fmt::format("'{0}', a.{0}", name));
  // Two halves: a function takes a hundred arguments at most, and keys may become more.
  const auto middle = pairs.begin() + static_cast<std::ptrdiff_t>(pairs.size() / 2);
  return fmt::format("jsonb_strip_nulls(jsonb_build_object({}) || jsonb_build_object({}))",
                     fmt::join(pairs.begin(), middle, ", "), fmt::join(middle, pairs.end(), ", "));
}

config::OpenSecret opener(const crypto::Sealer& sealer) {
  return [&sealer](std::string_view sealed) {
    auto text = sealer.open(sealed);
    return text ? std::optional<Secret>(std::in_place, std::move(*text)) : std::nullopt;
  };
}

// The account as a role would take it. Throws UsageError with what the role would refuse.
void require_good(Transaction& transaction, const crypto::Sealer& sealer, const std::string& name) {
  const auto rows = transaction.execute(
      fmt::format("select jsonb_build_array({})::text from wxpipe.accounts a where a.name = $1::text", as_json()),
      Parameters().text(name));
  config::Loaded loaded;
  config::add_accounts(loaded, rows.text(0, 0), "", config::kForIngest, opener(sealer));
  for (const auto& account : loaded.settings.accounts) ingest::make_account(account, loaded.errors);
  if (!loaded.errors.empty()) throw UsageError(fmt::format("{}", fmt::join(loaded.errors, "\n")));
}

void finish(Transaction& transaction, const Order& order) {
  if (order.what == Do::it) transaction.commit();
}

void record(Transaction& transaction, const Order& order, const Uuid& command, std::string_view operation,
            std::string_view type, const std::string& name, std::string_view detail,
            const std::vector<std::string>& keys) {
  std::string details = "{}";
  if (!keys.empty()) {
    details = "{";
    json::append_string(details, detail);
    details += ':';
    append(details, keys);
    details += '}';
  }
  write(transaction, order.who,
        {.command_id = command,
         .name = std::string(operation),
         .type = std::string(type),
         .resource_type = "account",
         .resource_id = name,
         .filter = {},
         .reason = order.why,
         .affected = 1,
         .details = std::move(details)});
}

struct Held {
  std::vector<std::string> keys, previous;
};

std::string keys_of(std::string_view prefix) {
  std::vector<std::string> pieces;
  for (const auto name : kSecrets)
    pieces.push_back(fmt::format("case when {0}{1} is not null then ' {1}' else '' end", prefix, name));
  return fmt::format("{}", fmt::join(pieces, " || "));
}

std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> found;
  for (const auto name : kSecrets)
    if ((text + " ").find(fmt::format(" {} ", name)) != std::string::npos) found.emplace_back(name);
  return found;
}

// Locks the row until the end of the transaction. Throws UsageError if there is none, or it is retired.
Held hold(Transaction& transaction, const std::string& name) {
  const auto rows =
      transaction.execute(fmt::format("select retired_at is not null, {}, {} from wxpipe.accounts where name = "
                                      "$1::text for update",
                                      keys_of(""), keys_of("previous_")),
                          Parameters().text(name));
  if (rows.empty()) throw UsageError(fmt::format("there is no account '{}'; `wxpipe accounts ls` shows all", name));
  if (rows.text(0, 0) == "t")
    throw UsageError(fmt::format("the account '{}' is retired; `wxpipe accounts add --replace` brings it back", name));
  return {words(rows.text(0, 1)), words(rows.text(0, 2))};
}

bool has(const std::vector<std::string>& list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}
}  // namespace

std::string accounts_json(Connection& connection) {
  static const auto sql = fmt::format(
      "select coalesce(jsonb_agg({} order by a.name), '[]')::text from wxpipe.accounts a where a.retired_at is null",
      as_json());
  return connection.execute(sql).text(0, 0);
}

void add_accounts(config::Loaded& loaded, std::string_view json, const config::Needs& needs) {
  std::unique_ptr<const crypto::Sealer> sealer;
  if (needs.accounts) {
    if (loaded.settings.sealing.key.empty()) return;  // the errors say so already
    try {
      sealer = std::make_unique<crypto::Sealer>(loaded.settings.sealing.key, loaded.settings.sealing.previous_keys);
    } catch (const UsageError&) {
      return;  // check_roles says so
    }
  }
  config::add_accounts(
      loaded, json, kAccountsTable, needs,
      sealer ? opener(*sealer) : [](std::string_view) { return std::optional<Secret>(); });
}

std::vector<StoredAccount> list_accounts(Connection& connection) {
  const auto rows = connection.execute(fmt::format(
      "select name, kind, coalesce(title, ''), {}, {}, retired_at is not null, (extract(epoch from updated_at) * "
      "1000000)::int8, updated_by from wxpipe.accounts order by name limit {}",
      keys_of(""), keys_of("previous_"), kMostListed));
  std::vector<StoredAccount> all;
  for (size_t i = 0; i < rows.size(); ++i)
    all.push_back({rows.text(i, 0), rows.text(i, 1), rows.text(i, 2), words(rows.text(i, 3)), words(rows.text(i, 4)),
                   rows.text(i, 5) == "t", Timestamp(std::chrono::microseconds(rows.integer(i, 6))), rows.text(i, 7)});
  return all;
}

StoredAccount described(const AccountSettings& account) {
  StoredAccount one{account.name, account.kind, account.title, {}, {}, false, {}, {}};
  const std::array<std::pair<const Secret*, const Secret*>, 3> secrets{
      {{&account.token, &account.previous_token},
       {&account.encoding_aes_key, &account.previous_encoding_aes_key},
       {&account.secret, &account.previous_secret}}};
  for (size_t i = 0; i < secrets.size(); ++i) {
    if (!secrets[i].first->empty()) one.keys.emplace_back(kSecrets[i]);
    if (!secrets[i].second->empty()) one.previous.emplace_back(kSecrets[i]);
  }
  return one;
}

void put_accounts(Connection& connection, const crypto::Sealer& sealer, const std::vector<AccountSettings>& accounts,
                  bool replace, const Order& order) {
  // Not null in the table, and no keys of [[accounts]].
  constexpr std::string_view kRest =
      "jsonb_build_object('verified', false, 'enable_custom_message', false, 'enable_template_message', false, "
      "'max_accounts', 10, 'heartbeat_interval', 30, 'created_by', $2::text, 'updated_by', $2::text, 'created_at', now(), "
      "'updated_at', now())";
  std::vector<std::string> set;
  for (const auto& name : config_columns())
    if (name != "name") set.push_back(fmt::format("{0} = excluded.{0}", name));
  const auto sql = fmt::format(
      "insert into wxpipe.accounts select (jsonb_populate_record(null::wxpipe.accounts, {} || $1::text::jsonb)).* on conflict "
      "(name) do {} returning (xmax = 0)::int4",
      kRest,
      replace ? fmt::format("update set {}, updated_by = excluded.updated_by, updated_at = now(), retired_at = null",
                            fmt::join(set, ", "))
              : "nothing");
  const auto command = new_command_id();
  std::vector<std::string> errors;
  Transaction transaction(connection);
  for (const auto& account : accounts) {
    const auto row = row_json(account, sealer);
    const auto done = transaction.execute(sql, Parameters().text(row).text(order.who.name));
    if (done.empty()) {
      errors.push_back(fmt::format("there is an account '{}' already; --replace makes it as given", account.name));
      continue;
    }
    require_good(transaction, sealer, account.name);
    record(transaction, order, command, "accounts add", done.integer(0, 0) == 1 ? "CREATE" : "UPDATE", account.name,
           "keys", described(account).keys);
  }
  if (!errors.empty()) throw UsageError(fmt::format("{}", fmt::join(errors, "\n")));
  finish(transaction, order);
}

void rotate_keys(Connection& connection, const crypto::Sealer& sealer, const std::string& name, const NewSecrets& fresh,
                 const Order& order) {
  Transaction transaction(connection);
  const auto held = hold(transaction, name);
  std::vector<std::string> keys;
  for (const auto& [key, secret] : fresh) {
    if (!has(held.keys, key))
      throw UsageError(fmt::format("the account '{}' has no {}; it has: {}", name, key, fmt::join(held.keys, ", ")));
    if (has(held.previous, key))
      throw UsageError(
          fmt::format("the account '{0}' has a previous {1} that is still accepted: when the console has switched, "
                      "`wxpipe accounts rotate {0} --finish` ends that rotation; then begin the next",
                      name, key));
    // Equal texts have equal seals, as long as the sealing key is the same.
    const auto sealed = sealer.seal(secret.reveal());
    const auto moved = transaction.execute(
        fmt::format(
            "update wxpipe.accounts set previous_{0} = {0}, {0} = $2::text, rotated_at = now(), updated_at = now(), "
            "updated_by = $3::text where name = $1::text and {0} <> $2::text",
            key),
        Parameters().text(name).text(sealed).text(order.who.name));
    if (moved.affected() == 0)
      throw UsageError(fmt::format("the {} given is the one that '{}' has already", key, name));
    keys.push_back(key);
  }
  require_good(transaction, sealer, name);
  record(transaction, order, new_command_id(), "accounts rotate", "UPDATE", name, "rotated", keys);
  finish(transaction, order);
}

std::vector<std::string> finish_rotation(Connection& connection, const std::string& name, const Order& order) {
  Transaction transaction(connection);
  const auto held = hold(transaction, name);
  if (held.previous.empty())
    throw UsageError(fmt::format("the account '{}' has no previous keys: there is no rotation to finish", name));
  std::vector<std::string> cleared;
  for (const auto key : kSecrets) cleared.push_back(fmt::format("previous_{} = null", key));
  transaction.execute(
      fmt::format("update wxpipe.accounts set {}, updated_at = now(), updated_by = $2::text where name = $1::text",
                  fmt::join(cleared, ", ")),
      Parameters().text(name).text(order.who.name));
  record(transaction, order, new_command_id(), "accounts rotate", "UPDATE", name, "finished", held.previous);
  finish(transaction, order);
  return held.previous;
}

void retire_account(Connection& connection, const std::string& name, const Order& order) {
  Transaction transaction(connection);
  hold(transaction, name);
  transaction.execute(
      "update wxpipe.accounts set retired_at = now(), updated_at = now(), updated_by = $2::text where name = $1::text",
      Parameters().text(name).text(order.who.name));
  record(transaction, order, new_command_id(), "accounts retire", "DELETE", name, "", {});
  finish(transaction, order);
}

}  // namespace wxpipe::operate
