#include "cli/explain_command.hpp"

#include <fmt/format.h>

#include <memory>

#include "common/config/nearest.hpp"
#include "common/result.hpp"
#include "operate/explain.hpp"

namespace wxpipe::cli {
namespace {
using report::Report, report::Row, report::Table;

constexpr const char* kPage = "docs/operations.md";

std::string first_of(const operate::Explanation& row) { return row.cells.empty() ? "" : row.cells.back().text; }

// Every word, with the last cell of its row: the meaning.
Report everything(const std::vector<operate::Explanation>& all) {
  Table table{"words", "", {{"word", "word"}, {"section", "section"}, {"meaning", "meaning"}}, {}};
  for (const auto& row : all)
    for (const auto& word : row.words)
      table.rows.push_back({word, row.section.substr(0, row.section.find(':')), first_of(row)});
  return {.tables = {std::move(table)}};
}

Report one_word(const std::vector<operate::Explanation>& all, std::string_view word) {
  const auto found = operate::explain(all, word);
  if (found.empty()) {
    std::vector<std::string_view> known;
    for (const auto& row : all) known.insert(known.end(), row.words.begin(), row.words.end());
    throw UsageError(
        fmt::format("{} says nothing about '{}'; the nearest word is '{}'. Without a word, explain lists all", kPage,
                    word, config::nearest(word, known)));
  }
  Table table{"meanings", "", {{"page"}, {"section", "section"}, {"what", "what"}, {"text", "text"}}, {}};
  for (const auto* row : found)
    for (const auto& cell : row->cells)
      table.rows.push_back({fmt::format("{}#{}", kPage, row->anchor), row->section.substr(0, row->section.find(':')),
                            cell.title, cell.text});
  return {.facts = {{"word", "", word}}, .tables = {std::move(table)}};
}
}  // namespace

void add_explain_command(Program& program) {
  auto& command = *program.app.add_subcommand(
      "explain", "Says what a reason, log event, metric, part or exit code means, and what to do");
  command.group("Operation");
  add_report_options(command, program, Rows::some);
  const auto word = std::make_shared<std::string>();
  command.add_option("word", *word, "As the log line, the answer or the page shows it. Without it: all words")
      ->type_name("WORD");
  add_examples(command, {{"wxpipe explain undecryptable", "a dead letter's reason"},
                         {"wxpipe explain broker_slow", "the event of a log line"},
                         {"wxpipe explain wxpipe_unaccounted --json", "a metric, for programs"},
                         {"wxpipe explain 3", "an exit code"},
                         {"wxpipe explain", "all words"}});
  command.callback([&program, word] {
    const auto all = operate::explanations(operate::operations_page());
    conclude(program, word->empty() ? everything(all) : one_word(all, *word));
  });
}

}  // namespace wxpipe::cli
