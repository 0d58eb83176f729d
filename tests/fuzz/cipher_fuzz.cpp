// decrypt and open_envelope with any bytes; and decrypt with everything that encrypt can make.
#include <algorithm>

#include "common/crypto/base64.hpp"
#include "ingest/wxcrypt/cipher.hpp"
#include "ingest/wxcrypt/envelope.hpp"
#include "tests/fuzz/check.hpp"

using namespace wxpipe::ingest::wxcrypt;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
  static const AesKey key = *decode_aes_key("jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C");
  static std::string buffer, scratch;
  const std::string_view input(reinterpret_cast<const char*>(data), size);

  const auto inside = [](std::string_view part) {
    return part.empty() || (part.data() >= buffer.data() && part.data() + part.size() <= buffer.data() + buffer.size());
  };
  Plaintext plaintext;
  decrypt(key, input, buffer, plaintext);
  check(inside(plaintext.message) && inside(plaintext.receiveid), "a plaintext lies inside its buffer");

  // Takes the input as the ciphertext itself: padding and length are then whatever the key makes of it.
  std::string base64;
  wxpipe::crypto::append_base64(base64, input.substr(0, input.size() / 32 * 32));
  decrypt(key, base64, buffer, plaintext);
  check(inside(plaintext.message) && inside(plaintext.receiveid), "a plaintext lies inside its buffer");

  const std::string_view message = input.substr(0, size / 2), receiveid = input.substr(size / 2);
  check(decrypt(key, encrypt(key, Random16{}, message, receiveid), buffer, plaintext) == CipherFault::none &&
            plaintext.message == message && plaintext.receiveid == receiveid,
        "decrypt undoes encrypt");

  const Envelope envelope = open_envelope(input, scratch);
  check(envelope.outcome == Envelope::Outcome::found || envelope.encrypt.empty() ||
            envelope.outcome == Envelope::Outcome::malformed,
        "only a found envelope has text");
  return 0;
}
