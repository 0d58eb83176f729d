// Every key a configuration can have, in one table: its name, its allowed values, its meaning. The file reader,
// environment overrides, `check-config --print`, "did you mean" and the test of config/wxpipe.reference.toml all use
// this table, so none of them can forget a key. Immutable; any thread.
#pragma once

#include <span>
#include <string_view>
#include <variant>

#include "common/config/settings.hpp"
#include "common/config/value.hpp"

namespace wxpipe::config {

template <class Root, class T>
using Field = T& (*)(Root&);

// One alternative for each type a setting can have.
template <class Root>
using AnyField =
    std::variant<Field<Root, std::string>, Field<Root, Secret>, Field<Root, Endpoint>, Field<Root, int>,
                 Field<Root, size_t>, Field<Root, std::optional<int64_t>>, Field<Root, milliseconds>,
                 Field<Root, seconds>, Field<Root, std::optional<seconds>>, Field<Root, double>, Field<Root, bool>,
                 Field<Root, std::optional<bool>>, Field<Root, std::optional<std::string>>, Field<Root, Texts>,
                 Field<Root, std::vector<Secret>>, Field<Root, TextMap>, Field<Root, SecretMap>>;

template <class Root>
struct Key {
  std::string_view name;  // for settings "section.key", else only the key
  AnyField<Root> field;
  Rule rule;
  std::string_view meaning;  // one or two sentences; the reference file has the same words above the key

  bool is_secret() const { return std::holds_alternative<Field<Root, Secret>>(field); }
  bool is_secrets() const { return std::holds_alternative<Field<Root, std::vector<Secret>>>(field); }
  bool is_table() const {
    return std::holds_alternative<Field<Root, TextMap>>(field) || std::holds_alternative<Field<Root, SecretMap>>(field);
  }
};

std::span<const Key<Settings>> setting_keys();
std::span<const Key<AccountSettings>> account_keys();   // [[accounts]], without replies; "proof.over": [accounts.proof]
std::span<const Key<ReplyRule>> reply_keys();           // [[accounts.replies]]
std::span<const Key<ConsoleUser>> console_user_keys();  // [[console.users]]
std::span<const Key<ScoreRule>> score_rule_keys();      // [[score.rules]], [[rules]] of a rules file

// A secret can also come from elsewhere: token_env = "NAME" (an environment variable), token_file = "path" (the file's
// content). For the list previous_keys: previous_key_envs, previous_key_files.
std::string env_companion(std::string_view key, bool list);
std::string file_companion(std::string_view key, bool list);

}  // namespace wxpipe::config
