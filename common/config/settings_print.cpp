// Walks the table of keys, so a new key is printed without a change here.
#include "common/config/settings_print.hpp"

#include <fmt/format.h>

#include "common/config/keys.hpp"

namespace wxpipe::config {
namespace {

template <class Root>
std::string value_of(const Key<Root>& key, Root& root) {
  return std::visit([&](auto field) { return show(field(root), key.rule); }, key.field);
}

bool worth_a_line(std::string_view value) { return !value.empty() && value != "[]" && value != "{}"; }

// In lists ([[accounts]] and the like), keys that weren't set are left out.
template <class Root>
void print_lines(std::string& out, std::span<const Key<Root>> keys, Root root) {
  Root untouched;
  for (const auto& key : keys) {
    const std::string value = value_of(key, root);
    if (worth_a_line(value) && value != value_of(key, untouched)) out += fmt::format("{} = {}\n", key.name, value);
  }
}

}  // namespace

std::string print_settings(Settings settings) {
  std::string out, section;
  for (const auto& key : setting_keys()) {
    // The rules of the file are printed below with the others; naming the file too would read them twice.
    if (key.name == "score.rules_file") continue;
    const auto dot = key.name.find('.');
    if (key.name.substr(0, dot) != section) {
      section = key.name.substr(0, dot);
      out += fmt::format("{}[{}]\n", out.empty() ? "" : "\n", section);
    }
    const std::string value = value_of(key, settings);
    const bool shown = worth_a_line(value);
    out += fmt::format("# {}\n{}{} = {}\n", key.meaning, shown ? "" : "# ", key.name.substr(dot + 1),
                       shown                               ? value
                       : key.is_table()                    ? "{}"
                       : key.is_secrets() || value == "[]" ? "[]"
                                                           : "\"\"");
  }
  for (const auto& rule : settings.score.rules) {
    out += "\n[[score.rules]]\n";
    print_lines(out, score_rule_keys(), rule);
  }
  for (const auto& user : settings.console.users) {
    out += "\n[[console.users]]\n";
    print_lines(out, console_user_keys(), user);
  }
  for (const auto& account : settings.accounts) {
    out += "\n[[accounts]]\n";
    print_lines(out, account_keys(), account);
    for (const auto& reply : account.replies) {
      out += "[[accounts.replies]]\n";
      print_lines(out, reply_keys(), reply);
    }
  }
  return out;
}

}  // namespace wxpipe::config
