// Checks of several settings together: settings that contradict each other, and settings that work but are risky. Each
// rule is one function of the settings; its name says what must hold. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/config/settings.hpp"

namespace wxpipe::config {

struct Finding {
  std::string key;      // "ingest.command_ack_budget"; of a list "accounts.shop.name"
  std::string text;     // what is wrong and what to change
  std::string place{};  // file and line, if it is an account or a rule; else look up the key
  bool operator==(const Finding&) const = default;
};

// All errors. No role starts while there is one.
std::vector<Finding> contradictions(const Settings& settings);

// The single rules. Empty: the rule holds.
using Check = std::optional<Finding>;
Check command_budget_within_ack_budget(const Settings& settings);
Check ack_budget_below_request_timeout(const Settings& settings);
Check drain_outlasts_ack_budget(const Settings& settings);
Check process_batch_within_transaction_timeout(const Settings& settings);
Check sink_batch_within_poll_interval(const Settings& settings);
Check producer_outlasts_failover(const Settings& settings);
Check tls_both_or_neither(const Settings& settings);
Check admin_apart_from_callbacks(const Settings& settings);
Check copies_have_a_spool(const Settings& settings);
Check proxies_are_addresses_or_networks(const Settings& settings);
Check accounts_stand_in_one_place(const Settings& settings);
Check console_asks_for_a_login(const Settings& settings);
Check console_tls_both_or_neither(const Settings& settings);
Check console_apart_from_the_others(const Settings& settings);
Check console_proxy_is_complete(const Settings& settings);
std::vector<Finding> console_names_roles_that_exist(const Settings& settings);
std::vector<Finding> account_names_are_unique_and_fit_in_a_url(const Settings& settings);
std::vector<Finding> retention_is_readable(const Settings& settings);
std::vector<Finding> score_rules_are_unique_and_fire(const Settings& settings);

// Only where a role needs them.
std::vector<Finding> console_users_can_log_in(const Settings& settings);
Check sealing_key_present(const Settings& settings);
Check at_least_one_account(const Settings& settings);

// Warnings of check-config: allowed, but perhaps not intended.
std::vector<Finding> risks(const Settings& settings);

}  // namespace wxpipe::config
