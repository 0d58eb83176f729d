// A name that no other test, process or run uses: "<stem>_<16 random letters and digits>".
#pragma once

#include <random>
#include <string>
#include <string_view>

namespace wxpipe::support {

inline std::string unique_name(std::string_view stem) {
  static constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::random_device random;
  std::uniform_int_distribution<size_t> pick(0, kAlphabet.size() - 1);
  std::string name(stem);
  name += '_';
  for (int i = 0; i < 16; ++i) name += kAlphabet[pick(random)];
  return name;
}

}  // namespace wxpipe::support
