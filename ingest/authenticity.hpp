// Who sent a request, and for whom: checks an account's tokens, keys and ids against what the request claims. While
// secrets are being changed, any mix of current and previous token and key is good (docs/protocol.md §2). Pure; any
// thread.
#pragma once

#include <string>
#include <string_view>

#include "ingest/account.hpp"
#include "ingest/callback.hpp"
#include "ingest/document.hpp"
#include "ingest/query.hpp"
#include "ingest/wxcrypt/cipher.hpp"

namespace wxpipe::ingest {

// The token with which `claimed` signs timestamp, nonce and (if there is one) the encrypted text. Null: none of them,
// so the sender is a stranger.
const Secret* signing_token(const Account& account, std::string_view claimed, const Query& query,
                            std::string_view encrypt = {});

// Whether the signed timestamp (Unix seconds) is within max_age of now. False for text that isn't a time.
bool is_fresh(std::string_view timestamp, Timestamp now, std::chrono::seconds max_age);

struct Opened {
  enum class Outcome { plaintext, wrong_receiver, undecryptable };
  Outcome outcome = Outcome::undecryptable;
  wxcrypt::Plaintext plaintext;          // views into the buffer
  const wxcrypt::AesKey* key = nullptr;  // the account's key that opened it
  wxcrypt::CipherFault fault{};          // what the current key met, if no key opened it
  bool key_fits = false;                 // none opened it, but with one of them our receiveid stood where it belongs
};

// Tries the account's keys until one gives a plaintext for an accepted receiver (docs/protocol.md §5).
Opened open_encrypted(const Account& account, Method method, std::string_view tenant, std::string_view encrypt,
                      std::string& buffer);

// Whether the decrypted body names another receiver than configuration and path. Counted, not refused: the encryption
// has already proved the receiver. A body without the field doesn't differ.
bool address_differs(const Account& account, std::string_view tenant, const Document& document);

}  // namespace wxpipe::ingest
