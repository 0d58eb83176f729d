// From a TOML file and the environment to Settings. The first source that has a key wins: WXPIPE_INSTANCE, then
// WXPIPE_<SECTION>__<KEY>, then KAFKA_BOOTSTRAP, DATABASE_URL and WXPIPE_SEALING_KEY, then the file, then the defaults.
// Relative paths in a file are relative to that file. Reads files; no other I/O. Any thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/environment.hpp"
#include "common/config/settings.hpp"

namespace wxpipe::config {

// Which parts the caller will use. Other secrets are not looked up: a machine that runs only `process` needs neither
// the accounts' tokens nor the database's password.
struct Needs {
  bool accounts = true;  // there must be at least one, with its secrets
  bool sealing = true;
  bool postgres = true;       // as [accounts_from] postgres = true asks for it too
  bool console = true;        // hashes of passwords and tokens
  bool reference = accounts;  // what people call accounts, menus and channels: no secrets
};
inline constexpr Needs kEverything{};
inline constexpr Needs kForCallbacks{.console = false};  // opens callbacks, stores what they become
inline constexpr Needs kForIngest{.postgres = false, .console = false};
inline constexpr Needs kForProcess{
    .accounts = false, .sealing = false, .postgres = false, .console = false, .reference = true};
inline constexpr Needs kForSink{.accounts = false, .sealing = false, .console = false};
inline constexpr Needs kForKafka{.accounts = false, .sealing = false, .postgres = false, .console = false};
inline constexpr Needs kForPostgres = kForSink;

struct Loaded {
  Settings settings;
  std::vector<std::string> errors;  // "wxpipe.toml:14:11: ingest.listen: expected …", in the file's order
  // Where each key was set ("wxpipe.toml:14:11", "environment variable DATABASE_URL"); defaults are not in it.
  std::map<std::string, std::string> places;
  std::vector<std::string> files;  // that were read, or should have been: the configuration, rules, secrets
};

// An empty path: only defaults and environment. Mistakes of the user are in `errors`; they are not thrown.
Loaded read_settings(const std::string& path, const Environment& environment, const Needs& needs = kEverything);

// Adds accounts that stand elsewhere than in the file, as JSON: [{"name": "shop", "kind": "official_account", …}], with
// the keys of [[accounts]]. Secrets are given to `open`, which says what they are, or nothing if it can't; without
// needs.accounts they are left out. `where`: what errors call the place.
using OpenSecret = std::function<std::optional<Secret>(std::string_view sealed)>;
void add_accounts(Loaded& loaded, std::string_view json, const std::string& where, const Needs& needs,
                  const OpenSecret& open);

// The text of a file that holds one secret, without blanks and newlines at its end. Throws UsageError.
Secret read_secret_file(const std::string& path);

// Throws one UsageError that holds every error, a line each.
Settings load_settings(const std::string& path, const Environment& environment, const Needs& needs = kEverything);

}  // namespace wxpipe::config
