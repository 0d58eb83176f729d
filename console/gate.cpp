#include "console/gate.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/crypto/digest.hpp"
#include "common/telemetry/log.hpp"
#include "console/passwords.hpp"

namespace wxpipe::console {
namespace {
constexpr std::string_view kBearer = "Bearer ";
constexpr size_t kMostTracked = 10'000, kLongestPassword = 1'000;

Problem wrong_login() { return {401, "wrong_login", "this name and password don't belong together"}; }

std::string small_letters(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}
}  // namespace

Gate::Gate(const config::ConsoleSettings& settings, const Clock& clock)
    : settings_(settings),
      clock_(clock),
      nobodys_password_(settings.users.empty() ? "" : hash_password("nobody")) {}

bool Gate::from_proxy(const Request& request) const {
  return std::ranges::any_of(settings_.proxies, [&](const std::string& text) {
    const auto network = parse_ip_network(text);
    return network && network->contains(request.from);
  });
}

bool Gate::is_secure(const Request& request) const {
  return request.tls || (from_proxy(request) && request.header("x-forwarded-proto") == "https");
}

std::string Gate::cookie_name(const Request& request) const { return is_secure(request) ? "__Host-wxpipe" : "wxpipe"; }

std::string Gate::set_cookie(const Request& request, std::string_view value, std::chrono::seconds age) const {
  return fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict{}", cookie_name(request), value, age.count(),
                     is_secure(request) ? "; Secure" : "");
}

std::string Gate::session_of(const Request& request) const {
  const auto wanted = cookie_name(request) + "=";
  for (auto rest = request.header("cookie"); !rest.empty();) {
    const auto end = std::min(rest.find(';'), rest.size());
    auto one = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    while (one.starts_with(' ')) one.remove_prefix(1);
    if (one.starts_with(wanted)) return hash_token(one.substr(wanted.size()));
  }
  return {};
}

std::optional<Identity> Gate::who(const Request& request) const {
  const auto now = clock_.now();
  const auto told = [&](Identity found) -> std::optional<Identity> {
    found.address = to_string(request.from);
    return found;
  };
  if (const auto authorization = request.header("authorization"); authorization.starts_with(kBearer)) {
    const auto hash = hash_token(authorization.substr(kBearer.size()));
    for (const auto& user : settings_.users) {
      if (user.token.empty() || !crypto::equal_in_constant_time(user.token.reveal(), hash)) continue;
      if (const auto end = end_of(user); end && now >= *end)
        throw Problem(401, "wrong_login", "this token has expired", "`wxpipe console token` makes a new one.");
      return told(identity(user, Login::token));
    }
    throw Problem(401, "wrong_login", "this token isn't known");
  }
  if (const auto session = session_of(request); !session.empty()) {
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(session);
    if (found != sessions_.end() && now < found->second.ends) return told(found->second.who);
  }
  if (!settings_.proxy_user_header.empty() && from_proxy(request)) {
    const auto user = small_letters(settings_.proxy_user_header), groups = small_letters(settings_.proxy_groups_header);
    // Twice the same header: the proxy added its own behind one that it should have removed.
    if (request.headers_named(user) == 1 && request.headers_named(groups) == 1 && !request.header(user).empty()) {
      auto found = identity_of_groups(std::string(request.header(user)), request.header(groups), settings_.groups);
      if (!found)
        throw Problem(403, "forbidden", "none of your groups has access to the console",
                      "Whoever runs wxpipe can name one of them in [console] groups.");
      return told(std::move(*found));
    }
  }
  if (is_open()) return told(identity("console", "operator", {}, Login::none));
  return std::nullopt;
}

bool Gate::too_many(std::string_view whom, size_t most, Timestamp now) {
  const auto found = tries_.find(whom);
  if (found == tries_.end()) return false;
  std::erase_if(found->second, [&](Timestamp at) { return now - at >= kTriesCount; });
  return found->second.size() >= most;
}

void Gate::failed(std::string whom, Timestamp now) {
  if (tries_.size() >= kMostTracked)
    std::erase_if(tries_,
                  [&](const auto& one) { return one.second.empty() || now - one.second.back() >= kTriesCount; });
  if (tries_.size() >= kMostTracked) tries_.clear();
  tries_[std::move(whom)].push_back(now);
}

Gate::Entered Gate::log_in(const Request& request, const std::string& name, std::string_view password) {
  const auto now = clock_.now();
  const auto from = to_string(request.from), both = from + " " + name.substr(0, 100);
  {
    const std::lock_guard lock(mutex_);
    if (too_many(both, kMostTries, now) || too_many(from, kMostTriesOfAnAddress, now))
      throw Problem(429, "too_many_tries", "too many wrong passwords; wait ten minutes");
  }
  const auto user =
      std::ranges::find_if(settings_.users, [&](const auto& one) { return one.name == name && !one.password.empty(); });
  const bool known = user != settings_.users.end();
  const auto end = known ? end_of(*user).value_or(Timestamp::max()) : Timestamp::max();
  bool right = false;
  if (password.size() <= kLongestPassword) {
    const std::lock_guard one(hashing_);
    right = is_password(password, known ? user->password : Secret(nobodys_password_)) && known && now < end;
  }
  if (!right) {
    const std::lock_guard lock(mutex_);
    failed(both, now), failed(from, now);
    telemetry::log_warn("console_login_refused", {{"from", from}});
    throw wrong_login();
  }
  const auto token = make_token();
  auto who = identity(*user, Login::password);
  who.expires_at = std::min(end, Timestamp(now + kSession));
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(sessions_, [&](const auto& one) { return now >= one.second.ends; });
    if (sessions_.size() >= kMostSessions)
      sessions_.erase(std::ranges::min_element(sessions_, {}, [](const auto& one) { return one.second.ends; }));
    sessions_[hash_token(token.reveal())] = {who, *who.expires_at};
    tries_.erase(both);
  }
  who.address = from;
  telemetry::log_info("console_login", {{"user", name}, {"from", from}});
  return {std::move(who), set_cookie(request, token.reveal(), kSession)};  // to its owner alone
}

std::string Gate::log_out(const Request& request) {
  const std::lock_guard lock(mutex_);
  if (const auto found = sessions_.find(session_of(request)); found != sessions_.end()) sessions_.erase(found);
  return set_cookie(request, "", std::chrono::seconds(0));
}

}  // namespace wxpipe::console
