#include "console/access.hpp"

#include <algorithm>
#include <array>

namespace wxpipe::console {
namespace {
constexpr std::array<std::string_view, 4> kRoles{"anybody", "viewer", "analyst", "operator"};
constexpr std::array<std::string_view, 3> kRights{"", "bodies", "export"};
constexpr std::array<std::string_view, 4> kLogins{"none", "password", "token", "proxy"};

// Pieces of the text between separators, without the spaces around them.
std::vector<std::string> pieces(std::string_view text, char separator) {
  std::vector<std::string> all;
  while (!text.empty()) {
    const auto end = std::min(text.find(separator), text.size());
    auto piece = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (piece.starts_with(' ')) piece.remove_prefix(1);
    while (piece.ends_with(' ')) piece.remove_suffix(1);
    if (!piece.empty()) all.emplace_back(piece);
  }
  return all;
}
}  // namespace

std::string_view to_string(Role role) { return kRoles.at(static_cast<size_t>(role)); }
std::string_view to_string(Right right) { return kRights.at(static_cast<size_t>(right)); }
std::string_view to_string(Login login) { return kLogins.at(static_cast<size_t>(login)); }

std::optional<Role> parse_role(std::string_view word) {
  const auto found = std::ranges::find(kRoles, word);
  if (found == kRoles.end() || found == kRoles.begin()) return std::nullopt;
  return static_cast<Role>(found - kRoles.begin());
}

bool Identity::may(Role least, Right right) const {
  return role >= least && (right != Right::bodies || bodies) && (right != Right::export_ || may_export);
}

Identity identity(std::string name, std::string_view role, const std::vector<std::string>& rights, Login login) {
  const auto known = parse_role(role).value_or(Role::anybody);
  const auto has = [&](std::string_view right) {
    return known == Role::operator_ || std::ranges::find(rights, right) != rights.end();
  };
  return {std::move(name), known, has("bodies"), has("export"), login, {}, {}};
}

Identity identity(const config::ConsoleUser& user, Login login) {
  auto who = identity(user.name, user.role, user.may, login);
  who.expires_at = end_of(user);
  return who;
}

std::optional<Identity> identity_of_groups(std::string name, std::string_view groups,
                                           const std::map<std::string, std::string>& known) {
  std::optional<Identity> best;
  for (const auto& group : pieces(groups, ',')) {
    const auto found = known.find(group);
    if (found == known.end()) continue;
    const auto words = pieces(found->second, ' ');
    if (words.empty()) continue;
    auto one = identity(name, words.front(), {words.begin() + 1, words.end()}, Login::proxy);
    if (!best) {
      best = std::move(one);
      continue;
    }
    best->role = std::max(best->role, one.role);
    best->bodies = best->bodies || one.bodies;
    best->may_export = best->may_export || one.may_export;
  }
  return best;
}

std::optional<Timestamp> end_of(const config::ConsoleUser& user) {
  Timestamp day;
  if (user.expires.empty() || !parse_iso8601(user.expires + "T00:00:00Z", day)) return std::nullopt;
  return day + std::chrono::days(1);
}

}  // namespace wxpipe::console
