// If a promise is broken, the fuzzer stops at that input, in every build type.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "common/json/write.hpp"

inline void check(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

inline bool is_text(std::string_view text) {
  return wxpipe::json::is_utf8(text) && text.find('\0') == std::string_view::npos;
}
