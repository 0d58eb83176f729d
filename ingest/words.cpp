#include "ingest/words.hpp"

namespace wxpipe::ingest {

std::string unknown_type(std::string_view word) {
  constexpr std::string_view kUnknown = "unknown.";
  std::string type(kUnknown);
  for (const char any : word) {
    const char c = lower(any);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (plain)
      type += c;
    else if (type.size() > kUnknown.size() && type.back() != '_')
      type += '_';
    if (type.size() == kUnknown.size() + Word::kLongest) break;
  }
  if (type.back() == '_') type.pop_back();
  if (type.size() == kUnknown.size()) type += "untyped";
  return type;
}

}  // namespace wxpipe::ingest
