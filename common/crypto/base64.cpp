#include "common/crypto/base64.hpp"

#include <array>
#include <cstdint>

#if defined(__SSSE3__)
#include <tmmintrin.h>
#endif

namespace wxpipe::crypto {
namespace {

constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr uint32_t kInvalid = 1U << 31;

// A character's six bits, already shifted to their place in a group of four, so that a group is three ORs.
using Table = std::array<uint32_t, 256>;
constexpr Table place_table(std::string_view alphabet, int shift) {
  Table table{};
  for (auto& entry : table) entry = kInvalid;
  for (size_t i = 0; i < alphabet.size(); ++i)
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<uint32_t>(i) << shift;
  return table;
}
using Tables = std::array<Table, 4>;
constexpr Tables place_tables(std::string_view alphabet) {
  return {place_table(alphabet, 18), place_table(alphabet, 12), place_table(alphabet, 6), place_table(alphabet, 0)};
}
constexpr Tables kStandardTables = place_tables(kStandard);
constexpr Tables kUrlTables = place_tables(kUrl);

#if defined(__SSSE3__)
// Decodes sixteen characters of the standard alphabet: writes twelve bytes and four more without meaning. False: a
// character isn't in the alphabet. W. Muła, D. Lemire, "Faster Base64 Encoding and Decoding using AVX2 Instructions",
// in its SSSE3 form: a character's two halves each choose bits that meet only where it isn't legal.
bool decode_sixteen(const unsigned char* in, unsigned char* out) {
  const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in));
  const __m128i high = _mm_and_si128(_mm_srli_epi32(text, 4), _mm_set1_epi8(0x0f));
  const __m128i low = _mm_and_si128(text, _mm_set1_epi8(0x0f));
  const __m128i by_low =
      _mm_setr_epi8(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1a, 0x1b, 0x1b, 0x1b, 0x1a);
  const __m128i by_high =
      _mm_setr_epi8(0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10);
  const __m128i illegal = _mm_and_si128(_mm_shuffle_epi8(by_low, low), _mm_shuffle_epi8(by_high, high));
  if (_mm_movemask_epi8(_mm_cmpeq_epi8(illegal, _mm_setzero_si128())) != 0xffff) return false;
  const __m128i offsets = _mm_setr_epi8(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0);
  const __m128i slash = _mm_cmpeq_epi8(text, _mm_set1_epi8('/'));
  const __m128i sixes = _mm_add_epi8(text, _mm_shuffle_epi8(offsets, _mm_add_epi8(slash, high)));
  const __m128i twelves = _mm_maddubs_epi16(sixes, _mm_set1_epi32(0x01400140));
  const __m128i groups = _mm_madd_epi16(twelves, _mm_set1_epi32(0x00011000));
  const __m128i packed =
      _mm_shuffle_epi8(groups, _mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), packed);
  return true;
}
#endif

// The text without padding; its length mod 4 is 0, 2 or 3.
bool decode(const Tables& tables, std::string_view text, std::string& bytes) {
  if (text.size() % 4 == 1) return false;
  bytes.resize(text.size() / 4 * 3 + (text.size() % 4 == 0 ? 0 : text.size() % 4 - 1));
  const auto* in = reinterpret_cast<const unsigned char*>(text.data());
  auto* out = reinterpret_cast<unsigned char*>(bytes.data());
  size_t group = text.size() / 4;
#if defined(__SSSE3__)
  // Only while there is room for the four extra bytes.
  for (; &tables == &kStandardTables && group >= 6; group -= 4, in += 16, out += 12)
    if (!decode_sixteen(in, out)) return false;
#endif
  uint32_t bad = 0;
  for (; group > 0; --group, in += 4, out += 3) {
    const uint32_t v = tables[0][in[0]] | tables[1][in[1]] | tables[2][in[2]] | tables[3][in[3]];
    bad |= v;
    out[0] = static_cast<unsigned char>(v >> 16);
    out[1] = static_cast<unsigned char>(v >> 8);
    out[2] = static_cast<unsigned char>(v);
  }
  if (const size_t rest = text.size() % 4; rest > 0) {
    const uint32_t v = tables[0][in[0]] | tables[1][in[1]] | (rest == 3 ? tables[2][in[2]] : 0);
    bad |= v;
    out[0] = static_cast<unsigned char>(v >> 16);
    if (rest == 3) out[1] = static_cast<unsigned char>(v >> 8);
  }
  return (bad & kInvalid) == 0;
}

void encode(std::string_view alphabet, bool padded, std::string& out, std::string_view bytes) {
  out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
  const auto byte = [&](size_t at) { return static_cast<uint32_t>(static_cast<unsigned char>(bytes[at])); };
  size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const uint32_t v = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    const char group[4] = {alphabet[v >> 18], alphabet[v >> 12 & 63], alphabet[v >> 6 & 63], alphabet[v & 63]};
    out.append(group, 4);
  }
  if (const size_t rest = bytes.size() - i; rest > 0) {
    const uint32_t v = byte(i) << 16 | (rest == 2 ? byte(i + 1) << 8 : 0);
    out += alphabet[v >> 18];
    out += alphabet[v >> 12 & 63];
    if (rest == 2) out += alphabet[v >> 6 & 63];
    if (padded) out.append(rest == 2 ? "=" : "==");
  }
}

}  // namespace

void append_base64(std::string& out, std::string_view bytes) { encode(kStandard, true, out, bytes); }
void append_base64url(std::string& out, std::string_view bytes) { encode(kUrl, false, out, bytes); }

bool decode_base64(std::string_view text, std::string& bytes) {
  if (text.size() % 4 != 0) return false;
  if (text.ends_with("==")) {
    text.remove_suffix(2);
  } else if (text.ends_with('=')) {
    text.remove_suffix(1);
  }
  return decode(kStandardTables, text, bytes);
}

bool decode_base64url(std::string_view text, std::string& bytes) { return decode(kUrlTables, text, bytes); }

}  // namespace wxpipe::crypto
