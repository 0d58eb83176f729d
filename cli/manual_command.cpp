#include "cli/manual_command.hpp"

#include <fmt/format.h>

#include <memory>

#include "cli/manual.hpp"

namespace wxpipe::cli {

void add_manual_commands(Program& program) {
  const auto kind = std::make_shared<std::string>();
  auto& manual = *program.app.add_subcommand("manual", "Prints all commands as a page");
  manual.group("Set-up");
  manual.add_option("form", *kind, "markdown (docs/commands.md) or man (wxpipe.1)")
      ->required()
      ->check(CLI::IsMember({"markdown", "man"}));
  add_examples(manual, {{"wxpipe manual man | man -l -", "to read"},
                        {"wxpipe manual markdown > docs/commands.md", "the page in docs"}});
  manual.callback([&program, kind] {
    const auto root = pages_of(program.app);
    fmt::print("{}", *kind == "man" ? as_man_page(root) : as_markdown(root));
  });

  auto& completion = *program.app.add_subcommand("completion", "Prints completion for a shell");
  completion.group("Set-up");
  completion.add_option("shell", *kind, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  add_examples(completion, {{"wxpipe completion bash > /etc/bash_completion.d/wxpipe", "for bash"},
                            {"wxpipe completion zsh > \"${fpath[1]}/_wxpipe\"", "for zsh"},
                            {"wxpipe completion fish > ~/.config/fish/completions/wxpipe.fish", "for fish"}});
  completion.callback([&program, kind] {
    const auto root = pages_of(program.app);
    fmt::print("{}", *kind == "bash"  ? bash_completion(root)
                     : *kind == "zsh" ? zsh_completion(root)
                                      : fish_completion(root));
  });
}

}  // namespace wxpipe::cli
