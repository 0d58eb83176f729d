#include "ingest/credentials.hpp"

#include <algorithm>
#include <array>

#include "ingest/words.hpp"

namespace wxpipe::ingest {
namespace {

// Lower case, without `_` and `-`: some platforms and SDKs write these, others don't.
constexpr std::array<std::string_view, 12> kNames{
    "apikey",      "chatkey",     "authcode",     "sessionkey",    "preauthcode",       "responseurl",
    "suiteticket", "welcomecode", "responsecode", "permanentcode", "authorizationcode", "componentverifyticket"};
// Last words of a name, after any others: webhooks have AccessToken, client_secret, dbPassword; couriers get BizPwd.
constexpr std::array<std::string_view, 4> kLastWords{"token", "secret", "password", "pwd"};
constexpr size_t kShortestName = 5, kLongestName = 40;  // with _ and -

// A bit for each letter that these names have at their end, or before it. This alone rules out most other fields.
constexpr uint32_t letters_at_end(size_t from_end) {
  uint32_t letters = 0;
  for (const auto name : kNames) letters |= 1U << (name[name.size() - from_end] - 'a');
  for (const auto word : kLastWords) letters |= 1U << (word[word.size() - from_end] - 'a');
  return letters;
}
constexpr uint32_t kLast = letters_at_end(1), kBeforeLast = letters_at_end(2);

constexpr bool has(uint32_t letters, char c) { return c >= 'a' && c <= 'z' && (letters >> (c - 'a') & 1U) != 0; }
// `_` and `-` may stand anywhere.
constexpr bool may_end_so(std::string_view name) {
  const char before = lower(name[name.size() - 2]);
  return has(kLast, lower(name.back())) && (has(kBeforeLast, before) || before == '_' || before == '-');
}

bool is_credential_name(std::string_view name) {
  if (name.size() < kShortestName || name.size() > kLongestName || !may_end_so(name)) return false;
  std::array<char, kLongestName> letters;
  size_t size = 0;
  for (const char c : name)
    if (c != '_' && c != '-') letters[size++] = lower(c);
  const std::string_view plain(letters.data(), size);
  return std::any_of(kLastWords.begin(), kLastWords.end(), [&](auto word) { return plain.ends_with(word); }) ||
         std::find(kNames.begin(), kNames.end(), plain) != kNames.end();
}

}  // namespace

bool is_credential(std::string_view path) {
  for (;;) {
    const size_t dot = path.rfind('.');
    if (dot == std::string_view::npos) return is_credential_name(path);
    if (is_credential_name(path.substr(dot + 1))) return true;
    path = path.substr(0, dot);
  }
}

std::string_view query_auth_code(std::string_view text) {
  constexpr std::string_view kMark = "QUERY_AUTH_CODE:";
  const size_t mark = text.find(kMark);
  return mark == std::string_view::npos ? std::string_view() : trimmed(text.substr(mark + kMark.size()));
}

bool may_hold_credential(std::string_view text) {
  const auto in_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  const auto stands_as_name = [&](size_t from, size_t to) {
    if (from > 0 && text[from - 1] == '<') return true;
    to = text.find_first_not_of(" \t\r\n\"'\\", to);
    return to != std::string_view::npos && (text[to] == ':' || text[to] == '=' || text[to] == '>');
  };
  for (size_t from = 0; from < text.size();) {
    if (!in_name(text[from])) {
      ++from;
      continue;
    }
    size_t to = from + 1;
    while (to < text.size() && in_name(text[to])) ++to;
    if (is_credential_name(text.substr(from, to - from)) && stands_as_name(from, to)) return true;
    from = to;
  }
  return !query_auth_code(text).empty();
}

std::string_view Seals::seal(std::string_view clear) {
  if (clear.starts_with(kSealPrefix) && sealer_.open(clear)) return clear;
  const auto known = std::find_if(seals_.begin(), seals_.end(), [&](const auto& each) { return each.first == clear; });
  if (known != seals_.end()) return known->second;
  if (seals_.size() == kMostSeals) {
    overflowed_ = true;
    return {};
  }
  const auto place =
      std::find_if(seals_.begin(), seals_.end(), [&](const auto& each) { return each.first.size() < clear.size(); });
  return seals_.emplace(place, clear, sealer_.seal(clear))->second;
}

bool Seals::shows(std::string_view text) const {
  return std::any_of(seals_.begin(), seals_.end(), [&](const auto& each) {
    return each.first.size() >= kShortestToFind && text.find(each.first) != std::string_view::npos;
  });
}

void Seals::scrub(std::string& text) const {
  for (const auto& [clear, sealed] : seals_) {
    if (clear.size() < kShortestToFind) return;
    size_t at = text.find(clear);
    if (at == std::string::npos) continue;
    std::string scrubbed;
    size_t from = 0;
    for (; at != std::string::npos; at = text.find(clear, from)) {
      scrubbed.append(text, from, at - from).append(sealed);
      from = at + clear.size();
    }
    text = std::move(scrubbed.append(text, from));
  }
}

}  // namespace wxpipe::ingest
