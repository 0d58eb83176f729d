// What differs between two configurations, by name: never a value, because it may be a secret. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "common/config/settings.hpp"

namespace wxpipe::config {

struct Change {
  std::string kind;   // account, rule, setting
  std::string name;   // the account's, the rule's; of a setting its key: "sealing.key"
  std::string what;   // "added", "removed", or the keys that differ: "token, title"
  bool live = false;  // taken while the process runs; else only a restart does
  bool operator==(const Change&) const = default;
};

// In the order of settings, rules, accounts. The places in the files don't count.
std::vector<Change> changes(Settings before, Settings after);

// "accounts.shop: token, title; score.rules.asked_for_price: added; ingest.listen"
std::string in_words(const std::vector<Change>& changes);

}  // namespace wxpipe::config
