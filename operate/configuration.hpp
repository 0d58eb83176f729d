// Is a configuration right? What each role would refuse at its start, and what works but is risky. check-config prints
// it, doctor looks at it. Reads files, asks no server.
#pragma once

#include <string>
#include <vector>

#include "common/config/checks.hpp"
#include "common/config/settings_file.hpp"

namespace wxpipe::operate {

// Adds to loaded.errors what each role would refuse, beyond what reading the configuration finds. Accounts and the
// certificate only if ingest is meant (needs.accounts): another machine may have neither.
void check_roles(config::Loaded& loaded, const config::Needs& needs = config::kEverything);

// For a configuration without errors.
std::vector<config::Finding> risks_of(const config::Settings& settings);

// The risk with its place in the file, as a sentence.
std::string sentence_of(const config::Finding& risk, const config::Loaded& loaded);

}  // namespace wxpipe::operate
