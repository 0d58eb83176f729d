#include "simulate/speaker.hpp"

#include <fmt/format.h>

#include "common/result.hpp"
#include "simulate/words.hpp"

namespace wxpipe::simulate {
namespace {
using ingest::AccountKind;

constexpr size_t kTenants = 3;

std::string receiver_of(const ingest::Account& account, uint64_t seed) {
  switch (account.kind) {
    case AccountKind::official_account:
    case AccountKind::mini_program:
      return account.original_id.empty() ? "gh_" + Random(seed).letters(12, kHex) : account.original_id;
    case AccountKind::wework_app:
      return account.corp_id;
    default:
      return {};
  }
}

std::vector<std::string> tenants_of(AccountKind kind, uint64_t seed) {
  std::string_view prefix;
  if (kind == AccountKind::open_platform || kind == AccountKind::open_platform_messages) prefix = "wx";
  if (kind == AccountKind::wework_suite_command || kind == AccountKind::wework_suite_data) prefix = "ww";
  std::vector<std::string> tenants;
  for (size_t i = 0; i < kTenants && !prefix.empty(); ++i)
    tenants.push_back(std::string(prefix) + Random(mixed(seed ^ mixed("tenant"), i)).letters(16, kHex));
  return tenants;
}

// A platform has the same tenants for its events and its messages.
uint64_t family_seed(const ingest::Account& account, uint64_t seed) {
  return mixed(seed, mixed(account.component_app_id + account.suite_id));
}

using Pairs = std::vector<std::pair<std::string, std::string>>;
Pairs pairs(const std::map<std::string, std::string>& configured, std::span<const Code> otherwise) {
  if (!configured.empty()) return {configured.begin(), configured.end()};
  Pairs out;
  for (const auto& [key, name] : otherwise) out.emplace_back(key, name);
  return out;
}
}  // namespace

std::string Speaker::wxid(size_t person) const {
  return "wxid_" + Random(mixed(seed ^ mixed("wxid"), person)).letters(14, "abcdefghijklmnopqrstuvwxyz0123456789");
}

std::string Speaker::phone(size_t person) const {
  Random random(mixed(seed ^ mixed("phone"), person));
  constexpr std::string_view kPrefixes[] = {"138", "139", "150", "158", "177", "186", "199"};
  return std::string(random.pick(kPrefixes)) + random.letters(8, kDigits);
}

std::string Speaker::person_name(size_t person) const {
  Random random(mixed(seed ^ mixed("name"), person));
  return std::string(random.pick(surnames())) + std::string(random.pick(given_names()));
}

Speaker make_speaker(const config::AccountSettings& settings, uint64_t seed, size_t subjects) {
  std::vector<std::string> errors;
  Speaker speaker;
  speaker.account = ingest::make_account(settings, errors);
  if (!errors.empty()) throw UsageError(fmt::format("{}", fmt::join(errors, "\n")));
  const auto& account = speaker.account;
  speaker.seed = mixed(seed, mixed(account.name));
  speaker.subjects = subjects;
  speaker.receiver = receiver_of(account, speaker.seed);
  speaker.tenants = tenants_of(account.kind, family_seed(account, seed));
  speaker.menu = pairs(account.menu, menu_keys());
  speaker.scenes = pairs(account.channels, scenes());
  Random(mixed(speaker.seed, mixed("foreign key"))).fill(speaker.foreign_key);
  return speaker;
}

}  // namespace wxpipe::simulate
