// Random numbers that are the same on every machine for a seed; std's distributions differ between libraries.
// SplitMix64. Never for real secrets, only for those that the simulated platforms hand out.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace wxpipe::simulate {

constexpr uint64_t mixed(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}
constexpr uint64_t mixed(uint64_t left, uint64_t right) { return mixed(mixed(left + 0x9e3779b97f4a7c15ULL) ^ right); }
// FNV-1a: mixes a name into a seed.
constexpr uint64_t mixed(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return mixed(hash);
}

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t next() { return mixed(state_ += 0x9e3779b97f4a7c15ULL); }
  // 0 … bound - 1. The bound is far smaller than 2^64, so the bias is negligible.
  uint64_t below(uint64_t bound) { return next() % bound; }
  int64_t between(int64_t least, int64_t most) {
    return least + static_cast<int64_t>(below(static_cast<uint64_t>(most - least) + 1));
  }
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  bool chance(double share) { return share > 0 && unit() < share; }

  template <class Range>
  const auto& pick(const Range& range) {
    return range[below(std::size(range))];
  }

  // `count` characters from an alphabet of at most 64.
  std::string letters(size_t count, std::string_view alphabet) {
    std::string out(count, '\0');
    for (char& c : out) c = alphabet[below(alphabet.size())];
    return out;
  }
  void fill(std::span<unsigned char> bytes) {
    for (auto& byte : bytes) byte = static_cast<unsigned char>(next());
  }

 private:
  uint64_t state_;
};

inline constexpr std::string_view kDigits = "0123456789";
inline constexpr std::string_view kHex = "0123456789abcdef";
inline constexpr std::string_view kIdLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
inline constexpr std::string_view kLettersAndDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

}  // namespace wxpipe::simulate
