// How a sender of webhooks proves itself, wraps its document, names its fields and wants to be answered: a preset
// (presets.hpp), or what the configuration says, or both. Checked once, never changes.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/settings.hpp"
#include "common/secret.hpp"
#include "ingest/senders/part.hpp"

namespace wxpipe::ingest::senders {

enum class Algorithm { md5, sha1, sha256, hmac_sha1, hmac_sha256, equal, basic };
// aes_256_cbc: base64; the key's 32 characters as they are, the IV is the first 16 of them, PKCS#7.
// aes_128_ctr: base64; the key is the beginning of the secret's SHA-256, the IV that of a corp id's SHA-256.
enum class Cipher { none, aes_256_cbc, aes_128_ctr };

struct FieldRule {
  std::string name;  // ours
  std::vector<Choice> choices;
};

struct Sender {
  Algorithm algorithm{};
  std::vector<Part> over;
  bool sorted = false, base64 = false;
  Part found;
  std::string prefix;
  std::optional<Part> time;

  Part document{Part::From::body};
  Cipher cipher = Cipher::none;
  std::optional<Part> iv;

  std::vector<FieldRule> fields;
  std::map<std::string, std::string, std::less<>> types;

  unsigned status = 200;
  std::string body;
  std::optional<Part> challenge, verify;

  // Current first, then the previous one while they are being changed.
  std::vector<Secret> secrets, keys, tokens;

  const FieldRule* field(std::string_view name) const;  // null: not declared
  // Whether nobody can change the document without the secret.
  bool covers_document() const;
};

// Whether the declaration speaks of that header, in any case.
bool names_header(const Sender& sender, std::string_view name);

// Whether the settings declare a sender with rules of its own.
bool is_declared(const config::AccountSettings& settings);

struct Complaint {
  std::string key, text;
};

// Puts preset and settings together and checks them. Appends what is missing or wrong, and what to do about it. If
// there are complaints, use the value for further checks only.
Sender make_sender(const config::AccountSettings& settings, std::vector<Complaint>& complaints);

// What works but may not be intended: a proof that doesn't cover the document, no field for a phone.
std::vector<Complaint> risks_of(const config::AccountSettings& settings, const Sender& sender);

}  // namespace wxpipe::ingest::senders
