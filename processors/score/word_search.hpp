// Which of many words stand in a text, in one pass over it, whatever the case of ASCII letters: rules look for dozens
// of words in every message, and a search for each would cost more than all the rest of processing. Pure; any thread.
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

  // found[i]: whether a word of list i stands in the text. Resizes it; kept, it costs no allocation.
  void find(std::string_view text, std::vector<bool>& found) const;

 private:
  struct Word {
    uint16_t start;    // a hash of its first three bytes; a character begins there
    std::string text;  // in small letters
    size_t list;
  };

  size_t lists_;
  std::vector<Word> words_;    // of three bytes or more, by start
  std::vector<Word> short_;    // the others: few, and looked for one by one
  std::bitset<65536> starts_;  // where some word may begin: three bytes tell one Chinese character from another
};

}  // namespace wxpipe::processors
