// What was refused lately, for whoever asks why: who, when, and which part was wrong. It holds no secret and nothing
// that the request said: no token, signature, echo or body. In memory only, for a day, and a bounded number. Refusals
// that are alike are one record with a count, so that a single stranger can't push the others out. Any thread.
//
// Beside them, when each account's address was last verified: whoever sets an account up waits for the one or the
// other.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.hpp"
#include "common/ip_network.hpp"
#include "ingest/callback.hpp"

namespace wxpipe::ingest {

// What tells records apart. Only the newest of alike ones has its size and time in the record.
struct RefusalKind {
  std::string account;  // from the configuration; empty: none that we know
  Refusal reason{};
  WrongPart wrong{};
  std::optional<Method> method;  // none: the request wasn't read as far as that
  IpAddress address;             // of the sender, or of a proxy that doesn't name it
  auto operator<=>(const RefusalKind&) const = default;
};

struct RefusedCallback {
  RefusalKind kind;
  Timestamp first_at, at;  // at: the newest
  uint64_t times = 1;
  size_t body_bytes = 0;  // of the newest
  bool operator==(const RefusedCallback&) const = default;
};

// A platform verified the address of this account, and got its answer.
struct VerifiedAddress {
  std::string account;
  Timestamp at;  // the newest time
  IpAddress address;
  bool operator==(const VerifiedAddress&) const = default;
};

// The User-Agent of `wxpipe doctor callback`. It plays the platform, so what it verifies says nothing about the
// platform.
inline constexpr std::string_view kDoctorsName = "wxpipe-doctor";

class Refusals {
 public:
  static constexpr size_t kMost = 10'000;
  static constexpr std::chrono::hours kKept{24};

  // proxies: whose X-Forwarded-For is believed ([ingest] proxies).
  explicit Refusals(std::vector<IpNetwork> proxies = {}) : proxies_(std::move(proxies)) {}

  void add(RefusalKind kind, Timestamp at, size_t body_bytes);
  void add(const Callback& callback, std::string_view account, const Refused& refused);

  // The callback was a verification, and is answered.
  void add_verified(const Callback& callback);

  // By account. account: empty for all.
  std::vector<VerifiedAddress> verified(std::string_view account, Timestamp now) const;
  // The newest first. account: empty for all.
  std::vector<RefusedCallback> latest(std::string_view account, size_t limit, Timestamp now) const;

 private:
  using Records = std::list<RefusedCallback>;  // the newest last

  IpAddress sender_of(const Callback& callback) const;

  const std::vector<IpNetwork> proxies_;
  mutable std::mutex mutex_;
  Records records_;
  std::map<RefusalKind, Records::iterator> by_kind_;
  std::map<std::string, VerifiedAddress, std::less<>> verified_;  // of the last day
};

// The answer of the admin port to /refusals?account=shop&limit=100, as JSON. Throws UsageError if the query is wrong.
std::string refusals_json(const Refusals& refusals, std::string_view query, Timestamp now);

}  // namespace wxpipe::ingest
