#include "processors/enrich/reference.hpp"

namespace wxpipe::processors {

Reference make_reference(const std::vector<config::AccountSettings>& accounts) {
  Reference reference;
  for (const auto& account : accounts)
    reference[account.name] = {
        account.title, {account.menu.begin(), account.menu.end()}, {account.channels.begin(), account.channels.end()}};
  return reference;
}

}  // namespace wxpipe::processors
