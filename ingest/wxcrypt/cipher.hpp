// The platforms' message encryption (docs/protocol.md §3): base64 of AES-256-CBC without the library's padding, the
// key's first half as IV, and inside
//   16 random bytes | 4 bytes big-endian length of the message | message | receiveid | PKCS#7 padding to blocks of 32.
// Pure; any thread. Each thread keeps OpenSSL's context and the last key's schedule, so a thread that serves one
// account sets them up once.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace wxpipe::ingest::wxcrypt {

using AesKey = std::array<unsigned char, 32>;
using Random16 = std::array<unsigned char, 16>;

// Decodes an EncodingAESKey: 43 letters and digits. The unused bits of its last character may be anything: most real
// keys have some set (docs/protocol.md §3). Nothing if the text hasn't that form.
std::optional<AesKey> decode_aes_key(std::string_view encoding_aes_key);

struct Plaintext {  // views into the buffer given to decrypt
  std::string_view message;
  std::string_view receiveid;
};

// Why there is no plaintext. For logs only: a sender never learns which.
enum class CipherFault { none, base64, length, padding, message_length };
std::string_view to_string(CipherFault fault);

// Whether the text is long enough for one block. A signature can be moved onto a shorter one: of the parts that are
// signed nobody sees where one ends, so whoever has seen an address can cut an Encrypt off its timestamp and nonce.
bool may_be_ciphertext(std::string_view base64);

// Decrypts into `buffer`, which is overwritten and keeps its capacity. On a fault the plaintext is empty.
CipherFault decrypt(const AesKey& key, std::string_view base64, std::string& buffer, Plaintext& plaintext);

// Of decrypted bytes whose padding may be anything: what follows the message as long as the length inside says.
std::string_view behind_message(std::string_view bytes);

// Returns base64 text. random16 must come from a secure generator, except in tests that compare the result.
std::string encrypt(const AesKey& key, const Random16& random16, std::string_view message, std::string_view receiveid);

}  // namespace wxpipe::ingest::wxcrypt
