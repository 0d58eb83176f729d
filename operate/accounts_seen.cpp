#include "operate/accounts_seen.hpp"

#include <fmt/format.h>

namespace wxpipe::operate {

std::string accounts_in(std::string_view table) {
  return fmt::format(
      "(with recursive a(account) as (select min(account) from {0} union all select (select min(account) from {0} where "
      "account > a.account) from a where a.account is not null) select account from a where account is not null)",
      table);
}

std::vector<std::string> accounts_seen(postgres::Connection& connection) {
  const auto rows =
      connection.execute(fmt::format("{} union {} order by 1", accounts_in("account_health"), accounts_in("messages")));
  std::vector<std::string> accounts;
  for (size_t i = 0; i < rows.size(); ++i) accounts.push_back(rows.text(i, 0));
  return accounts;
}

}  // namespace wxpipe::operate
