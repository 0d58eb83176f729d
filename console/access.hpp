// Who may do what. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.hpp"
#include "common/config/settings.hpp"

namespace wxpipe::console {

// Each may do what the one before it may. anybody: nobody needs to have logged in.
enum class Role { anybody, viewer, analyst, operator_ };
std::string_view to_string(Role role);
std::optional<Role> parse_role(std::string_view word);

enum class Right { none, bodies, export_ };
std::string_view to_string(Right right);

enum class Login { none, password, token, proxy };
std::string_view to_string(Login login);

struct Identity {
  std::string name;
  Role role = Role::anybody;
  bool bodies = false, may_export = false;
  Login login = Login::none;
  std::string address;  // from where, for audit_logs
  std::optional<Timestamp> expires_at{};

  bool may(Role least, Right right) const;
};

// A role and rights: the rights of an operator are complete.
Identity identity(std::string name, std::string_view role, const std::vector<std::string>& rights, Login login);
Identity identity(const config::ConsoleUser& user, Login login);

// The highest that the groups give. Nothing: none of them is known.
std::optional<Identity> identity_of_groups(std::string name, std::string_view groups,
                                           const std::map<std::string, std::string>& known);

// The end of a user's last day; none: always good.
std::optional<Timestamp> end_of(const config::ConsoleUser& user);

}  // namespace wxpipe::console
