// The report as people read it (declared in report.hpp).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "common/report/cells.hpp"
#include "common/report/report.hpp"

namespace wxpipe::report {
namespace {
constexpr size_t kGap = 2;         // between columns
constexpr size_t kNarrowest = 12;  // no column is made narrower than this
constexpr size_t kNamed = 50;      // the most rows shown of a table that isn't the main one; JSON has all

struct Words {
  Kind kind;
  std::string operator()(std::monostate) const { return "–"; }
  std::string operator()(bool yes) const { return yes ? "yes" : "no"; }
  std::string operator()(int64_t number) const {
    if (kind == Kind::duration) return duration_words(std::chrono::microseconds(number));
    return kind == Kind::count && number >= 0 ? grouped(static_cast<uint64_t>(number)) : fmt::format("{}", number);
  }
  std::string operator()(uint64_t number) const {
    return kind == Kind::text ? fmt::format("{}", number) : (*this)(static_cast<int64_t>(number));
  }
  std::string operator()(double number) const { return fmt::format("{:.6g}", number); }
  std::string operator()(const std::string& text) const { return text; }
  std::string operator()(Timestamp at) const {
    const auto text = to_iso8601(at);
    constexpr size_t kDay = 10, kMinute = 16, kSecond = 19;
    return kind == Kind::day      ? text.substr(0, kDay)
           : kind == Kind::minute ? text.substr(0, kMinute) + 'Z'
                                  : text.substr(0, kSecond) + 'Z';
  }
  std::string operator()(const Object& fields) const {
    std::string out;
    for (const auto& [key, value] : fields)
      out += fmt::format("{}{}={}", out.empty() ? "" : " ", key, std::visit(*this, value.is()));
    return out;
  }
};
std::string words(const Value& value, Kind kind) { return std::visit(Words{kind}, value.is()); }

std::string painted(std::string_view text, std::string_view how, const Style& style) {
  return style.colours && !text.empty() ? fmt::format("\x1b[{}m{}\x1b[0m", how, text) : std::string(text);
}
constexpr std::string_view kBold = "1";

// Text, broken at the style's width; its first `marked` bytes are coloured.
void append_broken(std::string& out, const std::string& text, size_t indent, const Style& style, size_t marked = 0,
                   std::string_view how = kBold) {
  for (const auto& line : lines_of(text, style.width, indent)) {
    marked = std::min(marked, line.size());
    out += painted(line.substr(0, marked), how, style) + line.substr(marked) + '\n';
    marked = 0;
  }
}

void append_facts(std::string& out, const std::vector<Fact>& facts, const Style& style) {
  size_t width = 0;
  for (const auto& fact : facts) width = std::max(width, width_of(fact.title) + kGap);
  for (const auto& fact : facts) {
    if (fact.title.empty()) continue;
    const std::string space(width - width_of(fact.title), ' ');
    const auto said = fact.words.empty() ? words(fact.value, fact.kind) : fact.words;
    append_broken(out, fact.title + space + said, width, style, fact.title.size());
  }
}

void append_list(std::string& out, const Table& table, size_t most, const Style& style) {
  for (size_t i = 0; i < std::min(most, table.rows.size()); ++i)
    append_broken(out, table.title + ' ' + words(table.rows[i].front(), Kind::text), kGap, style, table.title.size());
}

// Takes from the widest columns of text until the line fits.
void fit(std::vector<size_t>& widths, const std::vector<Column>& columns, size_t room) {
  const auto line = [&] { return std::accumulate(widths.begin(), widths.end(), kGap * (widths.size() - 1)); };
  while (line() > room) {
    size_t* widest = nullptr;
    for (size_t i = 0; i < widths.size(); ++i)
      if (columns[i].kind == Kind::text && widths[i] > kNarrowest && (!widest || widths[i] > *widest))
        widest = &widths[i];
    if (!widest) return;
    --*widest;
  }
}

class Grid {
 public:
  Grid(const Table& table, size_t most) {
    std::vector<size_t> shown;
    std::vector<std::string> titles;
    for (size_t i = 0; i < table.columns.size(); ++i) {
      if (table.columns[i].title.empty()) continue;
      shown.push_back(i);
      columns_.push_back(table.columns[i]);
      titles.push_back(table.columns[i].title);
    }
    lines_.push_back(std::move(titles));
    const auto add = [&](const Row& row) {
      auto& line = lines_.emplace_back();
      for (const size_t i : shown) line.push_back(words(row[i], table.columns[i].kind));
    };
    for (size_t i = 0; i < std::min(most, table.rows.size()); ++i) add(table.rows[i]);
    if (!table.total.empty()) add(table.total);
  }

