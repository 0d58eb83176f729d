#include "processors/identity/phone.hpp"

namespace wxpipe::processors {
namespace {
bool is_mobile(std::string_view digits) { return digits.size() == 11 && digits[0] == '1' && digits[1] >= '3'; }
}  // namespace

std::string phone_key(std::string_view written) {
  std::string digits;
  bool international = false;
  for (const char c : written) {
    if (c >= '0' && c <= '9') {
      digits += c;
    } else if (c == '+' && digits.empty() && !international) {
      international = true;
    } else if (c != ' ' && c != '-' && c != '(' && c != ')' && c != '.') {
      return {};
    }
  }
  if (!international && digits.starts_with("00")) {
    digits.erase(0, 2);
    international = true;
  }
  if (digits.starts_with("86") && is_mobile(std::string_view(digits).substr(2))) return digits.substr(2);
  if (!international && is_mobile(digits)) return digits;  // +1 415 … has eleven digits, too
  constexpr size_t kShortest = 8, kLongest = 15;           // E.164
  if (!international || digits.size() < kShortest || digits.size() > kLongest) return {};
  return "+" + digits;
}

}  // namespace wxpipe::processors
