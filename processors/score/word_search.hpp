// Finds which of many words are in a text, in one pass, without regard to ASCII case. Rules look for dozens of words in
// every message; one search for each would cost more than all other processing. Pure; any thread.
#pragma once

#include <bitset>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wxpipe::processors {

class WordSearch {
 public:
  // lists[i] are the words of list i.
  explicit WordSearch(std::span<const std::vector<std::string>> lists);

  // Sets found[i]: whether a word of list i is in the text. Resizes `found`; reuse it to avoid allocations.
  void find(std::string_view text, std::vector<bool>& found) const;

  // The list's word that comes first in the text; empty if there is none. For lists that were found: one search a word.
  std::string_view first_in(std::string_view text, size_t list) const;

 private:
  struct Word {
    uint16_t start;    // a hash of its first three bytes; a character begins there
    std::string text;  // in lower case
    size_t list;
  };

  size_t lists_;
  std::vector<Word> words_;    // of three bytes or more, by start
  std::vector<Word> short_;    // shorter ones: few, so searched one by one
  std::bitset<65536> starts_;  // by hash: a word may begin so. Three bytes are one Chinese character
};

}  // namespace wxpipe::processors
