#include "processors/score/word_search.hpp"

#include <algorithm>
#include <array>

#include "processors/text.hpp"

namespace wxpipe::processors {
namespace {
constexpr auto kLower = [] {
  std::array<uint8_t, 256> table{};
  for (unsigned i = 0; i < 256; ++i) table[i] = static_cast<uint8_t>(lower(static_cast<char>(i)));
  return table;
}();

uint8_t small(char c) { return kLower[static_cast<unsigned char>(c)]; }
uint16_t hash(uint8_t a, uint8_t b, uint8_t c) { return static_cast<uint16_t>((a << 8 | b) ^ c << 5); }

// A later byte of a UTF-8 character.
bool inside_character(uint8_t c) { return (c & 0xc0) == 0x80; }

// `word` is in lower case.
bool begins_with(std::string_view text, std::string_view word) {
  return text.size() >= word.size() && std::equal(word.begin(), word.end(), text.begin(),
                                                  [](char a, char b) { return static_cast<uint8_t>(a) == small(b); });
}
}  // namespace

WordSearch::WordSearch(std::span<const std::vector<std::string>> lists) : lists_(lists.size()) {
  for (size_t list = 0; list < lists.size(); ++list)
    for (const auto& word : lists[list]) {
      const auto text = lower(word);
      if (text.empty()) continue;
      if (text.size() < 3 || inside_character(static_cast<uint8_t>(text[0]))) {
        short_.push_back({0, text, list});
        continue;
      }
      words_.push_back({hash(small(text[0]), small(text[1]), small(text[2])), text, list});
      starts_.set(words_.back().start);
    }
  std::stable_sort(words_.begin(), words_.end(), [](const Word& a, const Word& b) { return a.start < b.start; });
}

std::string_view WordSearch::first_in(std::string_view text, size_t list) const {
  std::string_view best;
  size_t best_at = text.size();
  const auto look = [&](const Word& word) {
    if (word.list != list) return;
    for (size_t at = 0; at < best_at; ++at)
      if (begins_with(text.substr(at), word.text)) {
        best = word.text;
        best_at = at;
      }
  };
  for (const auto& word : words_) look(word);
  for (const auto& word : short_) look(word);
  return best;
}

void WordSearch::find(std::string_view text, std::vector<bool>& found) const {
  found.assign(lists_, false);
  for (const auto& word : short_)
    for (size_t at = 0; at < text.size() && !found[word.list]; ++at)
      if (begins_with(text.substr(at), word.text)) found[word.list] = true;
  if (text.size() < 3 || words_.empty()) return;
  uint8_t a = 0, b = small(text[0]), c = small(text[1]);
  for (size_t at = 0; at + 2 < text.size(); ++at) {
    a = b;
    b = c;
    c = small(text[at + 2]);
    if (inside_character(a)) continue;
    const auto start = hash(a, b, c);
    if (!starts_[start]) continue;
    auto word =
        std::lower_bound(words_.begin(), words_.end(), start, [](const Word& w, uint16_t s) { return w.start < s; });
    for (; word != words_.end() && word->start == start; ++word)
      if (!found[word->list] && begins_with(text.substr(at), word->text)) found[word->list] = true;
  }
}

}  // namespace wxpipe::processors
