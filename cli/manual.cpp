#include "cli/manual.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

namespace wxpipe::cli {
namespace {
using Words = std::vector<std::string>;

// "{open,retried}" or "{a,b}:..." from a validator; nothing if it has another form.
Words choices_of(const CLI::Option& option) {
  const auto type = option.get_type_name();
  const auto open = type.find('{'), close = type.find('}');
  Words words;
  if (open == type.npos || close == type.npos || close < open) return words;
  std::string word;
  for (size_t i = open + 1; i <= close; ++i) {
    if (type[i] == ',' || i == close) {
      words.push_back(std::move(word));
      word.clear();
    } else {
      word += type[i];
    }
  }
  return words;
}

OptionPage page_of(const CLI::Option& option) {
  OptionPage page;
  page.positional = option.get_positional();
  page.required = option.get_required();
  page.meaning = option.get_description();
  page.choices = choices_of(option);
  if (page.positional) {
    page.names = {option.get_name(true)};
  } else {
    for (const auto& name : option.get_snames()) page.names.push_back("-" + name);
    for (const auto& name : option.get_lnames()) page.names.push_back("--" + name);
  }
  if (option.get_items_expected_max() > 0) {
    page.type = option.get_type_name();
    page.type = page.type.substr(0, page.type.find_first_of(":{ "));
    if (page.type.empty()) page.type = "WORD";
  }
  return page;
}

CommandPage page_of(const CLI::App& app, Words words) {
  CommandPage page{std::move(words), app.get_group(), app.get_description(), {}, app.get_footer(), {}};
  for (const auto* option : app.get_options())
    if (!option->get_group().empty()) page.options.push_back(page_of(*option));
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_group().empty()) continue;
    auto below = page.words;
    below.push_back(command->get_name());
    page.commands.push_back(page_of(*command, std::move(below)));
  }
  return page;
}

template <class Visit>
void for_each_page(const CommandPage& page, const Visit& visit) {
  visit(page);
  for (const auto& below : page.commands) for_each_page(below, visit);
}

std::string name_of(const CommandPage& page) { return fmt::format("{}", fmt::join(page.words, " ")); }

std::string spelt(const OptionPage& option) {
  auto text = fmt::format("{}", fmt::join(option.names, ", "));
  if (!option.type.empty() && !option.positional) text += " " + option.type;
  return text;
}

std::string cell(std::string text) {
  for (size_t at = 0; (at = text.find('|', at)) != text.npos; at += 2) text.insert(at, 1, '\\');
  return text;
}

// "-" at a line's start and backslashes mean something to roff.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n'))
      out += std::string("\\&") + c;
    else
      out += c;
  }
  return out;
}

std::string in_single_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text)
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  return out + "'";
}

// Words after which the next word may be one of these: commands, options.
std::string bash_words(const CommandPage& page) {
  Words words;
  for (const auto& command : page.commands) words.push_back(command.words.back());
  for (const auto& option : page.options)
    if (!option.positional)
      for (const auto& name : option.names) words.push_back(name);
    else
      words.insert(words.end(), option.choices.begin(), option.choices.end());
  return fmt::format("{}", fmt::join(words, " "));
}
}  // namespace

CommandPage pages_of(const CLI::App& app) { return page_of(app, {app.get_name()}); }

std::string as_markdown(const CommandPage& root) {
  std::string out =
      "# Commands\n\nWhat each command does, made from the same words as `--help`. `wxpipe manual markdown` prints this page, `wxpipe "
      "manual man` a man\npage, `wxpipe completion bash|zsh|fish` completion for a shell.\n\n"
      "Exit codes: 0 done and fine; 1 done, and it found something wrong; 2 wrong usage or configuration; 3 a server it needs is not "
      "there.\n";
  for_each_page(root, [&](const CommandPage& page) {
    if (page.words.size() < 2) return;
    out += fmt::format("\n{} {}\n\n{}.\n", page.words.size() == 2 ? "##" : "###", name_of(page), page.meaning);
    bool first = true;
    for (const auto& option : page.options) {
      if (std::ranges::find(option.names, "--help") != option.names.end()) continue;
      if (std::exchange(first, false)) out += "\n| option | meaning |\n|---|---|\n";
      out += fmt::format("| `{}` | {} |\n", cell(spelt(option)), cell(option.meaning));
    }
    constexpr std::string_view kExamples = "Examples:\n";
    if (const auto at = page.footer.find(kExamples); at != std::string::npos) {
      out += "\n```sh\n";
      std::string line;
      for (const char c : page.footer.substr(at + kExamples.size())) {
        if (c != '\n') {
          line += c;
          continue;
        }
        const auto begin = line.find_first_not_of(' ');
        if (begin == 2)
          out += line.substr(2) + "\n";
        else if (begin == 6)
          out += "    # " + line.substr(6) + "\n";
        line.clear();
      }
      out += "```\n";
    }
  });
  return out;
}

