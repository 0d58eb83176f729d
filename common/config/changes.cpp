// Walks the table of keys, so a new key is compared without a change here.
#include "common/config/changes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

#include "common/config/keys.hpp"

namespace wxpipe::config {
namespace {

template <class Root>
bool differs(const Key<Root>& key, Root& before, Root& after) {
  return std::visit([&](auto field) { return !(field(before) == field(after)); }, key.field);
}

template <class Root>
std::vector<std::string> different_keys(std::span<const Key<Root>> keys, Root& before, Root& after) {
  std::vector<std::string> names;
  for (const auto& key : keys)
    if (differs(key, before, after)) names.emplace_back(key.name);
  return names;
}

// The order of replies counts: the first that fits answers.
bool replies_differ(AccountSettings& before, AccountSettings& after) {
  if (before.replies.size() != after.replies.size()) return true;
  for (size_t i = 0; i < before.replies.size(); ++i)
    if (!different_keys(reply_keys(), before.replies[i], after.replies[i]).empty()) return true;
  return false;
}

std::vector<std::string> different(ScoreRule& before, ScoreRule& after) {
  return different_keys(score_rule_keys(), before, after);
}
std::vector<std::string> different(AccountSettings& before, AccountSettings& after) {
  auto names = different_keys(account_keys(), before, after);
  if (replies_differ(before, after)) names.emplace_back("replies");
  return names;
}

template <class Root>
std::map<std::string_view, Root*> by_name(std::vector<Root>& list) {
  std::map<std::string_view, Root*> found;
  for (auto& one : list) found.emplace(one.name, &one);
  return found;
}

template <class Root>
void compare(std::string_view kind, std::vector<Root>& before, std::vector<Root>& after, std::vector<Change>& found) {
  const auto earlier = by_name(before), later = by_name(after);
  for (auto& one : after) {
    const auto known = earlier.find(one.name);
    if (known == earlier.end())
      found.push_back({std::string(kind), one.name, "added", true});
    else if (const auto keys = different(*known->second, one); !keys.empty())
      found.push_back({std::string(kind), one.name, fmt::format("{}", fmt::join(keys, ", ")), true});
  }
  for (const auto& one : before)
    if (!later.contains(one.name)) found.push_back({std::string(kind), one.name, "removed", true});
}

}  // namespace

std::vector<Change> changes(Settings before, Settings after) {
  std::vector<Change> found;
  for (const auto& key : setting_keys())
    if (key.name != "score.rules_file" && differs(key, before, after))  // the rules in it count
      found.push_back({"setting", std::string(key.name), "changed", key.name.starts_with("sealing.")});
  compare("rule", before.score.rules, after.score.rules, found);
  compare("account", before.accounts, after.accounts, found);
  return found;
}

std::string in_words(const std::vector<Change>& changes) {
  std::vector<std::string> words;
  for (const auto& one : changes)
    words.push_back(one.kind == "setting" ? one.name
                                          : fmt::format("{}.{}: {}", one.kind == "rule" ? "score.rules" : "accounts",
                                                        one.name, one.what));
  return fmt::format("{}", fmt::join(words, "; "));
}

}  // namespace wxpipe::config
