// Optimal string alignment over three rows; words here are short.
#include "common/config/nearest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "common/result.hpp"

namespace wxpipe::config {

size_t edit_distance(std::string_view typed, std::string_view known) {
  std::vector<size_t> before(known.size() + 1), last(known.size() + 1), row(known.size() + 1);
  std::iota(last.begin(), last.end(), size_t{0});
  for (size_t i = 1; i <= typed.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= known.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (typed[i - 1] == known[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && typed[i - 1] == known[j - 2] && typed[i - 2] == known[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[known.size()];
}

std::string_view nearest(std::string_view typed, std::span<const std::string_view> known) {
  std::string_view best;
  size_t fewest = std::numeric_limits<size_t>::max();
  for (const auto word : known)
    if (const size_t slips = edit_distance(typed, word); slips < fewest) {
      fewest = slips;
      best = word;
    }
  return best;
}

void require_known(std::string_view option, std::string_view typed, std::span<const std::string_view> known) {
  if (std::ranges::find(known, typed) == known.end())
    throw UsageError(fmt::format("{}: there is no '{}'; the nearest is '{}'", option, typed, nearest(typed, known)));
}

}  // namespace wxpipe::config
