// The platforms' words in lower case, as our tables have them: platforms have changed the case of their words before
// (docs/protocol.md §10). Pure.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace wxpipe::ingest {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Without blanks around it: ids may come with white space around them (docs/protocol.md §12).
constexpr std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const size_t from = text.find_first_not_of(kBlank);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kBlank) - from + 1);
}

// A word in lower case, on the stack. A word longer than any in our tables is cut between characters, so it matches
// none of them.
class Word {
 public:
  static constexpr size_t kLongest = 64;
  Word() = default;
  explicit Word(std::string_view text) : size_(std::min(text.size(), kLongest)) {
    if (size_ < text.size())
      while (size_ > 0 && (static_cast<unsigned char>(text[size_]) & 0xc0) == 0x80) --size_;
    for (size_t i = 0; i < size_; ++i) text_[i] = lower(text[i]);
  }
  std::string_view view() const { return {text_.data(), size_}; }
  bool empty() const { return size_ == 0; }
  bool operator==(std::string_view other) const { return view() == other; }

 private:
  std::array<char, kLongest> text_;
  size_t size_ = 0;
};

// "unknown." and the word, with `_` for everything but ASCII letters and digits; "unknown.untyped" if nothing is left.
std::string unknown_type(std::string_view word);

}  // namespace wxpipe::ingest
