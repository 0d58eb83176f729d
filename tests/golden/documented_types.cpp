#include "tests/golden/documented_types.hpp"

#include <algorithm>
#include <sstream>
#include <vector>

namespace wxpipe::ingest::golden {
namespace {

std::vector<std::string> cells(const std::string& row) {
  std::vector<std::string> out;
  std::istringstream text(row.substr(1));
  for (std::string cell; std::getline(text, cell, '|');) {
    const size_t from = cell.find_first_not_of(' ');
    out.push_back(from == std::string::npos ? "" : cell.substr(from, cell.find_last_not_of(' ') + 1 - from));
  }
  return out;
}

bool is_one_type(const std::string& cell) {
  const auto legal = [](char c) { return (c >= 'a' && c <= 'z') || c == '_' || c == '.'; };
  return cell.find('.') != std::string::npos && std::all_of(cell.begin(), cell.end(), legal);
}

}  // namespace

std::set<std::string> documented_types(std::istream& markdown) {
  std::set<std::string> types;
  std::string platform;
  size_t column = 0;
  bool inside = false;
  for (std::string line; std::getline(markdown, line);) {
    if (line.starts_with("## ")) {
      const size_t colon = line.find(": ");
      platform = colon == std::string::npos ? "" : line.substr(colon + 2, line.find(',') - colon - 2);
    }
    if (!line.starts_with('|')) {
      inside = false;
      continue;
    }
    const auto row = cells(line);
    if (!inside) {
      inside = true;
      auto found = std::find(row.begin(), row.end(), "type here");
      if (found == row.end()) found = std::find(row.begin(), row.end(), "type");
      column = platform.empty() ? row.size() : static_cast<size_t>(found - row.begin());
    } else if (column < row.size() && is_one_type(row[column])) {
      types.insert(platform + " " + row[column]);
    }
  }
  return types;
}

}  // namespace wxpipe::ingest::golden
