// Accounts in Postgres: what `wxpipe accounts` shows and changes, and what roles read ([accounts_from] postgres =
// true). Secrets are sealed before they come to the database and opened only in memory. Every change is one transaction
// with its rows in audit_logs. One thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.hpp"
#include "common/config/settings_file.hpp"
#include "common/crypto/sealer.hpp"
#include "common/postgres/connection.hpp"
#include "operate/audit_log.hpp"

namespace wxpipe::operate {

// What errors call the place of these accounts.
inline constexpr const char* kAccountsTable = "wxpipe.accounts";

// Those that aren't retired, for config::add_accounts: a list of objects, secrets sealed. Equal accounts give equal
// texts.
std::string accounts_json(postgres::Connection& connection);

// Adds them to the configuration, with what is wrong about them.
void add_accounts(config::Loaded& loaded, std::string_view json, const config::Needs& needs);

struct StoredAccount {
  std::string name, kind, title;
  std::vector<std::string> keys;      // that it has: token, encoding_aes_key, secret
  std::vector<std::string> previous;  // of those, the ones whose previous value is accepted too
  bool retired = false;
  Timestamp updated_at;
  std::string updated_by;
  bool operator==(const StoredAccount&) const = default;
};
std::vector<StoredAccount> list_accounts(postgres::Connection& connection);

// An account of a configuration, in the form of list_accounts.
StoredAccount described(const config::AccountSettings& account);

// Whether to do it, or only to find out whether it could be done: the same, without the commit.
enum class Do { try_it, it };
struct Order {
  Do what = Do::try_it;
  Operator who;
  std::string why;
};

// All of them or none. An account that is there already is an error, unless `replace`: then it becomes as given, and is
// no longer retired. Throws UsageError with everything that is wrong.
void put_accounts(postgres::Connection& connection, const crypto::Sealer& sealer,
                  const std::vector<config::AccountSettings>& accounts, bool replace, const Order& order);

// The first step of a rotation: the values given become the current ones, and the present ones stay accepted as the
// previous ones. By key: "token", "encoding_aes_key", "secret".
using NewSecrets = std::map<std::string, Secret, std::less<>>;
void rotate_keys(postgres::Connection& connection, const crypto::Sealer& sealer, const std::string& name,
                 const NewSecrets& fresh, const Order& order);
// The second: the previous ones are no longer accepted. Returns which.
std::vector<std::string> finish_rotation(postgres::Connection& connection, const std::string& name, const Order& order);

// Its callbacks are refused from now on; its row stays, and `put_accounts` with replace brings it back.
void retire_account(postgres::Connection& connection, const std::string& name, const Order& order);

}  // namespace wxpipe::operate
