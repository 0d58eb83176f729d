// What a word from a log line, a metric, an answer or an exit code means, and what to do about it. The one source is
// docs/operations.md: its tables are read here, and the page is part of the executable. Pure; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wxpipe::operate {

struct Cell {
  std::string title;  // of the column: "meaning and remedy"
  std::string text;   // without Markdown
};

// A row of a table.
struct Explanation {
  std::string section;             // the heading above: "Refusals: answered with an error, counted, not kept"
  std::string anchor;              // of that heading, in docs/operations.md
  std::vector<std::string> words;  // what its first cell names; "sink.<family>" stands for any family
  std::vector<Cell> cells;         // all but the first
};

// docs/operations.md as it was at build.
std::string_view operations_page();

// Every row of every table that names words, in the page's order.
std::vector<Explanation> explanations(std::string_view page);

// The rows that name the word. A word may stand in several tables.
std::vector<const Explanation*> explain(std::span<const Explanation> all, std::string_view word);

}  // namespace wxpipe::operate