  void append(std::string& out, const Style& style) const {
    std::vector<size_t> widths(columns_.size());
    for (const auto& line : lines_)
      for (size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], width_of(line[i]));
    if (style.width > 0) fit(widths, columns_, style.width);
    for (const auto& line : lines_) append(out, line, widths, &line == &lines_.front() ? style : Style{});
  }

 private:
  // A row has as many lines as its highest cell.
  void append(std::string& out, const std::vector<std::string>& cells, const std::vector<size_t>& widths,
              const Style& style) const {
    std::vector<std::vector<std::string>> parts;
    size_t height = 0;
    for (size_t i = 0; i < cells.size(); ++i) {
      parts.push_back(lines_of(cells[i], widths[i]));
      height = std::max(height, parts.back().size());
    }
    for (size_t y = 0; y < height; ++y) {
      std::string line;
      for (size_t i = 0; i < parts.size(); ++i) {
        const auto part = y < parts[i].size() ? parts[i][y] : std::string();
        const std::string space(widths[i] - std::min(widths[i], width_of(part)), ' ');
        const bool at_the_right = columns_[i].kind == Kind::count || columns_[i].kind == Kind::duration;
        line += at_the_right ? space + part : part + space;
        line.append(kGap, ' ');
      }
      line.resize(line.find_last_not_of(' ') + 1);
      out += painted(line, kBold, style) + '\n';
    }
  }

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> lines_;  // the first has the titles
};

void append_table(std::string& out, const Table& table, bool main, const Style& style) {
  const size_t most = main ? table.rows.size() : kNamed;
  if (table.columns.empty()) {
    append_list(out, table, most, style);
  } else {
    if (!table.title.empty()) out += painted(table.title + ':', kBold, style) + '\n';
    Grid(table, most).append(out, style);
  }
  if (table.rows.size() > most) out += fmt::format("… and {} more; --json names all\n", table.rows.size() - most);
}

struct Label {
  std::string_view word, colour;
};
constexpr std::array<Label, 5> kLabels{
    {{"fine", "1;32"}, {"note", "1;36"}, {"warning", "1;33"}, {"error", "1;31"}, {"error", "1;31"}}};
const Label& label_of(Level level) { return kLabels[static_cast<size_t>(level)]; }
}  // namespace

std::string_view to_string(Level level) { return label_of(level).word; }

Style style_for(bool terminal, size_t width, std::string_view no_color, std::string_view term) {
  return {terminal && no_color.empty() && term != "dumb", terminal ? width : 0};
}

std::string to_text(const std::vector<Finding>& findings, const Style& style) {
  std::string out;
  for (const auto& [level, sentence, remedy] : findings) {
    const auto& [word, colour] = label_of(level);
    append_broken(out, fmt::format("{}: {}", word, sentence), kGap, style, word.size() + 1, colour);
    if (!remedy.empty()) append_broken(out, std::string(kGap, ' ') + remedy, kGap, style);
  }
  return out;
}

// The verdict comes last: people read first what is just above the prompt.
std::string to_text(const Report& report, const Style& style) {
  std::string out;
  append_facts(out, report.facts, style);
  bool after_list = false;
  const auto show = [&](const Table& table, bool main) {
    if (table.rows.empty() || (!main && table.title.empty())) return;
    if (!out.empty() && !(after_list && table.columns.empty())) out += '\n';
    append_table(out, table, main, style);
    after_list = table.columns.empty();
  };
  if (report.main < report.tables.size()) show(report.tables[report.main], true);
  for (size_t i = 0; i < report.tables.size(); ++i)
    if (i != report.main) show(report.tables[i], false);
  if (!out.empty() && !report.findings.empty()) out += '\n';
  return out + to_text(report.findings, style);
}

std::string counted(uint64_t number, std::string_view what) {
  return fmt::format("{} {}{}", grouped(number), what, number == 1 ? "" : "s");
}

std::string grouped(uint64_t number) {
  std::string digits = std::to_string(number);
  for (size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

std::string duration_words(std::chrono::microseconds time) {
  const double milliseconds = static_cast<double>(time.count()) / 1000;
  if (milliseconds < 10) return fmt::format("{:.2f} ms", milliseconds);
  if (milliseconds < 1000) return fmt::format("{:.0f} ms", milliseconds);
  return fmt::format("{:.2f} s", milliseconds / 1000);
}

}  // namespace wxpipe::report