std::string as_man_page(const CommandPage& root) {
  auto out = fmt::format(
      ".TH WXPIPE 1\n.SH NAME\n{} \\- {}\n.SH SYNOPSIS\n.B {}\n.I COMMAND\n[options]\n.SH COMMANDS\n",
      root.words.front(), "event pipeline from WeChat and WeWork callbacks to Postgres", root.words.front());
  for_each_page(root, [&](const CommandPage& page) {
    if (page.words.size() < 2) return;
    out += fmt::format(".SS {}\n{}.\n", roff(name_of(page)), roff(page.meaning));
    for (const auto& option : page.options)
      out += fmt::format(".TP\n.B {}\n{}\n", roff(spelt(option)), roff(option.meaning));
    if (!page.footer.empty()) out += fmt::format(".PP\n.nf\n{}\n.fi\n", roff(page.footer));
  });
  out +=
      ".SH EXIT STATUS\n0 done and fine; 1 done, and it found something wrong; 2 wrong usage or configuration; 3 a server it needs is "
      "not there.\n";
  return out;
}

std::string bash_completion(const CommandPage& root) {
  std::string out =
      "# bash completion for wxpipe: wxpipe completion bash > /etc/bash_completion.d/wxpipe\n_wxpipe() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} path= word\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n    case \"$path $word\" in\n";
  for_each_page(root, [&](const CommandPage& page) {
    if (page.words.size() > 1) {
      const auto path = name_of(page).substr(root.words.front().size());
      out += fmt::format("      {}) path={} ;;\n", in_single_quotes(path), in_single_quotes(path));
    }
  });
  out +=
      "    esac\n  done\n  case \"$previous\" in\n    -c|--config) COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n  esac\n"
      "  case \"$path\" in\n";
  for_each_page(root, [&](const CommandPage& page) {
    out += fmt::format("    {}) COMPREPLY=($(compgen -W {} -- \"$current\")) ;;\n",
                       in_single_quotes(name_of(page).substr(root.words.front().size())),
                       in_single_quotes(bash_words(page)));
  });
  return out + "  esac\n}\ncomplete -F _wxpipe wxpipe\n";
}

std::string zsh_completion(const CommandPage& root) {
  // zsh runs bash's completion; one list of words serves both.
  return "#compdef wxpipe\n# zsh completion for wxpipe: wxpipe completion zsh > \"${fpath[1]}/_wxpipe\"\n"
         "autoload -U +X bashcompinit && bashcompinit\n" +
         bash_completion(root);
}

std::string fish_completion(const CommandPage& root) {
  std::string out =
      "# fish completion for wxpipe: wxpipe completion fish > ~/.config/fish/completions/wxpipe.fish\n"
      "function __wxpipe_at\n  set -l words (commandline -opc)\n  set -l path\n  for word in $words[2..-1]\n"
      "    string match -q -- '-*' $word; or set -a path $word\n  end\n  test \"$path\" = \"$argv\"\nend\n";
  for_each_page(root, [&](const CommandPage& page) {
    const auto at = in_single_quotes(fmt::format("{}", fmt::join(page.words.begin() + 1, page.words.end(), " ")));
    const auto when = in_single_quotes(fmt::format("__wxpipe_at {}", page.words.size() > 1 ? at : std::string()));
    for (const auto& command : page.commands)
      out += fmt::format("complete -c wxpipe -f -n {} -a {} -d {}\n", when, command.words.back(),
                         in_single_quotes(command.meaning));
    for (const auto& option : page.options) {
      if (option.positional) continue;
      auto names = std::string();
      for (const auto& name : option.names)
        names += name.starts_with("--") ? fmt::format(" -l {}", name.substr(2)) : fmt::format(" -s {}", name.substr(1));
      out += fmt::format("complete -c wxpipe -n {}{}{}{} -d {}\n", when, names, option.type.empty() ? "" : " -r",
                         option.type == "FILE" ? " -F" : "", in_single_quotes(option.meaning));
    }
  });
  return out;
}

}  // namespace wxpipe::cli
