#include "simulate/wire.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "ingest/standard_webhooks.hpp"
#include "ingest/wxcrypt/cipher.hpp"
#include "ingest/wxcrypt/signature.hpp"

namespace wxpipe::simulate {
namespace {
using ingest::AccountKind;
using ingest::EncryptionMode;
using ingest::Refusal;
namespace wxcrypt = ingest::wxcrypt;

constexpr std::string_view kForeignId = "wx00000000foreign0";

std::string sign(std::span<const std::string_view> parts) {
  const auto text = wxcrypt::sign(parts);
  return {text.data(), text.size()};
}

// One request while it is written.
class Writer {
 public:
  Writer(const Said& said, const Speaker& speaker, int attempt, Timestamp at)
      : said_(said),
        account_(speaker.account),
        speaker_(speaker),
        random_(mixed(speaker.seed ^ said.signed_as, static_cast<uint64_t>(attempt))),
        timestamp_(std::to_string(std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count())),
        nonce_(random_.letters(10, "123456789")) {}

  void write() {
    if (ingest::is_standard_webhook(account_.kind)) return webhook();
    if (account_.mode == EncryptionMode::plain || pretends(Refusal::downgrade))
      clear();
    else
      encrypted();
  }

  Delivery finish() && {
    out_.account = account_.name;
    if (pretends(Refusal::unknown_account)) out_.account += "-of-somebody-else";
    // Suite data may be configured with $CORPID$ or without.
    const bool corp_in_path = account_.kind != AccountKind::wework_suite_data || said_.signed_as % 4 != 0 ||
                              pretends(Refusal::wrong_receiver);
    if (pretends(Refusal::unknown_tenant))
      out_.tenant = kForeignId;
    else if (ingest::has_tenant(account_.kind) && corp_in_path)
      out_.tenant = said_.tenant;
    out_.content_type = said_.format == BodyFormat::xml ? "text/xml" : "application/json";
    return std::move(out_);
  }

 private:
  bool pretends(Refusal refusal) const { return said_.stranger == refusal; }

  // WeChat's own platforms also sign timestamp and nonce alone, and name the user.
  bool is_wechat() const {
    return account_.kind == AccountKind::official_account || account_.kind == AccountKind::mini_program ||
           account_.kind == AccountKind::open_platform || account_.kind == AccountKind::open_platform_messages;
  }
  std::string_view token() const {
    return pretends(Refusal::bad_signature) || pretends(Refusal::downgrade) ? std::string_view("a token of one's own")
                                                                            : account_.tokens.front().reveal();
  }
  std::string times() const { return fmt::format("timestamp={}&nonce={}", timestamp_, nonce_); }
  std::string signature() const {
    const std::array<std::string_view, 3> parts{token(), timestamp_, nonce_};
    return sign(parts);
  }

  void clear() {
    out_.body = said_.body;
    out_.query = pretends(Refusal::missing_signature) ? times() : fmt::format("signature={}&{}", signature(), times());
    if (is_wechat() && !said_.subject.empty()) out_.query += "&openid=" + said_.subject;
  }

  std::string_view receiveid() const {
    if (pretends(Refusal::wrong_receiver)) return kForeignId;
    switch (account_.kind) {
      case AccountKind::open_platform:
      case AccountKind::open_platform_messages:
        return account_.component_app_id;
      case AccountKind::wework_app:
        return account_.corp_id;
      case AccountKind::wework_suite_command:
        return account_.suite_id;
      case AccountKind::wework_suite_data:
        return said_.tenant;
      case AccountKind::wework_bot:
        return {};
      default:
        return account_.app_id;
    }
  }

  void encrypted() {
    wxcrypt::Random16 random16;
    for (auto& byte : random16) byte = static_cast<unsigned char>(random_.pick(kLettersAndDigits));
    const auto& key = said_.poison == Reason::undecryptable ? speaker_.foreign_key : account_.aes_keys.front();
    const std::string encrypt = wxcrypt::encrypt(key, random16, said_.body, receiveid());
    envelope(encrypt);
    if (pretends(Refusal::missing_signature)) {
      out_.query = times();
      return;
    }
    const std::array<std::string_view, 4> parts{token(), timestamp_, nonce_, encrypt};
    const std::string msg_signature = sign(parts);
    if (!is_wechat()) {
      out_.query = fmt::format("msg_signature={}&{}", msg_signature, times());
      return;
    }
    out_.query = fmt::format("signature={}&{}", signature(), times());
    if (!said_.subject.empty()) out_.query += "&openid=" + said_.subject;
    out_.query += "&encrypt_type=aes&msg_signature=" + msg_signature;
  }

