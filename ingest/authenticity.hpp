// Who speaks, and to whom: an account's tokens, keys and ids against what a request claims. During a rotation any
// pairing of current and previous token and key is good (docs/protocol.md §2). Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "ingest/account.hpp"
#include "ingest/callback.hpp"
#include "ingest/document.hpp"
#include "ingest/query.hpp"
#include "ingest/wxcrypt/cipher.hpp"

namespace wxpipe::ingest {

// The token under which `claimed` signs timestamp, nonce and (where there is one) the encrypted text; null: none, a
// stranger.
const Secret* signing_token(const Account& account, std::string_view claimed, const Query& query,
                            std::string_view encrypt = {});

// Whether the signed timestamp (Unix seconds) is no further than max_age from now. Text that isn't a time is not.
bool is_fresh(std::string_view timestamp, Timestamp now, std::chrono::seconds max_age);

struct Opened {
  enum class Outcome { plaintext, wrong_receiver, undecryptable };
  Outcome outcome = Outcome::undecryptable;
  wxcrypt::Plaintext plaintext;          // views into the buffer
  const wxcrypt::AesKey* key = nullptr;  // the account's key that opened it
  wxcrypt::CipherFault fault{};          // of the current key, when nothing opened it
};

// Decrypts with each of the account's keys until one yields a plaintext for an accepted receiver (docs/protocol.md §5).
Opened open_encrypted(const Account& account, Method method, std::string_view tenant, std::string_view encrypt,
                      std::string& buffer);

// Whether the readable body names another receiver than the configuration and the path do. Counted, not refused: the
// encryption is the authority. What the body doesn't say doesn't differ.
bool address_differs(const Account& account, std::string_view tenant, const Document& document);

}  // namespace wxpipe::ingest
