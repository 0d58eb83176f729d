#include "processors/score/contacts_in_text.hpp"

#include <algorithm>
#include <array>

#include "processors/text.hpp"

namespace wxpipe::processors {
namespace {
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }
bool is_word(char c) { return is_digit(c) || is_letter(c) || c == '_' || c == '-'; }
bool is_mail(char c) { return is_word(c) || c == '.' || c == '+' || c == '%'; }

// The eleven digits of a mobile number that begins here, with or without 86, blanks and dashes; empty if none does.
std::string mobile_at(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.starts_with("86") && (text.size() < 3 || text[2] != '6')) text.remove_prefix(2);
  std::string digits;
  size_t at = 0;
  for (; at < text.size() && digits.size() <= 11; ++at) {
    const char c = text[at];
    if (is_digit(c))
      digits += c;
    else if ((c != ' ' && c != '-') || (digits.size() != 0 && digits.size() != 3 && digits.size() != 7))
      break;
  }
  const bool fits = digits.size() == 11 && digits[0] == '1' && digits[1] >= '3';
  return fits ? digits : std::string();
}

std::string phone_in(std::string_view text) {
  for (size_t at = 0; at + 11 <= text.size(); ++at) {
    if (!is_digit(text[at]) || (at > 0 && (is_word(text[at - 1]) || text[at - 1] == '.'))) continue;
    if (auto digits = mobile_at(text.substr(at)); !digits.empty()) return digits;
  }
  return {};
}

std::string email_in(std::string_view text) {
  constexpr size_t kLongest = 254;
  for (auto at = text.find('@'); at != text.npos; at = text.find('@', at + 1)) {
    size_t from = at, to = at + 1;
    while (from > 0 && is_mail(text[from - 1])) --from;
    while (to < text.size() && (is_word(text[to]) || text[to] == '.')) ++to;
    while (to > at + 1 && !is_letter(text[to - 1])) --to;  // "me@mail.com."
    const auto domain = text.substr(at + 1, to - at - 1);
    const auto dot = domain.rfind('.');
    const bool fits = from < at && dot != domain.npos && dot > 0 && domain.size() - dot > 2 && to - from <= kLongest &&
                      std::ranges::all_of(domain.substr(dot + 1), is_letter);
    if (fits) return lower(text.substr(from, to - from));
  }
  return {};
}

// What comes between the announcing word and the id.
std::string_view without_announcement(std::string_view text) {
  constexpr std::array<std::string_view, 9> kBetween{"号", "是", "：", ":", " ", "id", "ID", "=", "為"};
  for (bool found = true; found;) {
    found = false;
    for (const auto word : kBetween)
      if (text.starts_with(word)) {
        text.remove_prefix(word.size());
        found = true;
      }
  }
  return text;
}

std::string wechat_in(std::string_view text, const std::string& small) {
  constexpr std::array<std::string_view, 6> kWords{"微信", "wechat", "weixin", "v信", "vx", "wx"};
  constexpr size_t kShortest = 6, kLongest = 20;
  for (const auto word : kWords)
    for (auto at = small.find(word); at != small.npos; at = small.find(word, at + 1)) {
      if (is_letter(word[0]) && at > 0 && is_word(text[at - 1])) continue;
      const auto rest = text.substr(at + word.size());
      const auto id = without_announcement(rest);
      if (is_letter(word[0]) && id.size() == rest.size()) continue;  // "wx1234567" is an id itself, of something
      if (id.empty() || !(is_letter(id[0]) || is_digit(id[0]))) continue;
      const auto end = static_cast<size_t>(std::ranges::find_if_not(id, is_word) - id.begin());
      const bool ends = end == id.size() || (id[end] != '@' && id[end] != '.' && id[end] != '/');
      if (!ends || end < kShortest || end > kLongest) continue;
      if (is_letter(id[0])) return std::string(id.substr(0, end));
      if (auto digits = mobile_at(id); !digits.empty()) return digits;  // many are found by their phone
    }
  return {};
}
}  // namespace

ContactsInText contacts_in(std::string_view text) {
  // Most texts are short and Chinese: nothing below fits in less.
  constexpr std::ptrdiff_t kLeast = 6;
  if (std::ranges::count_if(text, [](char c) { return is_digit(c) || is_letter(c); }) < kLeast) return {};
  // A longer text is no message of a person.
  text = head(text, 4096);
  return {phone_in(text), email_in(text), wechat_in(text, lower(text))};
}

}  // namespace wxpipe::processors