  void envelope(std::string_view encrypt) {
    if (account_.mode == EncryptionMode::compatible && !said_.poison) return beside(encrypt);
    if (account_.kind == AccountKind::wework_bot) {
      out_.body = fmt::format(R"({{"encrypt":"{}"}})", encrypt);
    } else if (said_.format == BodyFormat::json) {
      out_.body = fmt::format(R"({{"ToUserName":"{}","Encrypt":"{}"}})", speaker_.receiver, encrypt);
    } else if (account_.kind == AccountKind::open_platform) {
      out_.body =
          fmt::format("<xml>\n    <AppId><![CDATA[{}]]></AppId>\n    <Encrypt><![CDATA[{}]]></Encrypt>\n</xml>\n",
                      account_.component_app_id, encrypt);
    } else if (is_wechat()) {
      out_.body = fmt::format(
          "<xml>\n    <ToUserName><![CDATA[{}]]></ToUserName>\n    <Encrypt><![CDATA[{}]]></Encrypt>\n</xml>\n",
          speaker_.receiver, encrypt);
    } else {
      const bool command = account_.kind == AccountKind::wework_suite_command;
      out_.body = fmt::format(
          "<xml><ToUserName><![CDATA[{}]]></ToUserName><Encrypt><![CDATA[{}]]></Encrypt><AgentID><![CDATA[{}]]>"
          "</AgentID></xml>",
          account_.kind == AccountKind::wework_app ? account_.corp_id : account_.suite_id, encrypt,
          command ? std::string() : std::to_string(account_.agent_id.value_or(1'000'002)));
    }
  }

  // 兼容模式: one body with both the clear fields and the encrypted text.
  void beside(std::string_view encrypt) {
    out_.body = said_.body;
    if (said_.format == BodyFormat::json)
      out_.body.insert(out_.body.rfind('}'), fmt::format(R"(,"Encrypt":"{}")", encrypt));
    else
      out_.body.insert(out_.body.rfind("</xml>"), fmt::format("<Encrypt><![CDATA[{}]]></Encrypt>", encrypt));
  }

  void webhook() {
    out_.body = said_.body;
    if (pretends(Refusal::missing_signature)) return;
    if (pretends(Refusal::stale_timestamp)) timestamp_ = std::to_string(std::stoll(timestamp_) - 3600);
    const std::string_view secret = pretends(Refusal::bad_signature)
                                        ? std::string_view("a secret of one's own, 24 bytes")
                                        : std::string_view(account_.webhook_secrets.front());
    out_.webhook_id = said_.webhook_id;
    out_.webhook_timestamp = timestamp_;
    out_.webhook_signature = ingest::standard_webhooks::sign(secret, said_.webhook_id, timestamp_, out_.body);
  }

  const Said& said_;
  const ingest::Account& account_;
  const Speaker& speaker_;
  Random random_;
  std::string timestamp_, nonce_;
  Delivery out_;
};
}  // namespace

std::string Delivery::target() const {
  return fmt::format("/callback/{}{}{}{}{}", account, tenant.empty() ? "" : "/", tenant, query.empty() ? "" : "?",
                     query);
}

std::vector<std::pair<std::string, std::string>> Delivery::headers() const {
  std::vector<std::pair<std::string, std::string>> all{{"Content-Type", std::string(content_type)}};
  for (const auto& [name, value] : {std::pair("webhook-id", &webhook_id),
                                    {"webhook-timestamp", &webhook_timestamp},
                                    {"webhook-signature", &webhook_signature}})
    if (!value->empty()) all.emplace_back(name, *value);
  return all;
}

ingest::Callback Delivery::callback(Timestamp received_at) const {
  return {.method = ingest::Method::post,
          .account = account,
          .tenant = tenant,
          .query = query,
          .body = body,
          .content_type = content_type,
          .webhook_id = webhook_id,
          .webhook_timestamp = webhook_timestamp,
          .webhook_signature = webhook_signature,
          .headers = {},
          .received_at = received_at};
}

Delivery make_delivery(const Said& said, const Speaker& speaker, int attempt, Timestamp at) {
  Writer writer(said, speaker, said.poison ? 0 : attempt, at);
  writer.write();
  return std::move(writer).finish();
}

Request write_request(const Said& said, const Speaker& speaker, const Address& address, int attempt, Timestamp at) {
  const auto delivery = make_delivery(said, speaker, attempt, at);
  Request request;
  auto& bytes = request.bytes;
  bytes.reserve(512 + delivery.body.size());
  fmt::format_to(std::back_inserter(bytes),
                 "POST {}{} HTTP/1.1\r\nHost: {}\r\nUser-Agent: Mozilla/4.0\r\nAccept: */*\r\n", address.prefix,
                 delivery.target(), address.host);
  for (const auto& [name, value] : delivery.headers())
    fmt::format_to(std::back_inserter(bytes), "{}: {}\r\n", name, value);
  fmt::format_to(std::back_inserter(bytes), "Content-Length: {}\r\n\r\n", delivery.body.size());
  request.body_at = bytes.size();
  bytes += delivery.body;
  return request;
}

}  // namespace wxpipe::simulate
