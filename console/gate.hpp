// Who asks? Passwords and sessions, bearer tokens, the headers of a trusted proxy, and limits on tries. Sessions are in
// memory: after a restart people log in again. Any thread.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/clock.hpp"
#include "common/config/settings.hpp"
#include "console/access.hpp"
#include "console/http.hpp"

namespace wxpipe::console {

class Gate {
 public:
  static constexpr std::chrono::hours kSession{12};
  static constexpr size_t kMostSessions = 1'000, kMostTries = 5, kMostTriesOfAnAddress = 50;
  static constexpr std::chrono::minutes kTriesCount{10};

  // settings and clock must outlive it.
  Gate(const config::ConsoleSettings& settings, const Clock& clock);

  // Nothing: nobody is logged in. Throws Problem: what it brings is wrong (an unknown token).
  std::optional<Identity> who(const Request& request) const;

  struct Entered {
    Identity who;
    std::string cookie;  // the whole Set-Cookie
  };
  // Throws Problem: wrong_login, too_many_tries.
  Entered log_in(const Request& request, const std::string& name, std::string_view password);
  // The Set-Cookie that removes the cookie.
  std::string log_out(const Request& request);

  // Nobody has to log in.
  bool is_open() const { return settings_.users.empty() && settings_.proxy_user_header.empty(); }

 private:
  struct Session {
    Identity who;
    Timestamp ends;
  };
  using Tries = std::map<std::string, std::vector<Timestamp>, std::less<>>;  // by whom -> when they failed

  bool from_proxy(const Request& request) const;
  bool is_secure(const Request& request) const;
  std::string cookie_name(const Request& request) const;
  std::string set_cookie(const Request& request, std::string_view value, std::chrono::seconds age) const;
  std::string session_of(const Request& request) const;  // its hash; empty: none
  bool too_many(std::string_view whom, size_t most, Timestamp now);
  void failed(std::string whom, Timestamp now);

  const config::ConsoleSettings& settings_;
  const Clock& clock_;
  const std::string nobodys_password_;  // compared for names that don't exist, so that they take as long
  std::mutex hashing_;                  // one password at a time: each takes memory
  mutable std::mutex mutex_;            // guards what follows
  std::map<std::string, Session, std::less<>> sessions_;  // by the hash of the cookie
  Tries tries_;
};

}  // namespace wxpipe::console
