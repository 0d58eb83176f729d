#include "operate/known_names.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/config/nearest.hpp"
#include "common/result.hpp"
#include "operate/accounts_seen.hpp"

namespace wxpipe::operate {
namespace {
void require_one_of(std::string_view option, const std::string& name, const std::vector<std::string>& known) {
  const std::vector<std::string_view> words(known.begin(), known.end());
  config::require_known(option, name, words);
}

std::vector<std::string> names_in(postgres::Connection& connection, const std::string& query) {
  const auto rows = connection.execute(query);
  std::vector<std::string> names;
  for (size_t i = 0; i < rows.size(); ++i) names.push_back(rows.text(i, 0));
  return names;
}
}  // namespace

void require_account(const std::string& name, const config::Settings& settings, sinks::FamilyConnections& databases) {
  if (name.empty()) return;
  std::vector<std::string> known;
  const auto add = [&](const std::vector<std::string>& more) { known.insert(known.end(), more.begin(), more.end()); };
  for (const auto& account : settings.accounts) known.push_back(account.name);
  if (std::ranges::find(known, name) != known.end()) return;
  if (settings.accounts_from.postgres) add(names_in(databases.main(), "select name from wxpipe.accounts order by 1"));
  std::vector<std::string> away;
  for (auto* connection : databases.reachable(away)) {
    add(accounts_seen(*connection));
    add(names_in(*connection, accounts_in("dead_letters")));
  }
  if (!away.empty()) return;  // its rows may lie there
  if (known.empty())
    throw UsageError(
        fmt::format("--account: there is no '{}'; the configuration names no account, and the tables have none", name));
  require_one_of("--account", name, known);
}

void require_columns(const std::vector<std::string>& names, postgres::Connection& connection) {
  if (names.empty()) return;
  const auto known = names_in(
      connection,
      "select distinct a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = "
      "c.relnamespace where c.relkind in ('r', 'p') and not c.relispartition and a.attnum > 0 and not a.attisdropped and "
      "((n.nspname = 'public' and c.relname <> 'audit_logs') or (n.nspname = 'wxpipe' and c.relname in ('lead_daily', "
      "'lead_profiles', 'identity_values'))) order by 1");
  for (const auto& name : names) require_one_of("--ignore", name, known);
}

}  // namespace wxpipe::operate
