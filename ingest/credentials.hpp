// Which fields are credentials, and how they are sealed. This keeps law 8 of docs/guarantees.md inside ingest. Pure;
// one Seals per callback.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/crypto/sealer.hpp"

namespace wxpipe::ingest {

inline constexpr std::string_view kSealPrefix = "sealed:v1:";

// Whether a name in the path is a credential's name (docs/event-types.md, "Sealed"), in upper or lower case.
bool is_credential(std::string_view path);

// What stands behind QUERY_AUTH_CODE: in a text message: the credential of a release test (docs/protocol.md §10.3).
// Empty: there is none.
std::string_view query_auth_code(std::string_view text);

// Whether text of any form, which needn't be readable, may hold a credential: a credential's name stands where names
// stand (<name, "name":, name=).
bool may_hold_credential(std::string_view text);

class Seals {
 public:
  explicit Seals(const crypto::Sealer& sealer) : sealer_(sealer) {}

  // clear: not empty, without blanks around it. What we sealed before stays as it is (a body may be normalised again).
  // The view is valid until the next call. Empty if there are more credentials than any real callback has: see
  // overflowed().
  std::string_view seal(std::string_view clear);
  bool empty() const { return seals_.empty(); }
  bool overflowed() const { return overflowed_; }

  // Whether the text holds a known credential. Only those long enough to be told from other text are looked for.
  bool shows(std::string_view text) const;
  void scrub(std::string& text) const;

  // The whole text as one seal, for when cutting out parts isn't safe.
  std::string seal_whole(std::string_view text) const { return sealer_.seal(text); }

 private:
  static constexpr size_t kShortestToFind = 8;
  static constexpr size_t kMostSeals = 64;
  const crypto::Sealer& sealer_;
  std::vector<std::pair<std::string, std::string>> seals_;  // clear text and seal; longest first
  bool overflowed_ = false;
};

}  // namespace wxpipe::ingest
