#include "tests/integration/whole_path/expected_case.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace wxpipe::whole_path {
namespace {

// A piece of a line between blanks. What stands in quotes is one piece, and \ keeps the next character.
struct Piece {
  std::string text;
  size_t quote = std::string::npos;  // where the first quoted part begins
};

class Reader {
 public:
  explicit Reader(const std::filesystem::path& path) : file_(path.string()), in_(path) {
    if (!in_) throw std::runtime_error(file_ + ": can't be read");
  }

  void read(std::vector<ExpectedCase>& cases) {
    while (next()) {
      if (line_.empty() || line_.starts_with('#')) continue;
      if (!line_.starts_with("== ")) fail("expected '== what it is'");
      cases.push_back(read_case());
    }
  }

 private:
  bool next() {
    if (held_) {
      held_ = false;
      return true;
    }
    ++number_;
    return static_cast<bool>(std::getline(in_, line_));
  }
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(fmt::format("{}:{}: {}", file_, number_, what));
  }

  ExpectedCase read_case() {
    ExpectedCase one;
    one.file = file_;
    one.line = number_;
    one.what = line_.substr(3);
    if (!next() || !line_.starts_with("to ")) fail("expected 'to <account>'");
    read_address(line_.substr(3), one);
    while (next() && !line_.empty()) one.body += (one.body.empty() ? "" : "\n") + line_;
    if (one.body.empty()) fail("expected a body");
    while (next() && !line_.empty()) {
      const int from = number_;
      std::string text = line_;
      while (next() && line_.starts_with("  ")) text += line_;
      held_ = true;  // the line after them
      one.rows.push_back(read_row(text, from));
    }
    if (one.rows.empty()) fail("expected a row");
    return one;
  }

  static void read_address(std::string address, ExpectedCase& one) {
    if (const auto query = address.find('?'); query != address.npos) {
      one.query = address.substr(query + 1);
      address.resize(query);
    }
    const auto slash = std::min(address.find('/'), address.size());
    one.account = address.substr(0, slash);
    one.tenant = address.substr(std::min(slash + 1, address.size()));
  }

  std::vector<Piece> pieces_of(const std::string& text) const {
    std::vector<Piece> pieces;
    for (size_t at = text.find_first_not_of(' '); at < text.size(); at = text.find_first_not_of(' ', at)) {
      Piece piece;
      for (bool inside = false; at < text.size() && (inside || text[at] != ' '); ++at) {
        if (text[at] == '"') {
          piece.quote = std::min(piece.quote, piece.text.size());
          inside = !inside;
        } else {
          if (inside && text[at] == '\\' && at + 1 < text.size()) ++at;
          piece.text += text[at];
        }
        if (inside && at + 1 == text.size()) fail("a quote that doesn't end");
      }
      pieces.push_back(std::move(piece));
    }
    return pieces;
  }

  ExpectedValue value_of(const Piece& piece) const {
    const auto equals = piece.text.find('=');
    if (equals == 0 || equals == piece.text.npos) fail(fmt::format("expected name=value, got '{}'", piece.text));
    return {piece.text.substr(0, equals), piece.text.substr(equals + 1), piece.quote == equals + 1};
  }

  ExpectedRow read_row(const std::string& text, int line) const {
    ExpectedRow row;
    row.line = line;
    bool values = false;
    for (const auto& piece : pieces_of(text)) {
      if (row.table.empty()) {
        row.table = piece.text;
      } else if (piece.text == "->") {
        values = true;
      } else if (values && piece.text == "none") {
        row.none = true;
      } else {
        (values ? row.values : row.key).push_back(value_of(piece));
      }
    }
    if (row.none != row.values.empty()) fail("expected '<table> <key> -> name=value …', or '-> none'");
    return row;
  }

  const std::string file_;
  std::ifstream in_;
  std::string line_;
  int number_ = 0;
  bool held_ = false;
};

}  // namespace

std::vector<ExpectedCase> read_expected(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<ExpectedCase> cases;
  for (const auto& file : files) Reader(file).read(cases);
  return cases;
}

}  // namespace wxpipe::whole_path
