#include "benchmarks/support/callbacks.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ingest/standard_webhooks.hpp"
#include "ingest/wxcrypt/cipher.hpp"
#include "ingest/wxcrypt/signature.hpp"

namespace wxpipe::benchmarks {
namespace {
using namespace ingest;
constexpr std::string_view kWebhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

config::AccountSettings account(std::string name, std::string kind) {
  config::AccountSettings settings;
  settings.name = std::move(name);
  settings.kind = std::move(kind);
  settings.token = Secret(std::string(kToken));
  settings.encoding_aes_key = Secret(std::string(kAesKey));
  settings.where = "benchmarks";
  return settings;
}

config::AccountSettings official_account(std::string name) {
  auto settings = account(std::move(name), "official_account");
  settings.mode = "safe";
  settings.app_id = kAppId;
  settings.original_id = "gh_7f083739789a";
  settings.title = "示例商城";
  for (int i = 0; i < 9; ++i) settings.menu[fmt::format("MENU_{}", i)] = fmt::format("菜单 {}", i);
  for (int i = 0; i < 20; ++i) settings.channels[fmt::format("poster-{}", i)] = fmt::format("海报 {}", i);
  return settings;
}

Request encrypted(const Body& body, std::string_view receiveid, uint64_t number, int64_t second) {
  wxcrypt::Random16 random16{};
  const auto digits = fmt::format("{:016x}", number * 0x9e3779b97f4a7c15ULL);
  std::copy(digits.begin(), digits.end(), random16.begin());
  static const auto key = wxcrypt::decode_aes_key(kAesKey).value();
  const auto text = wxcrypt::encrypt(key, random16, body.text, receiveid);
  const auto timestamp = fmt::format("{}", second), nonce = fmt::format("{}", 1'000'000'000 + number);
  const std::array<std::string_view, 4> parts{kToken, timestamp, nonce, text};
  const auto signature = wxcrypt::sign(parts);
  const std::string_view signature_text(signature.data(), signature.size());
  if (body.account == "robot")
    return {body.account,
            fmt::format("msg_signature={}&timestamp={}&nonce={}", signature_text, timestamp, nonce),
            fmt::format(R"({{"encrypt":"{}"}})", text),
            {},
            {},
            {},
            {}};
  // 公众号 also sign without the body (safe mode ignores that signature), and their envelope differs from WeWork's.
  if (body.account == "team")
    return {
        body.account,
        fmt::format("msg_signature={}&timestamp={}&nonce={}", signature_text, timestamp, nonce),
        fmt::format("<xml><ToUserName><![CDATA[{}]]></ToUserName><Encrypt><![CDATA[{}]]></Encrypt><AgentID><![CDATA["
                    "1000002]]></AgentID></xml>",
                    kCorpId, text),
        {},
        {},
        {},
        {}};
  const std::array<std::string_view, 3> clear_parts{kToken, timestamp, nonce};
  const auto clear_signature = wxcrypt::sign(clear_parts);
  return {
      body.account,
      fmt::format("signature={}&timestamp={}&nonce={}&openid=oGZUI0egBJY1zhBYw2KhdUfwVJJE&encrypt_type=aes&"
                  "msg_signature={}",
                  std::string_view(clear_signature.data(), clear_signature.size()), timestamp, nonce, signature_text),
      fmt::format(
          "<xml>\n    <ToUserName><![CDATA[gh_7f083739789a]]></ToUserName>\n    <Encrypt><![CDATA[{}]]></Encrypt>"
          "\n</xml>\n",
          text),
      {},
      {},
      {},
      {}};
}

Request webhook(const Body& body, uint64_t number, int64_t second) {
  static const auto secret = standard_webhooks::decode_secret(kWebhookSecret).value();
  Request request{body.account, {}, body.text, fmt::format("msg_{:020}", number), fmt::format("{}", second), {}, {}};
  request.webhook_signature = standard_webhooks::sign(secret, request.webhook_id, request.webhook_timestamp, body.text);
  return request;
}
}  // namespace

std::vector<config::AccountSettings> accounts(size_t others) {
  std::vector<config::AccountSettings> all{official_account("shop"), account("team", "wework_app"),
                                           account("robot", "wework_bot"), account("forms", "channel")};
  all[1].corp_id = kCorpId;
  all[1].agent_id = 1'000'002;
  all[3].channel = "web_form";
  all[3].secret = Secret(std::string(kWebhookSecret));
  all[3].token = all[3].encoding_aes_key = Secret();
  for (size_t i = 0; i < others; ++i) all.push_back(official_account(fmt::format("other-{}", i)));
  return all;
}

crypto::Sealer sealer() { return crypto::Sealer(Secret("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")); }

AccountBook account_book() {
  return AccountBook(accounts(), sealer(),
                     [](std::span<unsigned char> bytes) { std::fill(bytes.begin(), bytes.end(), 7); });
}

Callback Request::callback() const {
  return {.method = Method::post,
          .account = account,
          .tenant = {},
          .query = query,
          .body = body,
          .content_type = webhook_id.empty() ? "text/xml" : "application/json",
          .webhook_id = webhook_id,
          .webhook_timestamp = webhook_timestamp,
          .webhook_signature = webhook_signature,
          .headers = {},
          .received_at = received_at};
}

Request signed_request(const Body& body, uint64_t number, int64_t second) {
  auto request = body.account == "forms"   ? webhook(body, number, second)
                 : body.account == "team"  ? encrypted(body, kCorpId, number, second)
                 : body.account == "robot" ? encrypted(body, {}, number, second)
                                           : encrypted(body, kAppId, number, second);
  request.received_at = Timestamp(std::chrono::seconds(second + 1));
  return request;
}

std::vector<Request> day_of_requests(size_t count) {
  std::vector<Request> requests;
  for (const auto& body : day_of_bodies(count)) requests.push_back(signed_request(body, requests.size()));
  return requests;
}

}  // namespace wxpipe::benchmarks
