#include "operate/replay_words.hpp"

#include <fmt/format.h>

#include <vector>

#include "common/result.hpp"

namespace wxpipe::operate {
namespace {
constexpr std::string_view kInto = "into=", kWhere = "where=", kMatch = "match=", kPartition = "partition=",
                           kRenormalize = "renormalize", kRescore = "rescore=";

// Removes and returns the first word.
std::string_view take_word(std::string_view& words) {
  const auto space = words.find(' ');
  const auto word = words.substr(0, space);
  words.remove_prefix(space == words.npos ? words.size() : space + 1);
  return word;
}
}  // namespace

std::string words_of(const ReplayRequest& request) {
  std::string out = std::string(kInto) + request.into;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) out += fmt::format(" {}{}", name, value);
  };
  add("from=", request.from);
  add("to=", request.to);
  add(kWhere, request.where);
  for (const auto& one : request.match) add(kMatch, one);
  if (request.partition >= 0) add(kPartition, fmt::format("{}", request.partition));
  if (request.renormalize) out += fmt::format(" {}", kRenormalize);
  add(kRescore, request.rules);
  return out;
}

IntoAndRest into_and_rest(std::string_view words) {
  auto into = take_word(words);
  if (into.starts_with(kInto)) into.remove_prefix(kInto.size());
  return {into, words};
}

std::optional<EventFilter> filter_in(std::string_view words) {
  std::string_view where;
  std::vector<std::string> match;
  bool begun = false;
  if (words.ends_with(' ')) return std::nullopt;
  while (!words.empty()) {
    const auto word = take_word(words);
    if (word.starts_with(kWhere)) {
      where = word.substr(kWhere.size());
      begun = true;
    } else if (word.starts_with(kMatch)) {
      match.emplace_back(word.substr(kMatch.size()));
      begun = true;
    } else if (begun && word != kRenormalize && !word.starts_with(kPartition) && !word.starts_with(kRescore)) {
      return std::nullopt;
    }
  }
  try {
    return EventFilter(where, match);
  } catch (const UsageError&) {  // another version's words, or a value that was cut
    return std::nullopt;
  }
}

}  // namespace wxpipe::operate
