// Every key a configuration can have, in one table: where it stands, what its values may be, what it means. Reading a
// file, environment overrides, `check-config --print`, "did you mean" and the test of config/wxpipe.reference.toml all
// go through it, so none of them can forget a key. Immutable; any thread.
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
                 Field<Root, Texts>, Field<Root, std::vector<Secret>>, Field<Root, TextMap>>;

template <class Root>
struct Key {
  std::string_view name;  // of settings "section.key", else the key alone
  AnyField<Root> field;
  Rule rule;
  std::string_view meaning;  // one sentence or two, word for word above the key in the reference file

  bool is_secret() const { return std::holds_alternative<Field<Root, Secret>>(field); }
  bool is_secrets() const { return std::holds_alternative<Field<Root, std::vector<Secret>>>(field); }
  bool is_table() const { return std::holds_alternative<Field<Root, TextMap>>(field); }
};

std::span<const Key<Settings>> setting_keys();
std::span<const Key<AccountSettings>> account_keys();  // [[accounts]], replies apart
std::span<const Key<ReplyRule>> reply_keys();          // [[accounts.replies]]
std::span<const Key<ScoreRule>> score_rule_keys();     // [[score.rules]], [[rules]] of a rules file

// Secrets can also be named: token_env = "NAME" (an environment variable), token_file = "path" (its content). Of a list
// of them, previous_keys: previous_key_envs, previous_key_files.
std::string env_companion(std::string_view key, bool list);
std::string file_companion(std::string_view key, bool list);

}  // namespace wxpipe::config
