// From a TOML file and the environment to Settings. Last word first: WXPIPE_INSTANCE, then WXPIPE_<SECTION>__<KEY>,
// then KAFKA_BOOTSTRAP, DATABASE_URL and WXPIPE_SEALING_KEY, then the file, then the defaults. Relative paths in a file
// are relative to that file. Reads files; no other I/O. Any thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/config/environment.hpp"
#include "common/config/settings.hpp"

namespace wxpipe::config {

// What the reader is going to use. Secrets that aren't needed are not looked up, so that a machine that runs `process`
// needs neither the accounts' tokens nor the database's password.
struct Needs {
  bool accounts = true;  // at least one, with its secrets
  bool sealing = true;
  bool postgres = true;
};
inline constexpr Needs kEverything{};
inline constexpr Needs kForIngest{.postgres = false};
inline constexpr Needs kForProcess{.accounts = false, .sealing = false, .postgres = false};
inline constexpr Needs kForSink{.accounts = false, .sealing = false};
inline constexpr Needs kForKafka = kForProcess;
inline constexpr Needs kForPostgres = kForSink;

struct Loaded {
  Settings settings;
  std::vector<std::string> errors;  // "wxpipe.toml:14:11: ingest.listen: expected …", in the file's order
  // Where each key was set ("wxpipe.toml:14:11", "environment variable DATABASE_URL"); defaults are not in it.
  std::map<std::string, std::string> places;
};

// An empty path: defaults and environment alone. Never throws for what the person can change.
Loaded read_settings(const std::string& path, const Environment& environment, const Needs& needs = kEverything);

// Throws one UsageError that holds every error, a line each.
Settings load_settings(const std::string& path, const Environment& environment, const Needs& needs = kEverything);

}  // namespace wxpipe::config
