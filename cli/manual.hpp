// The commands as pages and as completion for shells, read from the same tree as --help: nothing is written twice.
// Pure.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace wxpipe::cli {

struct OptionPage {
  std::vector<std::string> names;  // "-c", "--config"; a positional: its own name
  std::string type;                // "FILE"; empty: a flag
  std::string meaning;
  std::vector<std::string> choices;  // if only some words are possible
  bool positional = false, required = false;
};

struct CommandPage {
  std::vector<std::string> words;  // wxpipe dlq retry
  std::string group, meaning;
  std::vector<OptionPage> options;
  std::string footer;  // examples
  std::vector<CommandPage> commands;
};

// The whole tree below `app`. Commands without a group are hidden and left out.
CommandPage pages_of(const CLI::App& app);

std::string as_markdown(const CommandPage& root);  // docs/commands.md
std::string as_man_page(const CommandPage& root);  // wxpipe.1, in roff
std::string bash_completion(const CommandPage& root);
std::string zsh_completion(const CommandPage& root);
std::string fish_completion(const CommandPage& root);

}  // namespace wxpipe::cli
