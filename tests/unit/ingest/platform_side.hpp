// The platforms' side of a callback, for tests: signs and encrypts as they do. Only values; no network.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/config/settings.hpp"
#include "common/crypto/sealer.hpp"
#include "ingest/callback.hpp"
#include "ingest/platforms.hpp"
#include "ingest/standard_webhooks.hpp"
#include "ingest/wxcrypt/cipher.hpp"
#include "ingest/wxcrypt/signature.hpp"

namespace wxpipe::ingest::test {

inline constexpr std::string_view kToken = "QDG6eK", kPreviousToken = "oldTokenOfBefore";
inline constexpr std::string_view kAesKey = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
inline constexpr std::string_view kPreviousAesKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
inline constexpr std::string_view kForeignAesKey = "GFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba";
inline constexpr std::string_view kWebhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
inline constexpr std::string_view kNow = "1409659813";
inline const Timestamp kReceivedAt = Timestamp(std::chrono::seconds(1409659813));

inline crypto::Sealer sealer() { return crypto::Sealer(Secret("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")); }

// Bytes that count up instead of random ones, so that results can be compared whole.
inline RandomBytes counting_random() {
  return [](std::span<unsigned char> bytes) {
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<unsigned char>(i);
  };
}

// An account of this kind, named like the kind, with every id and secret that it needs and both previous secrets.
inline config::AccountSettings account(std::string kind, std::string mode = {}) {
  config::AccountSettings settings;
  settings.name = kind;
  settings.kind = std::move(kind);
  settings.mode = std::move(mode);
  settings.app_id = "wxapp";
  settings.original_id = "gh_original";
  settings.component_app_id = "wxcomponent";
  settings.corp_id = "wwcorp";
  settings.suite_id = "wwsuite";
  settings.provider_corp_id = "wwprovider";
  settings.instance_id = "instance-1";
  settings.channel = "web_form";
  settings.token = Secret(std::string(kToken));
  settings.previous_token = Secret(std::string(kPreviousToken));
  settings.encoding_aes_key = Secret(std::string(kAesKey));
  settings.previous_encoding_aes_key = Secret(std::string(kPreviousAesKey));
  settings.secret = Secret(std::string(kWebhookSecret));
  settings.where = "config.toml:3:1";
  return settings;
}

inline AccountBook book(std::vector<config::AccountSettings> accounts) {
  return AccountBook(accounts, sealer(), counting_random());
}

inline std::string sign(std::initializer_list<std::string_view> parts) {
  const auto signature = wxcrypt::sign({parts.begin(), parts.size()});
  return {signature.data(), signature.size()};
}

inline std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c))) {
      out += c;
    } else {
      out += '%';
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
  return out;
}

// A request that owns its text; callback() lends it.
struct Request {
  std::string account{}, tenant{}, query{}, body{};
  Method method = Method::post;
  std::string webhook_id{}, webhook_timestamp{}, webhook_signature{};
  Timestamp received_at = kReceivedAt;
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string content_type = "text/xml";

  Callback callback() const {
    lent_.clear();
    for (const auto& [name, value] : headers) lent_.push_back({name, value});
    return {.method = method,
            .account = account,
            .tenant = tenant,
            .query = query,
            .body = body,
            .content_type = content_type,
            .webhook_id = webhook_id,
            .webhook_timestamp = webhook_timestamp,
            .webhook_signature = webhook_signature,
            .headers = lent_,
            .received_at = received_at};
  }

  mutable std::vector<Header> lent_{};
};

struct Encryption {
  std::string_view token = kToken, aes_key = kAesKey, receiveid = {}, timestamp = kNow, nonce = "1372623149";
  std::string_view random16 = "0123456789abcdef";
};

inline std::string encrypt(std::string_view message, const Encryption& with) {
  wxcrypt::Random16 random16{};
  std::copy(with.random16.begin(), with.random16.end(), random16.begin());
  return wxcrypt::encrypt(wxcrypt::decode_aes_key(with.aes_key).value(), random16, message, with.receiveid);
}

inline std::string signed_query(std::string_view encrypted, const Encryption& with) {
  return "msg_signature=" + sign({with.token, with.timestamp, with.nonce, encrypted}) +
         "&timestamp=" + std::string(with.timestamp) + "&nonce=" + std::string(with.nonce);
}

inline Request encrypted_request(std::string account, std::string_view message, const Encryption& with) {
  const std::string encrypted = encrypt(message, with);
  return {.account = std::move(account),
          .query = signed_query(encrypted, with),
          .body = "<xml><ToUserName><![CDATA[whoever]]></ToUserName><Encrypt><![CDATA[" + encrypted +
                  "]]></Encrypt></xml>"};
}

inline Request encrypted_json_request(std::string account, std::string_view message, const Encryption& with,
                                      std::string_view key = "encrypt") {
  const std::string encrypted = encrypt(message, with);
  return {.account = std::move(account),
          .query = signed_query(encrypted, with),
          .body = "{\"" + std::string(key) + "\":\"" + encrypted + "\"}"};
}

inline Request clear_request(std::string account, std::string body, std::string_view token = kToken,
                             std::string_view timestamp = kNow) {
  return {.account = std::move(account),
          .query = "signature=" + sign({token, timestamp, "99"}) + "&timestamp=" + std::string(timestamp) + "&nonce=99",
          .body = std::move(body)};
}

inline Request webhook_request(std::string account, std::string body, std::string id = "msg_1",
                               std::string_view secret = kWebhookSecret, std::string_view timestamp = kNow) {
  Request request{.account = std::move(account), .body = std::move(body)};
  request.webhook_id = std::move(id);
  request.webhook_timestamp = std::string(timestamp);
  request.webhook_signature = standard_webhooks::sign(standard_webhooks::decode_secret(secret).value(),
                                                      request.webhook_id, request.webhook_timestamp, request.body);
  return request;
}

inline const std::string kTextMessage =
    "<xml><ToUserName><![CDATA[gh_original]]></ToUserName><FromUserName><![CDATA[oUser]]></FromUserName>"
    "<CreateTime>1409659813</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[hello]]></Content>"
    "<MsgId>4561255354251345929</MsgId></xml>";
inline const std::string kWeworkMessage =
    "<xml><ToUserName><![CDATA[wwcorp]]></ToUserName><FromUserName><![CDATA[member]]></FromUserName>"
    "<CreateTime>1409659813</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[hello]]></Content>"
    "<MsgId>4561255354251345929</MsgId><AgentID>218</AgentID></xml>";
inline const std::string kBotMessage =
    R"({"msgid":"m1","aibotid":"bot","chattype":"single","from":{"userid":"lisi"},"msgtype":"text","text":{"content":"hello"}})";
inline const std::string kTicket =
    "<xml><AppId><![CDATA[wxcomponent]]></AppId><CreateTime>1409659813</CreateTime>"
    "<InfoType><![CDATA[component_verify_ticket]]></InfoType>"
    "<ComponentVerifyTicket><![CDATA[ticket@@@secret]]></ComponentVerifyTicket></xml>";
inline const std::string kSuiteTicket =
    "<xml><SuiteId><![CDATA[wwsuite]]></SuiteId><InfoType><![CDATA[suite_ticket]]></InfoType>"
    "<TimeStamp>1409659813</TimeStamp><SuiteTicket><![CDATA[secret]]></SuiteTicket></xml>";

}  // namespace wxpipe::ingest::test
