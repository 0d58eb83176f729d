// From a TOML file and the environment to Settings. The first source that has a key wins: WXPIPE_INSTANCE, then
// WXPIPE_<SECTION>__<KEY>, then KAFKA_BOOTSTRAP, DATABASE_URL and WXPIPE_SEALING_KEY, then the file, then the defaults.
// Relative paths in a file are relative to that file. Reads files; no other I/O. Any thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/config/environment.hpp"
#include "common/config/settings.hpp"

namespace wxpipe::config {

// Which parts the caller will use. Other secrets are not looked up: a machine that runs only `process` needs neither
// the accounts' tokens nor the database's password.
struct Needs {
  bool accounts = true;  // there must be at least one, with its secrets
  bool sealing = true;
  bool postgres = true;
  bool console = true;  // hashes of passwords and tokens
};
inline constexpr Needs kEverything{};
inline constexpr Needs kForCallbacks{.console = false};  // opens callbacks, stores what they become
inline constexpr Needs kForIngest{.postgres = false, .console = false};
inline constexpr Needs kForProcess{.accounts = false, .sealing = false, .postgres = false, .console = false};
inline constexpr Needs kForSink{.accounts = false, .sealing = false, .console = false};
inline constexpr Needs kForKafka = kForProcess;
inline constexpr Needs kForPostgres = kForSink;

struct Loaded {
  Settings settings;
  std::vector<std::string> errors;  // "wxpipe.toml:14:11: ingest.listen: expected …", in the file's order
  // Where each key was set ("wxpipe.toml:14:11", "environment variable DATABASE_URL"); defaults are not in it.
  std::map<std::string, std::string> places;
};

// An empty path: only defaults and environment. Mistakes of the user are in `errors`; they are not thrown.
Loaded read_settings(const std::string& path, const Environment& environment, const Needs& needs = kEverything);

// Throws one UsageError that holds every error, a line each.
Settings load_settings(const std::string& path, const Environment& environment, const Needs& needs = kEverything);

}  // namespace wxpipe::config
