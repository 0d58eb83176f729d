// Which fields are credentials, and their seals: what keeps docs/guarantees.md law 8 inside ingest. Pure; one Seals per
// callback.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/crypto/sealer.hpp"

namespace wxpipe::ingest {

inline constexpr std::string_view kSealPrefix = "sealed:v1:";

// Whether one of the path's names is a credential's (docs/event-types.md, "Sealed"), in whatever case.
bool is_credential(std::string_view path);

class Seals {
 public:
  explicit Seals(const crypto::Sealer& sealer) : sealer_(sealer) {}

  // clear: without blanks around it, not empty. What we sealed before (a body that is normalised again) stays as it is.
  // Valid until the next call. Empty when the callback has more credentials than any real one: see overflowed().
  std::string_view seal(std::string_view clear);
  bool empty() const { return seals_.empty(); }
  bool overflowed() const { return overflowed_; }

  // Credentials that are long enough to be told from other text are looked for wherever they may stand.
  bool shows(std::string_view text) const;
  void scrub(std::string& text) const;

  // The whole text as one seal: for what no finer cut is safe.
  std::string seal_whole(std::string_view text) const { return sealer_.seal(text); }

 private:
  static constexpr size_t kShortestToFind = 8;
  static constexpr size_t kMostSeals = 64;
  const crypto::Sealer& sealer_;
  std::vector<std::pair<std::string, std::string>> seals_;  // clear, sealed; longest first
  bool overflowed_ = false;
};

}  // namespace wxpipe::ingest
