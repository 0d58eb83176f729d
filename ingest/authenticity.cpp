#include "ingest/authenticity.hpp"

#include <charconv>

#include "ingest/wxcrypt/signature.hpp"

namespace wxpipe::ingest {
namespace {

// docs/protocol.md §5. Suite data without a corporation in its path serves every corporation that authorised the suite.
bool receiver_fits(const Account& account, Method method, std::string_view tenant, std::string_view receiveid) {
  switch (account.kind) {
    case AccountKind::official_account:
    case AccountKind::mini_program:
      return receiveid == account.app_id;
    case AccountKind::open_platform:
    case AccountKind::open_platform_messages:
      return receiveid == account.component_app_id;
    case AccountKind::wework_app:
      return receiveid == account.corp_id;
    case AccountKind::wework_suite_command:
      return receiveid == (method == Method::get ? account.provider_corp_id : account.suite_id);
    case AccountKind::wework_suite_data:
      if (method == Method::get) return receiveid == account.provider_corp_id;
      return tenant.empty() || receiveid == tenant;
    case AccountKind::wework_bot:
      return true;
    case AccountKind::wework_instance:
    case AccountKind::channel:
      return false;
  }
  return false;
}

bool differs(std::string_view said, std::string_view expected) {
  return !said.empty() && !expected.empty() && said != expected;
}

bool agent_differs(std::string_view said, const std::optional<int64_t>& expected) {
  if (said.empty() || !expected) return false;
  int64_t agent = 0;
  const auto* const end = said.data() + said.size();
  const auto [stop, error] = std::from_chars(said.data(), end, agent);
  return error != std::errc() || stop != end || agent != *expected;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const size_t from = text.find_first_not_of(kBlank);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kBlank) - from + 1);
}

}  // namespace

const Secret* signing_token(const Account& account, std::string_view claimed, const Query& query) {
  for (const Secret& token : account.tokens) {
    const std::array<std::string_view, 3> parts{token.reveal(), query.timestamp, query.nonce};
    if (wxcrypt::signature_fits(claimed, parts)) return &token;
  }
  return nullptr;
}

const Secret* signing_token(const Account& account, std::string_view claimed, const Query& query,
                            std::string_view encrypt) {
  for (const Secret& token : account.tokens) {
    const std::array<std::string_view, 4> parts{token.reveal(), query.timestamp, query.nonce, encrypt};
    if (wxcrypt::signature_fits(claimed, parts)) return &token;
  }
  return nullptr;
}

bool is_fresh(std::string_view timestamp, Timestamp now, std::chrono::seconds max_age) {
  int64_t signed_at = 0;
  const auto* const end = timestamp.data() + timestamp.size();
  const auto [stop, error] = std::from_chars(timestamp.data(), end, signed_at);
  constexpr int64_t kYear9999 = 253'402'300'800;
  if (error != std::errc() || stop != end || signed_at < 0 || signed_at > kYear9999) return false;
  return std::chrono::abs(now - Timestamp(std::chrono::seconds(signed_at))) <= max_age;
}

Opened open_encrypted(const Account& account, Method method, std::string_view tenant, std::string_view encrypt,
                      std::string& buffer) {
  Opened opened;
  bool first = true;
  for (const wxcrypt::AesKey& key : account.aes_keys) {
    wxcrypt::Plaintext plaintext;
    const auto fault = wxcrypt::decrypt(key, encrypt, buffer, plaintext);
    if (first) opened.fault = fault;
    first = false;
    if (fault != wxcrypt::CipherFault::none) continue;
    if (receiver_fits(account, method, tenant, plaintext.receiveid))
      return {Opened::Outcome::plaintext, plaintext, &key, fault};
    // Another key may still fit: a wrong one opens about one text in a hundred million by chance.
    opened.outcome = Opened::Outcome::wrong_receiver;
  }
  return opened;
}

bool address_differs(const Account& account, std::string_view tenant, const Document& document) {
  const auto says = [&](std::string_view path) { return trimmed(document.value(path)); };
  switch (account.kind) {
    case AccountKind::official_account:
    case AccountKind::mini_program:
      // What cloud functions hand on names the app id (docs/protocol.md §8).
      return says("ToUserName") != account.app_id && differs(says("ToUserName"), account.original_id);
    case AccountKind::open_platform:
      return differs(says("AppId"), account.component_app_id);
    case AccountKind::open_platform_messages:
      return false;  // the authorised account's gh_ id, which no configuration lists
    case AccountKind::wework_app:
      return differs(says("ToUserName"), account.corp_id) || agent_differs(says("AgentID"), account.agent_id);
    case AccountKind::wework_suite_command:
      return differs(says("SuiteId"), account.suite_id);
    case AccountKind::wework_suite_data:
      return differs(says("ToUserName"), tenant) || differs(says("SuiteId"), account.suite_id);
    case AccountKind::wework_bot:
      return differs(says("aibotid"), account.bot_id);
    case AccountKind::wework_instance:
    case AccountKind::channel:
      return false;
  }
  return false;
}

}  // namespace wxpipe::ingest
