#include "cli/one_account.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/result.hpp"
#include "ingest/senders/sender.hpp"

namespace wxpipe::cli {

const config::AccountSettings& one_account(const config::Settings& settings, std::string_view name) {
  const auto& all = settings.accounts;
  auto found = std::ranges::find(all, name, &config::AccountSettings::name);
  if (name.empty() && all.size() == 1) found = all.begin();
  if (found == all.end()) {
    std::string there;
    for (const auto& each : all) there += (there.empty() ? "" : ", ") + each.name;
    throw UsageError(name.empty() ? fmt::format("--account: which one? There are: {}", there)
                                  : fmt::format("--account: no account is called '{}'; there are: {}", name, there));
  }
  if (ingest::senders::is_declared(*found))
    throw UsageError(fmt::format("--account: {} has a sender with rules of its own, whose signature can't be made here",
                                 found->name));
  return *found;
}

}  // namespace wxpipe::cli
