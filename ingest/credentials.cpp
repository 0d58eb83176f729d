#include "ingest/credentials.hpp"

#include <algorithm>
#include <array>

#include "ingest/words.hpp"

namespace wxpipe::ingest {
namespace {

// In small letters, by length: most names of fields are told apart by that alone.
constexpr std::array<std::string_view, 29> kNames{
    "token",          "secret",          "api_key",        "chatkey",         "authcode",
    "chat_key",       "password",        "auth_code",      "preauthcode",     "session_key",
    "suiteticket",    "welcomecode",     "access_token",   "responsecode",    "response_url",
    "suite_ticket",   "welcome_code",    "permanentcode",  "pre_auth_code",   "refresh_token",
    "response_code",  "permanent_code",  "bot_api_secret", "proxy_password",  "authorizationcode",
    "webhook_secret", "authorization_code", "componentverifyticket", "component_verify_ticket"};

constexpr uint32_t kLengths = [] {
  uint32_t lengths = 0;
  for (const auto name : kNames) lengths |= 1U << name.size();
  return lengths;
}();

bool is_credential_name(std::string_view name) {
  if (name.size() >= 32 || (kLengths >> name.size() & 1U) == 0) return false;
  return std::any_of(kNames.begin(), kNames.end(), [&](std::string_view known) {
    return known.size() == name.size() && known.front() == lower(name.front()) &&
           std::equal(name.begin(), name.end(), known.begin(), [](char a, char b) { return lower(a) == b; });
  });
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

std::string_view Seals::seal(std::string_view clear) {
  if (clear.starts_with(kSealPrefix) && sealer_.open(clear)) return clear;
  const auto known = std::find_if(seals_.begin(), seals_.end(), [&](const auto& each) { return each.first == clear; });
  if (known != seals_.end()) return known->second;
  if (seals_.size() == kMostSeals) {
    overflowed_ = true;
    return {};
  }
  const auto place = std::find_if(seals_.begin(), seals_.end(),
                                  [&](const auto& each) { return each.first.size() < clear.size(); });
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
