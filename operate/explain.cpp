#include "operate/explain.hpp"

#include <algorithm>
#include <cctype>

namespace wxpipe::operate {
namespace {
bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0; });
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> cells_of(std::string_view line) {
  std::vector<std::string_view> cells;
  line = trimmed(line);
  if (line.starts_with('|')) line.remove_prefix(1);
  if (line.ends_with('|')) line.remove_suffix(1);
  while (true) {
    const auto bar = line.find('|');
    cells.push_back(trimmed(line.substr(0, bar)));
    if (bar == line.npos) return cells;
    line.remove_prefix(bar + 1);
  }
}

// `code` and **bold** lose their marks, [words](address) keeps its words.
std::string plain(std::string_view markdown) {
  std::string text;
  for (size_t at = 0; at < markdown.size(); ++at) {
    if (markdown[at] == '`') continue;
    if (markdown.substr(at).starts_with("**")) {
      ++at;
      continue;
    }
    if (markdown[at] == '[') {
      const auto middle = markdown.find("](", at), end = markdown.find(')', at);
      if (middle != markdown.npos && end != markdown.npos && middle < end) {
        text += plain(markdown.substr(at + 1, middle - at - 1));
        at = end;
        continue;
      }
    }
    if (markdown.substr(at).starts_with("&#124;")) {
      text += '|';
      at += 5;
      continue;
    }
    text += markdown[at];
  }
  return text;
}

// GitHub's: lower case, blanks become hyphens, other signs go.
std::string anchor_of(std::string_view heading) {
  std::string anchor;
  for (const unsigned char c : heading) {
    if (c == ' ')
      anchor += '-';
    else if (std::isalnum(c) != 0 || c == '-' || c == '_')
      anchor += static_cast<char>(std::tolower(c));
  }
  return anchor;
}

// The words in backticks, without a metric's labels; or a number that stands alone, such as an exit code.
std::vector<std::string> words_in(std::string_view cell) {
  std::vector<std::string> words;
  if (all_digits(cell)) return {std::string(cell)};
  for (size_t at = 0; (at = cell.find('`', at)) != cell.npos;) {
    const auto end = cell.find('`', at + 1);
    if (end == cell.npos) break;
    auto word = cell.substr(at + 1, end - at - 1);
    word = word.substr(0, word.find('{'));
    if (!word.empty() && word.find(' ') == word.npos) words.emplace_back(word);
    at = end + 1;
  }
  return words;
}

bool names(std::string_view known, std::string_view word) {
  const auto open = known.find('<'), close = known.find('>');
  if (open == known.npos || close == known.npos) return known == word;
  const auto before = known.substr(0, open), after = known.substr(close + 1);
  return word.size() > before.size() + after.size() && word.starts_with(before) && word.ends_with(after);
}
}  // namespace

std::vector<Explanation> explanations(std::string_view page) {
  std::vector<Explanation> all;
  std::string section;
  std::vector<std::string> titles;  // of the table we are in
  while (!page.empty()) {
    const auto end = page.find('\n');
    const auto line = page.substr(0, end);
    page.remove_prefix(end == page.npos ? page.size() : end + 1);
    if (line.starts_with("## ")) section = plain(line.substr(3));
    if (!line.starts_with('|')) {
      titles.clear();
      continue;
    }
    const auto cells = cells_of(line);
    if (titles.empty()) {
      for (const auto cell : cells) titles.push_back(plain(cell));
      continue;
    }
    Explanation row{section, anchor_of(section), words_in(cells.front()), {}};
    if (row.words.empty()) continue;  // the line below the titles, or a row about something without a name
    for (size_t i = 1; i < cells.size() && i < titles.size(); ++i) row.cells.push_back({titles[i], plain(cells[i])});
    all.push_back(std::move(row));
  }
  return all;
}

std::vector<const Explanation*> explain(std::span<const Explanation> all, std::string_view word) {
  std::vector<const Explanation*> found;
  for (const auto& one : all)
    if (std::ranges::any_of(one.words, [&](const auto& known) { return names(known, word); })) found.push_back(&one);
  return found;
}

}  // namespace wxpipe::operate
