#include "ingest/wxcrypt/signature.hpp"

#include <array>
#include <stdexcept>

#include "common/crypto/digest.hpp"

namespace wxpipe::ingest::wxcrypt {

SignatureText sign(std::span<const std::string_view> parts) {
  std::array<std::string_view, 4> sorted;
  if (parts.size() > sorted.size()) throw std::invalid_argument("a signature has at most 4 parts");
  // Insertion sort: faster than std::sort for so few, and g++ 14 warns about a branch of std::sort that they never
  // reach.
  size_t count = 0;
  for (const std::string_view part : parts) {
    size_t at = count++;
    for (; at > 0 && part < sorted[at - 1]; --at) sorted[at] = sorted[at - 1];
    sorted[at] = part;
  }

  const crypto::Sha1 digest = crypto::sha1(std::span(sorted).first(count));
  constexpr char kHex[] = "0123456789abcdef";
  SignatureText text;
  for (size_t i = 0; i < digest.size(); ++i) {
    text[2 * i] = kHex[digest[i] >> 4];
    text[2 * i + 1] = kHex[digest[i] & 15];
  }
  return text;
}

bool signature_fits(std::string_view claimed, std::span<const std::string_view> parts) {
  const SignatureText expected = sign(parts);
  return crypto::equal_in_constant_time(claimed, {expected.data(), expected.size()});
}

}  // namespace wxpipe::ingest::wxcrypt
