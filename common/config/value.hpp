// One value of a configuration, from the file or from the environment, and how it becomes a typed setting. Every type
// of setting has an `assign` and a `show`: one reads what the other writes. Pure; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/config/settings.hpp"

namespace wxpipe::config {

using Texts = std::vector<std::string>;
using TextMap = std::map<std::string, std::string>;
using SecretMap = std::map<std::string, Secret>;

// A value of a type that no setting has: a date, an array of tables. `name`: that type, for people.
struct Foreign {
  std::string_view name;
};
// Text from the environment, which has no types: each setting reads it as what it needs.
struct Untyped {
  std::string text;
};
using Value = std::variant<std::string, int64_t, double, bool, Texts, TextMap, Untyped, Foreign>;

// Limits on a setting's values, besides its type.
struct Rule {
  // Inclusive: counts as they are, durations in milliseconds, sizes in bytes, ratios as fractions.
  double least = 0, most = 9e15;
  std::vector<std::string_view> words{};  // a closed set
  std::string_view characters{};          // allowed besides letters and digits; empty: any text
  bool is_path = false;                   // a relative path is relative to the file that has it
  bool is_size = false;                   // of a size_t: bytes with unit, else a count
  bool may_be_empty = true;
};

// Sets `field`. On failure it returns what is wrong and what is expected; the text never holds a secret.
using Complaint = std::optional<std::string>;
Complaint assign(std::string& field, const Rule& rule, const Value& value);
Complaint assign(Secret& field, const Rule& rule, const Value& value);
Complaint assign(Endpoint& field, const Rule& rule, const Value& value);
Complaint assign(int& field, const Rule& rule, const Value& value);
Complaint assign(size_t& field, const Rule& rule, const Value& value);
Complaint assign(std::optional<int64_t>& field, const Rule& rule, const Value& value);
Complaint assign(milliseconds& field, const Rule& rule, const Value& value);
Complaint assign(seconds& field, const Rule& rule, const Value& value);
Complaint assign(std::optional<seconds>& field, const Rule& rule, const Value& value);
Complaint assign(double& field, const Rule& rule, const Value& value);
Complaint assign(bool& field, const Rule& rule, const Value& value);
Complaint assign(std::optional<bool>& field, const Rule& rule, const Value& value);
Complaint assign(std::optional<std::string>& field, const Rule& rule, const Value& value);
Complaint assign(Texts& field, const Rule& rule, const Value& value);
Complaint assign(std::vector<Secret>& field, const Rule& rule, const Value& value);
Complaint assign(TextMap& field, const Rule& rule, const Value& value);
Complaint assign(SecretMap& field, const Rule& rule, const Value& value);

// As TOML, secrets as "***". Empty: there is nothing to show.
std::string show(const std::string& field, const Rule& rule);
std::string show(const Secret& field, const Rule& rule);
std::string show(const Endpoint& field, const Rule& rule);
std::string show(int field, const Rule& rule);
std::string show(size_t field, const Rule& rule);
std::string show(const std::optional<int64_t>& field, const Rule& rule);
std::string show(milliseconds field, const Rule& rule);
std::string show(seconds field, const Rule& rule);
std::string show(const std::optional<seconds>& field, const Rule& rule);
std::string show(double field, const Rule& rule);
std::string show(bool field, const Rule& rule);
std::string show(const std::optional<bool>& field, const Rule& rule);
std::string show(const std::optional<std::string>& field, const Rule& rule);
std::string show(const Texts& field, const Rule& rule);
std::string show(const std::vector<Secret>& field, const Rule& rule);
std::string show(const TextMap& field, const Rule& rule);
std::string show(const SecretMap& field, const Rule& rule);

// Text in TOML's quotes.
std::string in_quotes(std::string_view text);

}  // namespace wxpipe::config
